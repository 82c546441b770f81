internal import System

/// The kernel's files about itself (proc(5), sysfs(5)).
package struct KernelFiles {
    private let read: (String) -> String?

    /// - `read`: the text of a file; nil where it cannot be read.
    package init(_ read: @escaping (String) -> String? = { try? Files.text(of: $0) }) { self.read = read }

    /// The text of an optional file.
    func optionalText(_ path: String) -> String? { read(path) }

    func text(_ path: String) throws(UnclearFile) -> String {
        guard let text = read(path) else { throw UnclearFile(path, is: "cannot be read") }
        return text
    }

    /// The whole numbers of a file that has exactly this many and nothing else.
    func numbers(_ path: String, count: Int) throws(UnclearFile) -> [Int] {
        let text = try text(path)
        let words = text.split(whereSeparator: \.isWhitespace)
        let numbers = words.compactMap(kernelNumber)
        guard numbers.count == count, words.count == count else {
            let wanted = count == 1 ? "number" : "\(count) numbers"
            throw UnclearFile(path, is: "has \"\(text.excerpt)\", and no \(wanted)")
        }
        return numbers
    }

    func number(_ path: String) throws(UnclearFile) -> Int { try numbers(path, count: 1)[0] }

    /// A setting by the name that sysctl(8) gives it.
    func setting(_ name: String) throws(UnclearFile) -> Int { try number(Self.path(ofSetting: name)) }

    static func path(ofSetting name: String) -> String { folder + name.replacing(".", with: "/") }

    /// The name of the setting in a file; nil for other files.
    static func setting(atPath path: String) -> String? {
        guard path.hasPrefix(folder) else { return nil }
        return String(path.dropFirst(folder.count)).replacing("/", with: ".")
    }

    private static let folder = "/proc/sys/"
}

/// A usable number; nil for a text that is not a number, and for a number beyond any real count.
func kernelNumber(_ text: some StringProtocol) -> Int? {
    Int(text).flatMap { (-(1 << 53)...1 << 53).contains($0) ? $0 : nil }
}

/// The counters of a file: /proc/net/snmp and /proc/net/netstat have a line of names for each protocol, and below it a line
/// of numbers; /proc/net/snmp6 has a name and a number in each line.
struct CounterTable {
    private let path: String
    private var numbers: [String: Int] = [:]

    init(_ files: KernelFiles, _ path: String) throws(UnclearFile) {
        self.path = path
        let lines = try files.text(path).split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace) }
        for line in lines where line.count == 2 { numbers[String(line[0])] = kernelNumber(line[1]) }
        for (names, values) in zip(lines, lines.dropFirst()) where names.first == values.first {
            guard let protocolName = names.first?.dropLast() else { continue }
            for (name, value) in zip(names.dropFirst(), values.dropFirst()) {
                numbers["\(protocolName)\(name)"] = kernelNumber(value)
            }
        }
    }

    func number(_ protocolName: String, _ name: String) throws(UnclearFile) -> Int {
        guard let number = numbers["\(protocolName)\(name)"] else {
            throw UnclearFile(path, is: "has no number \(name) of \(protocolName)")
        }
        return number
    }
}
