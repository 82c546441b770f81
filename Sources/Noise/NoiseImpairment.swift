package import System

/// Decides the fate of each datagram of one direction, without touching it.
///
/// A decision depends on the seed, the direction, the datagram's number and size, and the settings: not on time, on the
/// other direction, or on earlier decisions. So the same seed gives the same fates, and a changed setting changes only
/// its own effect: the datagrams that 10 % loss takes are among those that 20 % takes.
package struct NoiseImpairment: Sendable {
    private let key: UInt64
    /// The number of decisions so far.
    package private(set) var count: UInt64 = 0

    package init(seed: UInt64, direction: NoiseDirection) {
        let salt: UInt64 =
            switch direction {
            case .toServer: 0x7365_7276_6572
            case .toClient: 0x636C_6965_6E74
            }
        key = NoiseGenerator.mix(NoiseGenerator.mix(seed) &+ salt)
    }

    /// Decides the fate of the next datagram, which is `size` bytes long.
    package mutating func next(size: Int, under settings: NoiseSettings) -> NoisePassage {
        count += 1
        return passage(of: count, size: size, under: settings)
    }

    /// The fate of the datagram with this number, counted from 1.
    package func passage(of number: UInt64, size: Int, under settings: NoiseSettings) -> NoisePassage {
        var generator = NoiseGenerator(seed: NoiseGenerator.mix(key ^ number))
        // Every decision draws, needed or not, so that one setting does not move the dice of the next.
        let isLost = generator.happens(settings.loss)
        let isDoubled = generator.happens(settings.duplicate)
        let first = copy(size, settings, &generator)
        let second = copy(size, settings, &generator)
        return NoisePassage(
            number: number, size: size, first: isLost ? nil : first, second: isDoubled && !isLost ? second : nil)
    }

    private func copy(
        _ size: Int, _ settings: NoiseSettings, _ generator: inout NoiseGenerator
    ) -> NoisePassage.Copy {
        let isHeldBack = generator.happens(settings.reorder)
        let isCut = generator.happens(settings.truncate) && size > 0
        let cut = Int(generator.next(below: UInt64(size)))
        let length = isCut ? cut : size
        let isCorrupted = generator.happens(settings.corrupt) && length > 0
        let bit = Int(generator.next(below: UInt64(length) * 8))
        let travel = travelTime(settings, &generator)
        return NoisePassage.Copy(
            delay: Interval(nanoseconds: travel &+ (isHeldBack ? settings.reorderDelay.nanoseconds : 0)),
            isHeldBack: isHeldBack, length: length, flippedBit: isCorrupted ? bit : nil)
    }

    /// Nanoseconds from one end to the other, without the delay of `reorder`.
    private func travelTime(_ settings: NoiseSettings, _ generator: inout NoiseGenerator) -> UInt64 {
        let jitter = settings.jitter.nanoseconds
        let latest = settings.delay.nanoseconds &+ jitter
        let lead = generator.next(below: 2 * jitter + 1)
        return latest > lead ? latest - lead : 0
    }
}

/// The fate of one datagram: it arrives not at all, once, or twice.
package struct NoisePassage: Equatable, Sendable {
    /// One copy's fate.
    package struct Copy: Equatable, Sendable {
        /// The copy's travel time.
        package let delay: Interval
        /// Whether part of the delay is there to let others overtake the copy.
        package let isHeldBack: Bool
        /// The bytes that arrive.
        package let length: Int
        /// The bit that is flipped, counted from the lowest bit of the first byte.
        package let flippedBit: Int?
        /// The reason why the noise did not pass it on; nil where it did.
        package internal(set) var failure: Failure?
    }

    /// The reason why the noise did not pass on a copy that was to arrive.
    package enum Failure: Equatable, Sendable {
        /// There is no memory for its delay.
        case overflowed
        /// The kernel refused to send it.
        case unsent(SystemError)
    }

    /// The datagram's number in its direction, counted from 1; nil for one that was rejected, and met no dice.
    package let number: UInt64?
    /// Its length on arrival at the noise.
    package let size: Int
    /// The datagram's fate; nil when it is lost.
    package internal(set) var first: Copy?
    /// The fate of its double, if it has one.
    package internal(set) var second: Copy?
    /// The reason why a rejected datagram's client got no socket; nil where there was no room for another client.
    package internal(set) var rejection: SystemError?
}
