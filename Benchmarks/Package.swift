// swift-tools-version: 6.2
// Measurements, as a package of its own: what it prints stands beside the limit or the same work by other
// means.

import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "tessera-benchmarks",
  dependencies: [
    .package(name: "tessera", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .systemLibrary(name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CMessagePassing", pkgConfig: "mpi", providers: [.apt(["libopenmpi-dev"])]),
    .target(name: "CKernels"),
    .target(name: "CReference", dependencies: ["CMessagePassing"]),
    .target(name: "CLimits", dependencies: ["CMessagePassing"]),
    // What all of them share: timing in turn, rows, tables, the machine, the workers, Python as a peer.
    .target(
      name: "BenchSupport",
      dependencies: [
        "CBLAS", .product(name: "Tessera", package: "tessera"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/BenchSupport", swiftSettings: settings),
    .executableTarget(
      name: "bench-limits",
      dependencies: [
        "BenchSupport", "CBLAS", "CLimits", "CReference",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/BenchLimits", swiftSettings: settings),
    .executableTarget(
      name: "bench-pca",
      dependencies: [
        "BenchSupport", "CBLAS", .product(name: "Tessera", package: "tessera"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/BenchPCA", swiftSettings: settings),
    .executableTarget(
      name: "bench-scaling",
      dependencies: [
        "BenchSupport", .product(name: "Tessera", package: "tessera"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/BenchScaling", swiftSettings: settings),
    .executableTarget(
      name: "bench-report",
      dependencies: [
        "BenchSupport", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/BenchReport", swiftSettings: settings),
    .executableTarget(
      name: "bench-collectives",
      dependencies: [
        "BenchSupport", "CReference", .product(name: "Tessera", package: "tessera"),
        .product(name: "TesseraTransports", package: "tessera"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/BenchCollectives", swiftSettings: settings),
    .executableTarget(
      name: "bench-multiply",
      dependencies: [
        "BenchSupport", "CBLAS", .product(name: "Tessera", package: "tessera"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/BenchMultiply", swiftSettings: settings),
    .executableTarget(
      name: "bench-qr",
      dependencies: [
        "BenchSupport", "CBLAS", .product(name: "Tessera", package: "tessera"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/BenchQR", swiftSettings: settings),
    .executableTarget(
      name: "bench-solve",
      dependencies: [
        "CBLAS", .product(name: "Tessera", package: "tessera"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/BenchSolve", swiftSettings: settings),
    .executableTarget(
      name: "bench-conversions", dependencies: [.product(name: "Tessera", package: "tessera")],
      path: "Sources/BenchConversions", swiftSettings: settings),
    .executableTarget(
      name: "bench-files",
      dependencies: [
        "BenchSupport", .product(name: "Tessera", package: "tessera"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/BenchFiles", swiftSettings: settings),
    .executableTarget(
      name: "bench-kernels",
      dependencies: ["CBLAS", "CKernels", .product(name: "Tessera", package: "tessera")],
      path: "Sources/BenchKernels", swiftSettings: settings),
    .executableTarget(
      name: "bench-svd",
      dependencies: [
        "BenchSupport", .product(name: "Tessera", package: "tessera"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/BenchSVD", swiftSettings: settings),
    .executableTarget(
      name: "bench-styles",
      dependencies: [
        .product(name: "TesseraCommands", package: "tessera"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/BenchStyles", swiftSettings: settings),
  ]
)
