import TestSupport
import Testing

@testable import Gateway

/// How long a cache may keep a DNS message, and that odd ones say nothing.
@Suite struct DNSMessageTests {
    /// A message piece by piece.
    private struct Message {
        var bytes: [UInt8]

        /// A response about "a.example" with so many records to come; the name is at byte 12, "example" at byte 14.
        init(
            flags: [UInt8] = [0x81, 0x80], questions: UInt8 = 1, answers: UInt8 = 0, authority: UInt8 = 0,
            additional: UInt8 = 0
        ) {
            bytes = [0, 0] + flags + [0, questions, 0, answers, 0, authority, 0, additional]
            bytes += Self.name + [0, 1, 0, 1]
        }

        static let name: [UInt8] = [1] + Array("a".utf8) + [7] + Array("example".utf8) + [0]

        func record(_ type: UInt8, lifetime: UInt32, name: [UInt8] = [0xC0, 12], _ data: [UInt8] = [192, 0, 2, 7])
            -> Message
        {
            var message = self
            let time = (0..<4).map { UInt8(truncatingIfNeeded: lifetime >> (24 - 8 * UInt32($0))) }
            message.bytes += name + [0, type, 0, 1] + time + [UInt8(data.count >> 8), UInt8(data.count & 255)] + data
            return message
        }

        func soa(lifetime: UInt32, minimum: UInt8, names: [UInt8] = [0xC0, 14, 0]) -> Message {
            record(6, lifetime: lifetime, names + [UInt8](repeating: 1, count: 16) + [0, 0, 0, minimum])
        }

        var lifetime: UInt32? { DNSMessage.lifetime(of: bytes.span) }
    }

    @Test func theLeastTimeToLiveCounts() {
        let one = Message(answers: 1).record(1, lifetime: 300)
        #expect(one.lifetime == 300)
        #expect(
            Message(answers: 3).record(5, lifetime: 60).record(1, lifetime: 30).record(1, lifetime: 40).lifetime == 30)
        #expect(Message(answers: 1).record(1, lifetime: 0).lifetime == 0)
        // RFC 2181 8.
        #expect(Message(answers: 1).record(1, lifetime: 0x7FFF_FFFF).lifetime == 0x7FFF_FFFF)
        #expect(Message(answers: 1).record(1, lifetime: 0x8000_0000).lifetime == 0)
        // Other sections have no say: servers and their addresses, and the flags of EDNS.
        #expect(
            Message(answers: 1, authority: 1, additional: 1).record(1, lifetime: 300).record(2, lifetime: 5, [0])
                .record(41, lifetime: 0, [])
                .lifetime == 300)
        #expect(Message(questions: 1, answers: 1).record(1, lifetime: 7, name: Message.name).lifetime == 7)
    }

    /// RFC 2308 5: the least of the SOA record's own time and its minimum.
    @Test(arguments: [[0x81, 0x80], [0x81, 0x83]] as [[UInt8]]) func whatIsNotThereIsKeptAsItsZoneSays(flags: [UInt8]) {
        #expect(Message(flags: flags, authority: 1).soa(lifetime: 900, minimum: 60).lifetime == 60)
        #expect(Message(flags: flags, authority: 1).soa(lifetime: 30, minimum: 60).lifetime == 30)
        // The name exists under another one, and what is asked for does not.
        #expect(
            Message(flags: flags, answers: 1, authority: 1).record(5, lifetime: 100, [0]).soa(lifetime: 90, minimum: 60)
                .lifetime == 60)
        #expect(Message(flags: flags).lifetime == nil)
        #expect(Message(flags: flags, authority: 1).record(2, lifetime: 300, [0]).lifetime == nil)
    }

    /// A query, another operation, a truncated response, and responses that report a failure.
    @Test(
        arguments: [[0x01, 0x00], [0xA1, 0x80], [0x83, 0x80], [0x81, 0x81], [0x81, 0x82], [0x81, 0x85]] as [[UInt8]])
    func othersAreNotKept(flags: [UInt8]) {
        #expect(Message(flags: flags, answers: 1).record(1, lifetime: 300).lifetime == nil)
    }

    /// Cut anywhere, a message says nothing; what follows what is counted does not matter.
    @Test func truncation() {
        let message = Message(answers: 1, authority: 1).record(1, lifetime: 300).soa(lifetime: 9, minimum: 200)
        for count in message.bytes.indices {
            let cut = Array(message.bytes[..<count])
            #expect(DNSMessage.lifetime(of: cut.span) == nil, "\(count)")
        }
        let longer = message.bytes + [1, 2, 3]
        #expect(message.lifetime == 9 && DNSMessage.lifetime(of: longer.span) == 9)
    }

    /// Pointers to themselves, to each other, forward, into the header and beyond the end, and labels of unknown kinds.
    @Test(
        arguments: [
            [0xC0, 27], [0xC0, 28], [1, 97, 0xC0, 27], [1, 97, 0xC0, 29], [0xC0, 11], [0xC0, 0], [0xFF, 0xFF], [0x40],
            [0x80, 1],
            [64], [0xC0],
        ] as [[UInt8]])
    func namesThatLeadNowhere(name: [UInt8]) {
        #expect(Message(answers: 1).record(1, lifetime: 300, name: name).lifetime == nil)
    }

    /// A name of 255 bytes, in itself or put together, and one of a byte more.
    @Test func theLongestName() {
        let label: [UInt8] = [63] + [UInt8](repeating: 97, count: 63)
        let rest: [UInt8] = [61] + [UInt8](repeating: 97, count: 61)
        let name = label + label + label + rest + [0]
        #expect(name.count == 255)
        #expect(Message(answers: 1).record(1, lifetime: 3, name: name).lifetime == 3)
        #expect(
            Message(answers: 1).record(1, lifetime: 3, name: label + label + label + [62, 97] + rest.dropFirst() + [0])
                .lifetime == nil)
        // The name of the question has eleven bytes.
        for (length, lifetime) in [(244, 3), (245, nil)] as [(Int, UInt32?)] {
            let labels = label + label + label + [UInt8(length - 193)] + [UInt8](repeating: 97, count: length - 193)
            #expect(Message(answers: 1).record(1, lifetime: 3, name: labels + [0xC0, 12]).lifetime == lifetime)
        }
    }

    /// Pointers to pointers, as many as a name may have, and one more.
    @Test(arguments: [(126, 3), (127, nil)] as [(Int, UInt32?)]) func chainsOfPointers(count: Int, lifetime: UInt32?) {
        var message = Message(answers: 2)
        var data: [UInt8] = []
        // The first record's data begin behind its name and ten bytes.
        let start = message.bytes.count + 12
        for index in 0..<count {
            let target = index == 0 ? 12 : start + 2 * (index - 1)
            data += [0xC0 | UInt8(target >> 8), UInt8(target & 255)]
        }
        let last = start + 2 * (count - 1)
        message = message.record(99, lifetime: 9, data)
        message = message.record(1, lifetime: 3, name: [0xC0 | UInt8(last >> 8), UInt8(last & 255)])
        #expect(message.lifetime == lifetime)
    }

    /// Names of an SOA record that reach beyond it, and numbers that are too few or too many.
    @Test(arguments: [[0, 0, 0], [0], [0xC0, 14], [200, 0], []] as [[UInt8]]) func oddZones(names: [UInt8]) {
        #expect(Message(authority: 1).soa(lifetime: 9, minimum: 9, names: names).lifetime == nil)
    }

    /// Whatever the bytes are, it ends, and reads none that are not there.
    @Test func anyBytes() {
        var generator = SeededGenerator(state: 8484)
        let whole = Message(answers: 2, authority: 1).record(1, lifetime: 300).record(5, lifetime: 20, [0xC0, 12]).soa(
            lifetime: 9, minimum: 200)
        var kept = 0
        for _ in 0..<20_000 {
            var bytes = whole.bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 4..<bytes.count, using: &generator)
                bytes[index] = .random(in: 0...255, using: &generator)
            }
            let cut = Array(bytes.prefix(.random(in: 0...200, using: &generator)))
            if DNSMessage.lifetime(of: cut.span) != nil { kept += 1 }
        }
        #expect(kept > 0)
    }
}
