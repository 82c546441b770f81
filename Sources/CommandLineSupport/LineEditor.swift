internal import System

/// A line under edit, key by key: its characters, its cursor, and the keys' effects.
///
/// It has no terminal: keys come as bytes, and the display is a string.
package struct LineEditor {
    /// A key's request besides a change of the line.
    package enum Request: Equatable, Sendable {
        /// The line is complete.
        case done([UInt8])
        /// The input is over.
        case end
        /// The key has no effect, or there is no room.
        case bell
    }

    /// Earlier lines, the newest last.
    private var history: [[LineCell]] = []
    private var place = 0
    /// The new line, while an older one is shown.
    private var draft: [LineCell] = []
    private(set) var cells: [LineCell] = []
    private(set) var cursor = 0
    private var length = 0
    private var keys = KeyReader()
    private let limit: Int

    /// The number of earlier lines.
    private static let keptLines = 100

    /// Starts with an empty line, which can have up to `limit` bytes.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Takes a byte from the terminal.
    package mutating func take(_ byte: UInt8) -> Request? {
        var request: Request?
        // The first of two keys has a bell at most.
        for key in keys.take(byte) { request = perform(key) ?? request }
        return request
    }

    private mutating func perform(_ key: KeyReader.Key) -> Request? {
        switch key {
        case .text(let bytes): return insert(bytes)
        case .enter: return .done(finish())
        case .end where cells.isEmpty: return .end
        case .end, .delete: remove(cursor..<min(cells.count, cursor + 1))
        case .backspace: remove(max(0, cursor - 1)..<cursor)
        case .eraseWord: remove(startOfWord..<cursor)
        case .eraseBefore: remove(0..<cursor)
        case .eraseBehind: remove(cursor..<cells.count)
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(cells.count, cursor + 1)
        case .home: cursor = 0
        case .last: cursor = cells.count
        case .older: show(place - 1)
        case .newer: show(place + 1)
        case .unknown: return .bell
        }
        return nil
    }

    private mutating func insert(_ bytes: [UInt8]) -> Request? {
        guard length + bytes.count <= limit else { return .bell }
        length += bytes.count
        let cell = LineCell(bytes)
        if cell.width == 0, cursor > 0 {
            cells[cursor - 1].join(cell)
        } else {
            cells.insert(cell, at: cursor)
            cursor += 1
        }
        return nil
    }

    private mutating func remove(_ range: Range<Int>) {
        for cell in cells[range] { length -= cell.bytes.count }
        cells.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func finish() -> [UInt8] {
        let line = cells
        if !line.isEmpty, line != history.last { history.append(line) }
        if history.count > Self.keptLines { history.removeFirst() }
        replace(with: [])
        (place, draft) = (history.count, [])
        return line.flatMap(\.bytes)
    }

    /// Shows an earlier line, or the new one after the last of them.
    private mutating func show(_ other: Int) {
        guard (0...history.count).contains(other), other != place else { return }
        if place == history.count { draft = cells }
        place = other
        replace(with: other == history.count ? draft : history[other])
    }

    private mutating func replace(with line: [LineCell]) {
        cells = line
        cursor = line.count
        length = line.reduce(0) { $0 + $1.bytes.count }
    }

    /// The start of the word before the cursor.
    private var startOfWord: Int {
        let word = cells[..<cursor].lastIndex { !$0.isSpace } ?? 0
        return cells[..<word].lastIndex(where: \.isSpace).map { $0 + 1 } ?? 0
    }

    /// The row for a terminal of this many columns: the prompt and the part of the line around the cursor.
    package func row(prompt: String, columns: Int) -> String {
        let room = max(8, columns - prompt.count - 1)
        var start = cursor
        var before = 0
        // One column is for the mark of hidden text.
        while start > 0, before + cells[start - 1].width < room {
            (start, before) = (start - 1, before + cells[start - 1].width)
        }
        if start > 0, start < cursor { (start, before) = (start + 1, before - cells[start].width) }
        var (end, width) = (cursor, before + (start > 0 ? 1 : 0))
        let column = prompt.count + width
        while end < cells.count, width + cells[end].width < room { (end, width) = (end + 1, width + cells[end].width) }
        let text = cells[start..<end].map(\.shown).joined()
        let marks = (start > 0 ? "<" : "", end < cells.count ? ">" : "")
        // Erase the rest of the row (EL), and move the cursor to its column (CHA), which counts from 1.
        return "\r\(prompt)\(marks.0)\(text)\(marks.1)\u{1b}[K\u{1b}[\(column + 1)G"
    }
}

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

    /// Blocks whose characters take two columns (Unicode UAX 11, "East Asian Width" W and F), besides emoji.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD,
    ]

    private static func width(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: 0
        default: isEmoji(scalar) || wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }

    /// Whether it is shown in colour by itself (Unicode UTS 51); of the letters of a flag each has one column.
    private static func isEmoji(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isEmojiPresentation && !(0x1F1E6...0x1F1FF).contains(scalar.value)
    }
}
