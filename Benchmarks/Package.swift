// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "letterbox-benchmarks",
    dependencies: [.package(name: "letterbox", path: "..")],
    targets: [
        // What the same work costs in C.
        .target(name: "CKernels"),
        .executableTarget(
            name: "kernels",
            dependencies: ["CKernels", .product(name: "Kernels", package: "letterbox")],
            swiftSettings: [
                .swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error),
                .unsafeFlags(["-enforce-exclusivity=unchecked"]),
            ]
        ),
    ]
)
