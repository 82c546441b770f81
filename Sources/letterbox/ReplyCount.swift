internal import ArgumentParser
internal import CommandLineSupport

/// The number of replies that a client waits for.
enum ReplyCount: Equatable {
    case some(Int)
    /// All replies that come in time.
    case all

    private static let range = 1...10_000

    /// The most replies.
    var most: Int {
        switch self {
        case .some(let count): count
        case .all: .max
        }
    }

    /// Reads a number or "all".
    init(_ text: String) throws {
        if text == "all" {
            self = .all
        } else {
            do { self = .some(try readNumber(text, in: Self.range)) } catch let error as ValidationError {
                throw ValidationError("\(error.message.dropLast()), or all.")
            }
        }
    }

    static let help = ArgumentHelp(
        """
        Take several replies, from any sender, until that many have come or --timeout is over; each with its sender and \
        its time. The datagram is sent once; HOST may be a group or a broadcast address. (\(range.lowerBound) to \
        \(range.upperBound), or all)
        """, valueName: "number")
}
