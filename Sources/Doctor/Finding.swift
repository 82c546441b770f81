/// A result of the doctor's.
package struct Finding: Equatable, Sendable {
    package enum Verdict: String, Sendable, CaseIterable {
        /// No problem.
        case ok
        /// The gateway serves; under load it may not, or lately it did not.
        case look
        /// Requests fail for this reason, or their replies get lost.
        case bad
    }

    package let verdict: Verdict
    /// The subject in two words.
    package let subject: String
    /// The observation, and its consequence.
    package let text: String
    /// The command that fixes it, or shows more; nil where all is well.
    package let remedy: String?

    package static func ok(_ subject: String, _ text: String) -> Finding {
        Finding(verdict: .ok, subject: subject, text: text, remedy: nil)
    }

    package static func look(_ subject: String, _ text: String, remedy: String) -> Finding {
        Finding(verdict: .look, subject: subject, text: text, remedy: remedy)
    }

    package static func bad(_ subject: String, _ text: String, remedy: String) -> Finding {
        Finding(verdict: .bad, subject: subject, text: text, remedy: remedy)
    }
}
