/// Random numbers from a seed: the same in every run, on every machine (SplitMix64).
///
/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014. It is good enough for dice, not for
/// secrets.
struct NoiseGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// The next 64 random bits.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// A random number from 0 up to, but not including, `bound`; 0 when the bound is 0.
    ///
    /// The high half of a product instead of a remainder: one draw each time, which keeps all later draws in place.
    /// The bias is far below what any count of datagrams could show (Lemire, "Fast Random Integer Generation", 2019).
    mutating func next(below bound: UInt64) -> UInt64 {
        next().multipliedFullWidth(by: bound).high
    }

    /// One throw of the dice: true as often as the probability says.
    mutating func happens(_ probability: Probability) -> Bool {
        // A Double between 0 and 1 distinguishes only the upper 53 bits.
        Double(next() >> 11) * 0x1p-53 < probability.fraction
    }

    /// Spreads every bit of a number over all bits of the result; different numbers stay different.
    static func mix(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
