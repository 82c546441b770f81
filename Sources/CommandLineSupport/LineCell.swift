internal import System

/// A character of a line on the screen: its bytes, its appearance, and its columns.
struct LineCell: Equatable {
    private(set) var bytes: [UInt8]
    private(set) var shown: String
    let width: Int

    /// A character, or a byte outside of one.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        shown = String(showing: bytes)
        width = shown.unicodeScalars.reduce(0) { $0 + Self.width(of: $1) }
    }

    /// Adds a combining mark, such as an accent.
    mutating func join(_ mark: LineCell) {
        bytes += mark.bytes
        shown += mark.shown
    }

    var isSpace: Bool { bytes == [UInt8(ascii: " ")] }

    /// Blocks whose characters take two columns (Unicode UAX 11, "East Asian Width" W and F), as far as terminals agree.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
        0x20000...0x3FFFD,
    ]

    private static func width(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: 0
        default: wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }
}
