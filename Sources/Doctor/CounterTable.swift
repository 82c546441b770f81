/// The counters of /proc/net/snmp and /proc/net/netstat: a line of names, and below it a line of numbers, for each protocol.
struct CounterTable {
    private let path: String
    private var numbers: [String: Int] = [:]

    init(text: String, _ path: String) {
        self.path = path
        let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
        for (names, values) in zip(lines, lines.dropFirst()) where names.first == values.first {
            guard let protocolName = names.first else { continue }
            for (name, value) in zip(names.dropFirst(), values.dropFirst()) {
                numbers["\(protocolName)\(name)"] = kernelNumber(value)
            }
        }
    }

    func number(_ protocolName: String, _ name: String) throws(UnclearFile) -> Int {
        guard let number = numbers["\(protocolName):\(name)"] else {
            throw UnclearFile(path, is: "has no number \(name) of \(protocolName)")
        }
        return number
    }
}
