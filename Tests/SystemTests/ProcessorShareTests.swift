import Testing

@testable import System

/// How many processors a program takes for its own.
@Suite struct ProcessorShareTests {
    private static func status(_ list: String) -> String {
        "Name:\tletterbox\nCpus_allowed:\tff\nCpus_allowed_list:\t\(list)\nThreads:\t1\n"
    }

    /// Cores, affinity, quotas, and what follows.
    @Test(arguments: [
        (8, "0-7", [], 8), (8, "0-3", [], 4), (8, "0-7", ["200000 100000\n"], 2), (8, "0", ["800000 100000"], 1),
        (2, "0-127", ["max 100000\n"], 2), (8, "0-7", ["max 100000", "300000 100000", "500000 100000"], 3),
        (8, "0-7", ["150000 100000"], 2), (8, "0-7", ["1000 100000"], 1), (8, "0-7", ["100001 100000"], 2),
        (8, "0-7", ["nonsense", "", "max", "-1 100000", "5 0", "0 100000"], 8), (8, "nonsense", [], 8), (8, "", [], 8),
        (0, "nonsense", [], 1), (-1, "0-3", [], 1),
    ])
    func theLeastCounts(cores: Int, list: String, quotas: [String], count: Int) {
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

    /// A quota of a group above holds for those below.
    @Test(arguments: [
        (
            "0::/system.slice/letterbox.service\n",
            [
                "/sys/fs/cgroup/system.slice/letterbox.service/cpu.max", "/sys/fs/cgroup/system.slice/cpu.max",
                "/sys/fs/cgroup/cpu.max",
            ]
        ),
        ("0::/\n", ["/sys/fs/cgroup/cpu.max"]),
        ("4:memory:/a\n0::/b\n", ["/sys/fs/cgroup/b/cpu.max", "/sys/fs/cgroup/cpu.max"]),
        ("4:cpu:/a\n", []), ("", []),
    ])
    func quotasAreOfAllGroupsAbove(text: String, files: [String]) {
        #expect(ProcessorShare.quotaFiles(inGroups: text) == files)
    }
}
