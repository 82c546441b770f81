/// What the doctor says of one thing.
package struct Finding: Equatable, Sendable {
    /// How it is.
    package enum Verdict: String, Sendable, CaseIterable {
        /// As it should be.
        case ok
        /// It serves; under load, or of late, it may not.
        case look
        /// Requests fail for it, or their replies get lost.
        case bad
    }

    package let verdict: Verdict
    /// What it is about, in two words.
    package let subject: String
    /// What was seen, and what follows.
    package let text: String
    /// The command that mends it, or shows more of it; nil where all is well.
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
