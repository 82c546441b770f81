/// Rows in columns, and the verdict below them.
struct Table {
    private var rows: [Row] = []

    /// Whether the replies to a sentence differ, or one is missing.
    var hasFailed: Bool { rows.contains { $0.trouble != nil } }

    mutating func append(_ row: Row) {
        rows.append(row)
    }

    /// The whole table, with its last line end.
    var text: String {
        let cells = [["sentence", "sent", "received", "HTTP us", "UDP us"]] + rows.map(Self.cells)
        let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        let marks = ["result"] + rows.map { $0.trouble?.description ?? "same" }
        let lines = zip(cells, marks).map { "\(Self.line($0, widths))  \($1)\n" }
        return lines.joined() + verdict + "\n"
    }

    private var verdict: String {
        var (failed, different) = (0, 0)
        for case let trouble? in rows.map(\.trouble) {
            if case .failure = trouble { failed += 1 } else { different += 1 }
        }
        if failed + different == 0 { return "HTTP and UDP agree on all \(rows.count) sentences." }
        let differ = "HTTP and UDP differ on \(different) of \(rows.count) sentences."
        let fail = "\(failed) of \(rows.count) sentences failed, and were not compared."
        return [different > 0 ? differ : nil, failed > 0 ? fail : nil].compactMap { $0 }.joined(separator: " ")
    }

    private static func cells(_ row: Row) -> [String] {
        let received = row.received.map { "\($0)" } ?? "-"
        return [row.name, "\(row.sent)", received, microseconds(row.httpTime), microseconds(row.udpTime)]
    }

    private static func microseconds(_ time: Duration?) -> String {
        time.map { "\(Int64($0 / .microseconds(1)))" } ?? "-"
    }

    /// The first cell left-aligned, the others right-aligned.
    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        zip(cells, widths).enumerated().map { column, cell in
            let space = String(repeating: " ", count: cell.1 - cell.0.count)
            return column == 0 ? cell.0 + space : space + cell.0
        }.joined(separator: "  ")
    }
}
