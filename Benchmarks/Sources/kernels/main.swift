// What Letterbox's hot loops take, in turns with others doing the same: `kernels parser|uppercase [ROUNDS [MILLISECONDS]]`
// prints JSON.

let suites = ["parser": parserRaces, "uppercase": uppercaseRaces]
let arguments = CommandLine.arguments.dropFirst()
guard let suite = arguments.first.flatMap({ suites[$0] }) else { fatalError("parser or uppercase?") }
let numbers = arguments.dropFirst().map { Int($0) ?? 0 }
let rounds = max(1, numbers.first ?? 15)
let roundTime = Duration.milliseconds(max(1, numbers.dropFirst().first ?? 50))
print("[")
print(suite().map { $0.results(rounds: rounds, roundTime: roundTime) }.joined(separator: ",\n"))
print("]")
