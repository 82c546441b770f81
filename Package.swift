// swift-tools-version: 6.2
import PackageDescription

/// The house rules of every target: one language mode, checked memory, no warning left standing.
let rules: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    // Overlapping accesses are looked for at run time in debug builds, and so in all tests; in a release the looking
    // would be a sixth of the instructions of a request.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// The release is linked by Swift's own linker.
///
/// The argument parser brings Foundation's files along, and one of them mentions mktemp(3). Nothing calls it, but the
/// system's linker warns of each mention. Addresses of the libraries' functions are all looked up at the start (-z now), so
/// that their table is read-only from then on.
let linker: [LinkerSetting] = [
    .unsafeFlags(["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "now"], .when(configuration: .release))
]

let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "letterbox",
    products: [
        .executable(name: "letterbox", targets: ["letterbox"]),
        .executable(name: "letterbox-probe", targets: ["letterbox-probe"]),
        // For the package in Fuzz, which feeds the checks with bytes of its own making.
        .library(name: "Checks", targets: ["Checks"]),
        // For the package in Benchmarks, which measures the loops by themselves.
        .library(name: "Kernels", targets: ["Kernels"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // The product, in the order a request meets it.
        .systemLibrary(name: "CLinux"),
        .target(name: "System", dependencies: ["CLinux"], swiftSettings: rules),
        .target(name: "EventLoop", dependencies: ["CLinux", "System", collections], swiftSettings: rules),
        .target(name: "HTTP", dependencies: ["System"], swiftSettings: rules),
        // The tutorial: UDP server, client and what they answer.
        .target(name: "Datagrams", dependencies: ["EventLoop", "System", logging], swiftSettings: rules),
        .target(
            name: "Gateway",
            dependencies: ["Datagrams", "EventLoop", "HTTP", "System", collections, logging],
            resources: [.embedInCode("public")],
            swiftSettings: rules
        ),
        // The laboratory: a network that loses datagrams, and the tutorial's pinger.
        .target(
            name: "Noise", dependencies: ["Datagrams", "EventLoop", "System", heap, logging], swiftSettings: rules),
        .target(name: "Ping", dependencies: ["EventLoop", "System"], swiftSettings: rules),
        // Does the machine bear what the gateway's flags ask for, as far as the kernel tells?
        .target(name: "Doctor", dependencies: ["System"], swiftSettings: rules),
        // What the flags of both programs have in common.
        .target(
            name: "CommandLineSupport",
            dependencies: ["EventLoop", "HTTP", "System", argumentParser, logging],
            swiftSettings: rules
        ),
        .executableTarget(
            name: "letterbox",
            dependencies: [
                "CommandLineSupport", "Datagrams", "Doctor", "EventLoop", "Gateway", "HTTP", "Noise", "Ping", "System",
                argumentParser,
                logging,
            ],
            swiftSettings: rules,
            linkerSettings: linker
        ),

        // The tutorial's two programs, as they read on the module above that knows the system's calls.
        .executableTarget(
            name: "UDPServer", dependencies: ["System"], path: "Examples", exclude: ["UDPClient.swift"],
            sources: ["UDPServer.swift"], swiftSettings: rules),
        .executableTarget(
            name: "UDPClient", dependencies: ["System"], path: "Examples", exclude: ["UDPServer.swift"],
            sources: ["UDPClient.swift"], swiftSettings: rules),

        // The curl-based test client; nothing above depends on it.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "CurlClient", dependencies: ["CCurl"], swiftSettings: rules),
        .executableTarget(
            name: "letterbox-probe",
            dependencies: [
                "CommandLineSupport", "CurlClient", "Datagrams", "EventLoop", "System", argumentParser,
            ],
            swiftSettings: rules,
            linkerSettings: linker
        ),

        // The loops that the package in Benchmarks measures.
        .target(
            name: "Kernels", dependencies: ["Datagrams", "HTTP"], path: "Benchmarks/Sources/Measured",
            swiftSettings: rules),

        .testTarget(name: "SystemTests", dependencies: ["CPrograms", "System"], swiftSettings: rules),
        .testTarget(
            name: "EventLoopTests", dependencies: ["EventLoop", "System", "TestSupport"], swiftSettings: rules),
        // The helpers of several test targets.
        .target(
            name: "TestSupport", dependencies: ["CPrograms", "EventLoop", "System"], path: "Tests/Support",
            swiftSettings: rules),
        // What must hold for all bytes that a stranger may send; the fuzzers and the tests share it.
        .target(name: "Checks", dependencies: ["Gateway", "HTTP"], path: "Tests/Checks", swiftSettings: rules),
        .testTarget(
            name: "HTTPTests",
            dependencies: ["Checks", "HTTP"],
            resources: [.copy("Fixtures")],
            swiftSettings: rules
        ),
        .testTarget(
            name: "DatagramsTests",
            dependencies: ["Datagrams", "EventLoop", "Noise", "Ping", "System", "TestSupport", logging],
            swiftSettings: rules),
        .testTarget(
            name: "GatewayTests",
            dependencies: ["Datagrams", "EventLoop", "Gateway", "HTTP", "System", "TestSupport", logging],
            swiftSettings: rules),
        .testTarget(name: "DoctorTests", dependencies: ["Doctor", "System"], swiftSettings: rules),
        .testTarget(
            name: "CommandLineSupportTests",
            dependencies: ["CommandLineSupport", "EventLoop", "System", "TestSupport", argumentParser, logging],
            swiftSettings: rules),
        .testTarget(
            name: "BrowserTests", dependencies: ["CurlClient", "System", "TestSupport", "letterbox"],
            swiftSettings: rules),
        .testTarget(name: "CurlClientTests", dependencies: ["CurlClient", "TestSupport"], swiftSettings: rules),
        .systemLibrary(name: "CPrograms", path: "Tests/CPrograms"),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "CPrograms", "CurlClient", "Datagrams", "EventLoop", "System", "TestSupport", "UDPClient", "UDPServer",
                "letterbox", "letterbox-probe",
            ],
            swiftSettings: rules
        ),
    ]
)
