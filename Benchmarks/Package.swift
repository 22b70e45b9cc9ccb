// swift-tools-version: 6.2
// Measurements, as a package of its own: what it prints stands beside the limit or the same work by other
// means.

import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// What of the library a program needs.
func tessera(_ product: String = "Tessera") -> Target.Dependency {
  .product(name: product, package: "tessera")
}

/// The program `name`, whose sources are in `folder`.
func program(_ name: String, in folder: String, _ dependencies: Target.Dependency...) -> Target {
  .executableTarget(
    name: name, dependencies: ["BenchSupport", argumentParser] + dependencies, path: "Sources/\(folder)",
    swiftSettings: settings)
}

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
      name: "BenchSupport", dependencies: ["CBLAS", tessera(), argumentParser], path: "Sources/BenchSupport",
      swiftSettings: settings),
    program("bench-limits", in: "BenchLimits", "CLimits", "CReference"),
    program("bench-kernels", in: "BenchKernels", "CBLAS", "CKernels", tessera()),
    program(
      "bench-collectives", in: "BenchCollectives", "CReference", tessera(), tessera("TesseraTransports")),
    program("bench-styles", in: "BenchStyles", tessera("TesseraCommands")),
    program("bench-multiply", in: "BenchMultiply", tessera()),
    program("bench-qr", in: "BenchQR", tessera()),
    program("bench-pca", in: "BenchPCA", tessera()),
    program("bench-solve", in: "BenchSolve", "CBLAS", tessera()),
    program("bench-svd", in: "BenchSVD", tessera()),
    program("bench-conversions", in: "BenchConversions", tessera()),
    program("bench-files", in: "BenchFiles", tessera()),
    program("bench-scaling", in: "BenchScaling", tessera()),
    program("bench-report", in: "BenchReport"),
  ]
)
