internal import System

/// All findings as text, a line each in three columns, its command in the line below it, and a count at the end; or as one
/// JSON document.
package struct Report {
    private let findings: [Finding]

    package init(_ findings: [Finding]) { self.findings = findings }

    package var hasFailed: Bool { count(.bad) > 0 }

    package var text: String {
        let width = findings.map(\.subject.count).max() ?? 0
        let lines = findings.flatMap { finding in
            let subject = finding.subject.padded(to: -width)
            let verdict = finding.verdict.word.padded(to: -4)
            let remedy = finding.remedy.map { "$ ".padded(to: width + 10) + $0 }
            return ["\(verdict)  \(subject)  \(finding.text)"] + (remedy.map { [$0] } ?? [])
        }
        let sum = "\(count(.ok)) ok, \(count(.warning)) warn, \(count(.bad)) bad"
        return (lines + [sum]).joined(separator: "\n")
    }

    /// The findings with the counts of each verdict (RFC 8259).
    package func json(version: String) -> String {
        let counts = Finding.Verdict.allCases.map { "\(JSONText.quoted($0.word)):\(count($0))" }
        let all = findings.map(\.json).joined(separator: ",")
        return "{\"version\":\(JSONText.quoted(version)),\(counts.joined(separator: ",")),\"findings\":[\(all)]}"
    }

    private func count(_ verdict: Finding.Verdict) -> Int { findings.count { $0.verdict == verdict } }
}

/// A result of the doctor's.
package struct Finding: Equatable, Sendable {
    package enum Verdict: String, Sendable, CaseIterable {
        /// No problem.
        case ok
        /// The gateway serves; under load it may not, or lately it did not.
        case warning
        /// Requests fail for this reason, or their replies get lost.
        case bad

        /// The verdict's word in a report.
        var word: String { self == .warning ? "warn" : rawValue }
    }

    package let verdict: Verdict
    /// The subject in two words.
    package let subject: String
    /// The observation, and its consequence.
    package let text: String
    /// The command that fixes it, or shows more; nil where all is well.
    package let remedy: String?

    /// The finding as an object; without a command it has no member for one.
    fileprivate var json: String {
        let members =
            [("verdict", verdict.word), ("subject", subject), ("text", text)] + (remedy.map { [("remedy", $0)] } ?? [])
        return "{" + members.map { "\"\($0)\":\(JSONText.quoted($1))" }.joined(separator: ",") + "}"
    }

    package static func ok(_ subject: String, _ text: String) -> Finding {
        Finding(verdict: .ok, subject: subject, text: text, remedy: nil)
    }

    package static func warning(_ subject: String, _ text: String, remedy: String) -> Finding {
        Finding(verdict: .warning, subject: subject, text: text, remedy: remedy)
    }

    package static func bad(_ subject: String, _ text: String, remedy: String) -> Finding {
        Finding(verdict: .bad, subject: subject, text: text, remedy: remedy)
    }
}
