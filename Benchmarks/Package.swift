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
  dependencies: [.package(name: "tessera", path: "..")],
  targets: [
    .systemLibrary(name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .executableTarget(
      name: "bench-kernels",
      dependencies: ["CBLAS", .product(name: "Tessera", package: "tessera")],
      path: "Sources/BenchKernels", swiftSettings: settings),
  ]
)
