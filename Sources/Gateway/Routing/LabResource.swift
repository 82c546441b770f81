internal import HTTP

/// The resource `/lab`: the settings of the bad network, for pages of the gateway's own origin.
struct LabResource {
    let lab: Lab

    /// The current settings.
    func read() -> Response {
        var response = Response(
            .ok, FieldValue("application/json"), content: Array(lab.read().json(seed: lab.seed).utf8))
        response.fields.append((.cacheControl, FieldValue("no-store")))
        return response
    }

    /// Takes new settings and answers with them.
    func replace(_ request: Request) -> Response {
        guard request.comesFromOwnSite, request.namesOwnOrigin else {
            return Problem.response(.forbidden, "Only a page of this gateway may change its network.")
        }
        if let refusal = Precondition.refusal(of: request) { return refusal }
        do throws(LabError) {
            guard let object = NumberObject.parse(request.body) else { throw LabError.malformed }
            lab.write(try Lab.Settings(object))
            return read()
        } catch {
            if case .malformed = error { return Problem.response(.badRequest, error.detail) }
            return Problem.response(.unprocessableContent, error.detail)
        }
    }
}

/// A JSON object of numbers without nesting (RFC 8259 4 and 6).
enum NumberObject {
    /// The members; nil where the bytes are anything else, or name a member twice.
    static func parse(_ bytes: ArraySlice<UInt8>) -> [String: Double]? {
        var rest = bytes
        var members: [String: Double] = [:]
        guard take("{", from: &rest) else { return nil }
        if !take("}", from: &rest) {
            repeat {
                guard let name = name(from: &rest), take(":", from: &rest), let value = number(from: &rest),
                    members.updateValue(value, forKey: name) == nil
                else { return nil }
            } while take(",", from: &rest)
            guard take("}", from: &rest) else { return nil }
        }
        skipSpace(in: &rest)
        return rest.isEmpty ? members : nil
    }

    private static func take(_ mark: Unicode.Scalar, from rest: inout ArraySlice<UInt8>) -> Bool {
        skipSpace(in: &rest)
        guard rest.first == UInt8(ascii: mark) else { return false }
        rest.removeFirst()
        return true
    }

    private static func skipSpace(in rest: inout ArraySlice<UInt8>) {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
    }

    /// No setting's name needs an escape, so that escapes are invalid.
    private static func name(from rest: inout ArraySlice<UInt8>) -> String? {
        guard take("\"", from: &rest) else { return nil }
        let name = rest.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        rest = rest.dropFirst(name.count)
        guard rest.first == UInt8(ascii: "\"") else { return nil }
        rest.removeFirst()
        return String(decoding: name, as: UTF8.self)
    }

    /// `-? int frac? exp?`: other forms that `Double` reads, such as "nan" and "0x1", are invalid.
    private static func number(from rest: inout ArraySlice<UInt8>) -> Double? {
        skipSpace(in: &rest)
        let text = rest.prefix { "+-.0123456789Ee".utf8.contains($0) }
        let integer = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        guard integer.first.map(isDigit) == true, !(integer.first == UInt8(ascii: "0") && secondIsDigit(integer)),
            text.indices.allSatisfy({ text[$0] != UInt8(ascii: ".") || isDigit(text, at: $0 + 1) })
        else { return nil }
        rest = rest.dropFirst(text.count)
        return Double(String(decoding: text, as: UTF8.self))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isDigit(_ bytes: ArraySlice<UInt8>, at index: Int) -> Bool {
        index < bytes.endIndex && isDigit(bytes[index])
    }

    private static func secondIsDigit(_ bytes: ArraySlice<UInt8>) -> Bool { isDigit(bytes, at: bytes.startIndex + 1) }
}
