extension String {
    /// The text with spaces before it, or after it where the width is negative.
    public func padded(to width: Int) -> String {
        let spaces = String(repeating: " ", count: max(0, abs(width) - count))
        return width < 0 ? self + spaces : spaces + self
    }
}

extension Interval {
    /// The length as a decimal number with a fixed count of digits after the point, rounded half up.
    public func fixedPoint(unit: UInt64, digits: Int) -> String {
        let scale = (0..<digits).reduce(1 as UInt64) { power, _ in power * 10 }
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: unit)
        let fraction = (rest * scale + unit / 2) / unit
        let text = String(fraction % scale)
        let zeros = String(repeating: "0", count: digits - text.count)
        return "\(whole + fraction / scale).\(zeros)\(text)"
    }
}
