import Checks
import Foundation
import Testing

/// The bytes that the fuzzers started from and those that they found, each time the tests run.
@Suite struct CorpusTests {
    /// A folder that is missing or empty fails too, so that a test without inputs shows.
    @Test(arguments: Check.allCases)
    func replay(check: Check) throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.corpus.appendingPathComponent(check.rawValue), includingPropertiesForKeys: nil)
        #expect(files.count >= 5, "the corpus of \(check.rawValue)")
        for file in files {
            let bytes = [UInt8](try Data(contentsOf: file))
            do {
                try check.run(bytes.span)
            } catch {
                Issue.record("\(check.rawValue)/\(file.lastPathComponent): \(error)")
            }
        }
    }

    @Test func noCorpusIsWithoutItsCheck() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path)
        #expect(Set(names) == Set(Check.allCases.map(\.rawValue)))
    }

    private static let corpus = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("../../Fuzz/Corpus").standardizedFileURL
}
