/// One way to do a piece of work, by name, which does it so many times.
struct Contestant {
    let name: String
    let run: (Int) -> Void
}

/// Contestants who take turns at the same work.
struct Race {
    let work: String
    /// What one time of the work amounts to; nil where only time counts.
    var bytes: Int?
    let contestants: [Contestant]

    /// The nanoseconds that one time of the work took, in each of so many rounds, as JSON.
    func results(rounds: Int, roundTime: Duration) -> String {
        let times = contestants.map { Self.times($0, in: roundTime) }
        var samples = contestants.map { _ in [Double]() }
        for _ in 0..<rounds {
            for (index, contestant) in contestants.enumerated() {
                let took = ContinuousClock().measure { contestant.run(times[index]) }
                samples[index].append(took / .nanoseconds(1) / Double(times[index]))
            }
        }
        return zip(contestants, samples).map { contestant, samples in
            "{\"work\": \"\(work)\", \"bytes\": \(bytes.map(String.init) ?? "null"), "
                + "\"candidate\": \"\(contestant.name)\", \"ns\": \(samples)}"
        }.joined(separator: ",\n")
    }

    /// How often the work can be done in a round; finding that out also warms up.
    private static func times(_ contestant: Contestant, in time: Duration) -> Int {
        var count = 1
        while true {
            let took = ContinuousClock().measure { contestant.run(count) }
            if took >= time / 4 { return max(1, Int(Double(count) * (time / took))) }
            count *= 2
        }
    }
}

/// Where results go, so that none is computed for nothing.
nonisolated(unsafe) private var kept = 0

@inline(never)
func keep(_ value: Int) { unsafe kept &+= value }
