// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "letterbox-fuzz",
    dependencies: [.package(name: "letterbox", path: "..")],
    targets: [
        .systemLibrary(name: "CFuzzer"),
        // It links only with -sanitize=fuzzer, which scripts/fuzz asks for, so that all modules are instrumented.
        .executableTarget(
            name: "fuzz",
            dependencies: ["CFuzzer", .product(name: "Checks", package: "letterbox")],
            swiftSettings: [.swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error)]
        ),
    ]
)
