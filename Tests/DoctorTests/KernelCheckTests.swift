import Doctor
import System
import Testing

/// The checks on the kernel's files, with files made up.
@Suite struct KernelCheckTests {
    /// A machine on which all is well.
    static let sound = [
        "/proc/self/limits": """
        Limit                     Soft Limit           Hard Limit           Units
        Max processes             96365                96365                processes
        Max open files            1024                 524288               files

        """,
        "/proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
        "/proc/sys/net/ipv4/ip_local_reserved_ports": "\n",
        "/proc/sys/net/core/rmem_default": "212992\n",
        "/proc/sys/net/core/rmem_max": "212992\n",
        "/proc/sys/net/core/somaxconn": "4096\n",
        "/proc/sys/net/ipv4/tcp_max_syn_backlog": "1024\n",
        "/proc/net/netstat":
            "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 3 0 0\nIpExt: InOctets\nIpExt: 7\n",
        "/proc/self/cgroup": "0::/system.slice/letterbox.service\n",
        "/proc/sys/net/ipv4/icmp_msgs_per_sec": "1000\n",
        "/proc/sys/net/ipv4/icmp_ratelimit": "1000\n",
        "/proc/net/snmp": snmp(received: 1000, failed: 0, full: 0, notSent: 0),
    ]

    static func snmp(received: Int, failed: Int, full: Int, notSent: Int) -> String {
        """
        Ip: Forwarding DefaultTTL
        Ip: 1 64
        Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
        Udp: \(received) 7 \(failed) 1000 \(full) \(notSent) 0 0 0
        UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
        UdpLite: 0 0 99 0 99 0 0 0 0

        """
    }

    private func files(_ changes: [String: String?] = [:]) -> KernelFiles {
        KernelFiles { path in
            if let change = changes[path] { return change }
            return Self.sound[path]
        }
    }

    private func verdicts(
        _ check: KernelCheck, _ changes: [String: String?] = [:], _ demand: Demand = Demand()
    )
        -> [Finding.Verdict]
    {
        let findings = check.findings(files(changes), demand)
        for finding in findings { #expect((finding.remedy == nil) == (finding.verdict == .ok)) }
        return findings.map(\.verdict)
    }

    @Test func `all is well on a machine as it comes`() {
        let findings = KernelCheck.allFindings(files(), Demand())
        #expect(findings.count == 8)
        #expect(findings.allSatisfy { $0.verdict == .ok }, "\(findings)")
    }

    @Test(arguments: [
        ("26420", Finding.Verdict.ok), ("26419", .warning), ("2642", .warning), ("2641", .bad), ("unlimited", .ok),
    ])
    func descriptors(limit: String, verdict: Finding.Verdict) {
        #expect(
            verdicts(.descriptors, ["/proc/self/limits": "Max open files  1024  \(limit)  files\n"]) == [
                verdict
            ])
    }

    @Test(arguments: [
        // 16,384 sockets by default; 1,024 of them before one is used again early.
        ("40000 56383", "", Finding.Verdict.ok), ("40000 56382", "", .warning), ("40000 56383", "56383", .warning),
        ("40000 56384", "100-200,40000", .ok), ("40000 41023", "", .warning), ("40000 41022", "", .bad),
        ("40000 41023", "1-39999,41020-65535", .bad), ("40000 40019", "", .bad),
    ])
    func `local ports`(range: String, reserved: String, verdict: Finding.Verdict) {
        let changes = [
            "/proc/sys/net/ipv4/ip_local_port_range": range, "/proc/sys/net/ipv4/ip_local_reserved_ports": reserved,
        ]
        #expect(verdicts(.ports, changes) == [verdict])
    }

    @Test func `what widens the range of ports is enough`() throws {
        var demand = Demand()
        for (sockets, reserved, remedy) in [
            (16_384, "", "sysctl -w net.ipv4.ip_local_port_range=\"16384 65535\""),
            (50_000, "", "sysctl -w net.ipv4.ip_local_port_range=\"10240 65535\""),
            (50_000, "20000-29999", "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\""),
            (90_000, "", "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"   # and --max-sockets 64512"),
        ] {
            demand.sockets = sockets
            let changes = [
                "/proc/sys/net/ipv4/ip_local_port_range": "40000 40019",
                "/proc/sys/net/ipv4/ip_local_reserved_ports": reserved,
            ]
            #expect(KernelCheck.ports.findings(files(changes), demand).first?.remedy == remedy)
        }
    }

    /// The gateway opens that many before it uses one again, whatever the number of its services.
    @Test func `fewer ports than --min-sockets are bad, and few sockets want few`() {
        var demand = Demand()
        let setting = "/proc/sys/net/ipv4/ip_local_port_range"
        #expect(verdicts(.ports, [setting: "40000 41022"], demand) == [.bad])
        #expect(verdicts(.ports, [setting: "40000 41023"], demand) == [.warning])
        demand.sockets = 1024
        #expect(verdicts(.ports, [setting: "40000 41023"], demand) == [.ok])
    }

    @Test(arguments: [("131014", Finding.Verdict.ok), ("131013", .warning), ("65507", .warning), ("65506", .bad)])
    func `receive buffers`(bytes: String, verdict: Finding.Verdict) {
        #expect(verdicts(.buffers, ["/proc/sys/net/core/rmem_default": bytes]) == [verdict])
        var demand = Demand()
        demand.maxDatagram = 1400
        #expect(verdicts(.buffers, ["/proc/sys/net/core/rmem_default": bytes], demand) == [.ok])
    }

    @Test(arguments: [
        ("4096", "128", "0", Finding.Verdict.ok), ("4095", "1024", "0", .warning), ("128", "1024", "0", .warning),
        ("127", "1024", "0", .bad), ("4096", "127", "0", .warning), ("4096", "1024", "5", .warning),
    ])
    func backlog(most: String, halfOpen: String, overflows: String, verdict: Finding.Verdict) {
        let changes = [
            "/proc/sys/net/core/somaxconn": most, "/proc/sys/net/ipv4/tcp_max_syn_backlog": halfOpen,
            "/proc/net/netstat": "TcpExt: ListenOverflows\nTcpExt: \(overflows)\n",
        ]
        #expect(verdicts(.backlog, changes) == [verdict])
    }

    @Test(arguments: [
        ("1000", "1000", Finding.Verdict.ok), ("10000", "0", .ok), ("999", "1000", .warning),
        ("1000", "1001", .warning),
        ("0", "1000", .bad),
    ])
    func `ICMP rates`(rate: String, pause: String, verdict: Finding.Verdict) {
        let changes = [
            "/proc/sys/net/ipv4/icmp_msgs_per_sec": rate, "/proc/sys/net/ipv4/icmp_ratelimit": pause,
        ]
        #expect(verdicts(.reports, changes) == [verdict])
    }

    @Test(arguments: [
        ("max 100000", Finding.Verdict.ok), ("400000 100000", .ok), ("310000 100000", .ok), ("300000 100000", .warning),
        ("100001 100000", .warning), ("100000 100000", .bad),
    ])
    func `CPU quota of version 2`(quota: String, verdict: Finding.Verdict) {
        var demand = Demand()
        demand.workers = 4
        for folder in ["/system.slice/letterbox.service", "/system.slice"] {
            #expect(verdicts(.quota, ["/sys/fs/cgroup\(folder)/cpu.max": quota], demand) == [verdict])
        }
    }

    @Test func `CPU quota of version 1`() {
        var demand = Demand()
        demand.workers = 2
        var changes: [String: String?] = ["/proc/self/cgroup": "5:memory:/box\n4:cpu,cpuacct:/box\n0::/\n"]
        #expect(verdicts(.quota, changes, demand) == [.ok])
        changes["/sys/fs/cgroup/cpu/box/cpu.cfs_period_us"] = "100000\n"
        for (quota, verdict) in [("-1", Finding.Verdict.ok), ("150000", .ok), ("100000", .warning), ("50000", .bad)] {
            changes["/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us"] = quota
            #expect(verdicts(.quota, changes, demand) == [verdict])
        }
    }

    @Test(arguments: [
        ("73616", "100000", "2", Finding.Verdict.ok), ("73617", "100000", "2", .warning),
        ("89999", "100000", "2", .warning),
        ("90000", "100000", "2", .bad), ("0", "100000", "1", .warning),
    ])
    func conntrack(count: String, most: String, timeout: String, verdict: Finding.Verdict) {
        let folder = "/proc/sys/net/netfilter/nf_conntrack_"
        let changes = [
            "\(folder)count": count, "\(folder)max": most, "\(folder)udp_timeout": timeout,
            "\(folder)udp_timeout_stream": "120",
        ]
        #expect(verdicts(.tracking, changes) == [verdict])
        #expect(KernelCheck.tracking.findings(files()) == [.ok("conntrack", "not in use")])
    }

    @Test func `without a limit conntrack has room`() {
        let folder = "/proc/sys/net/netfilter/nf_conntrack_"
        let changes = [
            "\(folder)max": "0", "\(folder)count": "90000", "\(folder)udp_timeout": "30",
            "\(folder)udp_timeout_stream": "120",
        ]
        #expect(verdicts(.tracking, changes) == [.ok])
        let late = changes.merging(["\(folder)udp_timeout": "1"]) { $1 }
        let finding = KernelCheck.tracking.findings(files(late)).first
        #expect(finding?.remedy == "sysctl -w net.netfilter.nf_conntrack_udp_timeout=3")
    }

    @Test(arguments: [
        (0, 0, 0, Finding.Verdict.ok), (1, 1, 0, .warning), (0, 0, 1, .warning), (20, 0, 0, .warning),
        (21, 21, 0, .bad),
    ])
    func `UDP counters`(failed: Int, full: Int, notSent: Int, verdict: Finding.Verdict) {
        let four = Self.snmp(received: 1000, failed: failed, full: full, notSent: notSent)
        #expect(verdicts(.counters, ["/proc/net/snmp": four]) == [verdict])
        let names = [
            "InDatagrams": 1000, "NoPorts": 0, "InErrors": failed, "OutDatagrams": 1000, "RcvbufErrors": full,
            "SndbufErrors": notSent,
        ]
        let six = "Ip6InReceives   5\n" + names.map { "Udp6\($0)  \t\($1)\n" }.joined()
        #expect(verdicts(.counters, ["/proc/net/snmp6": six]) == [.ok, verdict])
    }

    /// A container's network has no settings of the whole machine, and counters of its own.
    @Test func `what a container does not have is for the host, and its counters count`() {
        let settings = ["/proc/sys/net/core/rmem_default", "/proc/sys/net/core/rmem_max"]
        var changes = Dictionary(uniqueKeysWithValues: settings.map { ($0, nil as String?) })
        #expect(KernelCheck.counters.findings(files(changes)).map(\.verdict) == [.ok])
        changes["/proc/net/snmp"] = Self.snmp(received: 1000, failed: 21, full: 21, notSent: 0)
        let lost = KernelCheck.counters.findings(files(changes))
        #expect(lost.map(\.verdict) == [.bad])
        let remedy = "sysctl -w net.core.rmem_max=425984 net.core.rmem_default=425984   # on the host"
        #expect(lost.first?.remedy == remedy)
        let buffers = KernelCheck.buffers.findings(files(changes))
        #expect(buffers.map(\.verdict) == [.warning])
        #expect(buffers.first?.remedy == "sysctl net.core.rmem_default   # on the host: a container may not have it")
    }

    /// A file that the kernel does not have, or in which something else is, is told and ends nothing.
    @Test(
        arguments: sound.keys.sorted(),
        ["", "garbage", "-1", "99999999999999999999999", "9007199254740993 1", "\u{1b}[2J 1"])
    func `files that are missing or say something else`(path: String, text: String) {
        for change in [nil, text] as [String?] {
            let findings = KernelCheck.allFindings(files([path: change]), Demand())
            #expect(findings.count >= 8)
            #expect(!findings.contains { $0.text.contains("\u{1b}") })
            // No reserved ports, no group, no room beyond a number: these say something.
            if text == "garbage" {
                #expect(findings.contains { $0.verdict == .warning && $0.text.contains(path) }, "\(findings)")
            }
        }
    }
}
