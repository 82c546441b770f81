internal import System

/// The numbers that stand for hidden addresses in the metrics, a row of its own for each service.
///
/// A number belongs to one appearance of an address: the counters of an address that comes back begin anew, and those of
/// two addresses are no sequence.
struct AddressNumbers {
    private var services: [String: (last: Int, numbers: [SocketAddress: Int])] = [:]

    /// Gives each new address of a service the next number, and forgets those that are gone.
    mutating func update(with workers: [Statistics.Entry]) -> [String: [SocketAddress: Int]] {
        let present = Dictionary(grouping: workers.flatMap(\.services), by: \.service)
            .mapValues { Set($0.flatMap(\.backends).map(\.address)) }
        services = services.filter { present[$0.key] != nil }
        for (path, addresses) in present {
            var (last, numbers) = services[path] ?? (0, [:])
            numbers = numbers.filter { addresses.contains($0.key) }
            for address in addresses.filter({ numbers[$0] == nil }).sorted(by: { "\($0)" < "\($1)" }) {
                last += 1
                numbers[address] = last
            }
            services[path] = (last, numbers)
        }
        return services.mapValues(\.numbers)
    }
}
