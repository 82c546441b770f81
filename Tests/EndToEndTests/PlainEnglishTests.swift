import Foundation
import TestSupport
import Testing

/// A comment's subject is a thing in the code: a reader can look for `Backend`, and not for "whoever".
@Suite struct PlainEnglishTests {
    /// The words of a comment that name no thing; nil where it has none.
    private static func fault(of comment: Substring) -> Substring? {
        let pronoun = /\b(?i:nobody|somebody|someone|anybody|anyone|everybody|everyone|whoever|no one)\b/
        let question = /(?:^|[.:;] )(?:What|Who)\b[^?]*$/
        return comment.firstMatch(of: pronoun)?.output ?? comment.firstMatch(of: question)?.output
    }

    /// The text of a line's comment; nil where it has none, as with a URL in a string.
    private static func comment(in line: Substring) -> Substring? {
        line.firstMatch(of: /(?:^|\s)\/\/\/? (.*)/)?.1
    }

    @Test func everyCommentNamesAThing() throws {
        let folder = Repository.root.appending(path: "Sources")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var count = 0
        for case let file as URL in files where ["swift", "h"].contains(file.pathExtension) {
            let text = try String(contentsOf: file, encoding: .utf8)
            for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                guard let comment = Self.comment(in: line) else { continue }
                count += 1
                let fault = Self.fault(of: comment)
                #expect(fault == nil, "\(file.lastPathComponent):\(number + 1): \(comment)")
            }
        }
        #expect(count > 2000)
    }

    @Test(arguments: [
        ("    /// Nobody waits.", true), ("let port = 1  // Whoever asks gets it.", true),
        ("/// What waits is here.", true), ("// It closes. Who asks later gets 503.", true),
        ("/// Waiting tasks are here.", false),
        ("/// The caller is told what failed.", false), (#"let url = "http://somebody""#, false),
    ])
    func `the check itself finds such words`(line: String, isFault: Bool) {
        let fault = Self.comment(in: Substring(line)).flatMap(Self.fault)
        #expect((fault != nil) == isFault)
    }
}
