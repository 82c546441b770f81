import CKernels
import Kernels

private func letterbox(_ text: [UInt8]) -> Contestant {
    Contestant(name: "letterbox") { times in keep(Kernels.uppercase(text, times: times)) }
}

/// ASCII, beside a loop over bytes in C.
private func asciiRace(_ count: Int) -> Race {
    let text = (0..<count).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    let loop = Contestant(name: "C loop") { times in
        var reply = [UInt8](repeating: 0, count: count)
        unsafe uppercase_in_c(text, &reply, count, times)
        keep(Int(reply[count - 1]))
    }
    return Race(work: "ASCII, \(count) bytes", bytes: count, contestants: [letterbox(text), loop])
}

/// Text of all kinds, beside the standard library.
private func unicodeRace(_ work: String, _ sentence: String) -> Race {
    let text = Array(String(repeating: sentence, count: 1400 / sentence.utf8.count).utf8)
    let library = Contestant(name: "String.uppercased()") { times in
        var reply: [UInt8] = []
        reply.reserveCapacity(3 * text.count)
        for _ in 0..<times {
            reply.removeAll(keepingCapacity: true)
            reply.append(contentsOf: String(decoding: text, as: UTF8.self).uppercased().utf8)
            keep(reply.count)
        }
    }
    return Race(work: "\(work), \(text.count) bytes", bytes: text.count, contestants: [letterbox(text), library])
}

func uppercaseRaces() -> [Race] {
    [50, 1400, 65507].map(asciiRace) + [
        unicodeRace("German", "der große bär läuft über die straße zum fluß. "),
        unicodeRace("Greek", "ο γάιδαρος πετάει πάνω από τη θάλασσα. "),
        unicodeRace("Japanese", "吾輩は猫である。名前はまだ無い。"),
    ]
}
