import Testing

@testable import System

/// How many processors a program takes for its own.
@Suite struct ProcessorShareTests {
    private static func status(_ list: String) -> String {
        "Name:\tletterbox\nCpus_allowed:\tff\nCpus_allowed_list:\t\(list)\nThreads:\t1\n"
    }

    /// Cores, affinity, quotas, and what follows.
    @Test(arguments: [
        (8, "0-7", [], 8), (8, "0-3", [], 4), (8, "0-7", [2], 2), (8, "0", [8], 1), (2, "0-127", [], 2),
        (8, "0-7", [3, 5], 3), (8, "0-7", [1.5], 2), (8, "0-7", [0.01], 1), (8, "0-7", [1.00001], 2),
        (8, "nonsense", [], 8), (8, "", [], 8), (0, "nonsense", [], 1), (-1, "0-3", [], 1),
        (8, "0-7", [Double(1 << 53)], 8),
    ])
    func theLeastCounts(cores: Int, list: String, quotas: [Double], count: Int) {
        #expect(ProcessorShare.count(cores: cores, status: Self.status(list), quotas: quotas) == count)
    }

    @Test(arguments: [
        ("0", 1), ("5", 1), ("0-3", 4), ("0,2,4", 3), ("0-1,4-7,9", 7), ("", nil), ("3-1", nil), ("-1", nil),
        ("0-", nil),
        ("a", nil), ("0-1-2", nil),
    ])
    func affinityIsAList(list: String, count: Int?) {
        #expect(ProcessorShare.processors(inStatus: Self.status(list)) == count)
    }

    @Test func withoutFilesAllCoresCount() {
        #expect(ProcessorShare.count(cores: 4, status: nil, quotas: []) == 4)
        #expect(ProcessorShare.processors(inStatus: "Name:\tletterbox\n") == nil)
        #expect((1...4096).contains(ProcessorShare.count()))
    }
}
