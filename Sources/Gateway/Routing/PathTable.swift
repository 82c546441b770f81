/// Values by the path of a request: exact bytes, found by halving.
struct PathTable<Value> {
    private let entries: [(path: [UInt8], value: Value)]

    /// - `entries`: of several with the same path the first counts.
    init(_ entries: [(path: String, value: Value)]) {
        var seen: Set<String> = []
        self.entries = entries.filter { seen.insert($0.path).inserted }
            .map { (Array($0.path.utf8), $0.value) }
            .sorted { Self.precedes($0.path[...], $1.path[...]) }
    }

    /// The value of a path; nil where there is none.
    subscript(path: ArraySlice<UInt8>) -> Value? {
        var range = 0..<entries.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if entries[middle].path.elementsEqual(path) { return entries[middle].value }
            range =
                Self.precedes(path, entries[middle].path[...])
                ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return nil
    }

    /// Shorter paths come first.
    private static func precedes(_ path: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
        path.count == other.count ? path.lexicographicallyPrecedes(other) : path.count < other.count
    }
}
