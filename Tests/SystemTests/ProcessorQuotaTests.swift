import Testing

@testable import System

/// The quotas of a process's control groups, in files of a test.
@Suite struct ProcessorQuotaTests {
    private static func quotas(_ groups: String?, _ files: [String: String] = [:]) -> [Result<Double, UnclearFile>] {
        ProcessorQuota.all { $0 == ProcessorQuota.groups ? groups : files[$0] }
    }

    /// A quota of a group above holds for those below.
    @Test func quotasAreOfAllGroupsAbove() {
        let files = [
            "/sys/fs/cgroup/a/b/cpu.max": "150000 100000\n", "/sys/fs/cgroup/a/cpu.max": "max 100000\n",
            "/sys/fs/cgroup/cpu.max": "200000 100000\n", "/sys/fs/cgroup/b/cpu.max": "1 100000\n",
        ]
        #expect(Self.quotas("0::/a/b\n", files) == [.success(2), .success(1.5)])
        #expect(Self.quotas("4:memory:/b\n0::/a\n", files) == [.success(2)])
        #expect(Self.quotas("0::/\n", files) == [.success(2)])
        #expect(Self.quotas("4:cpu:/a\n", files).isEmpty)
    }

    @Test func version1HasTwoFiles() {
        let folder = "/sys/fs/cgroup/cpu/a/cpu.cfs_"
        let groups = "5:memory:/a\n4:cpu,cpuacct:/a\n"
        #expect(
            Self.quotas(groups, [folder + "quota_us": "50000\n", folder + "period_us": "100000\n"]) == [.success(0.5)])
        #expect(Self.quotas(groups, [folder + "quota_us": "-1\n", folder + "period_us": "100000\n"]).isEmpty)
        let missing = UnclearFile(folder + "period_us", is: "cannot be read")
        #expect(Self.quotas(groups, [folder + "quota_us": "50000\n"]) == [.failure(missing)])
    }

    @Test(arguments: [
        ("nonsense", "has \"nonsense\", and no 2 numbers"), ("", "has \"\", and no 2 numbers"),
        ("1 2 3", "has \"1 2 3\", and no 2 numbers"), ("-1 100000", "has -1 of 100000, and no time"),
        ("5 0", "has 5 of 0, and no time"), ("0 100000", "has 0 of 100000, and no time"),
        ("9007199254740993 1", "has 9007199254740993 of 1, and no time"),
    ])
    func anUnclearFileHasNoQuota(text: String, fault: String) {
        let path = "/sys/fs/cgroup/cpu.max"
        #expect(Self.quotas("0::/\n", [path: text]) == [.failure(UnclearFile(path, is: fault))])
    }

    @Test(arguments: [(nil, "cannot be read"), ("garbage", "has \"garbage\", and no group")] as [(String?, String)])
    func withoutGroupsThereIsAFault(text: String?, fault: String) {
        #expect(Self.quotas(text) == [.failure(UnclearFile(ProcessorQuota.groups, is: fault))])
    }
}
