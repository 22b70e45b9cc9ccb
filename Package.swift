// swift-tools-version: 6.2
// Targets stand in graph order: every arrow points to a target declared above it.

import PackageDescription

/// Language mode 6 comes with the tools version; warnings are errors wherever this is the root package.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A Swift library target `Tessera<folder>` whose sources are in `Sources/<folder>`.
func library(_ folder: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: "Tessera" + folder, dependencies: dependencies, path: "Sources/" + folder,
    swiftSettings: settings)
}

/// The tests of `Tessera<folder>`, in `Tests/<folder>Tests`.
func tests(_ folder: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: "Tessera" + folder + "Tests", dependencies: dependencies + ["TesseraTestSupport"],
    path: "Tests/" + folder + "Tests", resources: resources, swiftSettings: settings)
}

let numerics: Target.Dependency = .product(name: "Numerics", package: "swift-numerics")
let arguments: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "tessera",
  products: [
    .library(name: "Tessera", targets: ["Tessera"]),
    // The message layer by itself, for those who move something else than matrices.
    .library(
      name: "TesseraTransports",
      targets: ["TesseraCommunication", "TesseraCommunicationMPI", "TesseraCommunicationSockets"]),
    .executable(name: "tessera", targets: ["TesseraProgram"]),
    // The subcommands, for a binary that offers some of them (Benchmarks).
    .library(name: "TesseraCommands", targets: ["TesseraCommand"]),
  ],
  traits: [
    .default(enabledTraits: ["MPI"]),
    .trait(name: "MPI", description: "Workers that are the ranks of an MPI job. Links Open MPI."),
    .trait(name: "HDF5", description: "HDF5 files. Links libhdf5."),
    // The name of what is to come; nothing stands behind it yet (Docs/Decisions/0004-traits.md).
    .trait(name: "GPLSolvers", description: "SPQR and UMFPACK, which are under the GPL."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    // MARK: C: module maps and shims, no logic
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CLAPACKE", pkgConfig: "lapacke", providers: [.apt(["liblapacke-dev"])]),
    .systemLibrary(name: "CARPACK", pkgConfig: "arpack", providers: [.apt(["libarpack2-dev"])]),
    .systemLibrary(name: "CSuiteSparse", providers: [.apt(["libsuitesparse-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CMPI", pkgConfig: "mpi", providers: [.apt(["libopenmpi-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .target(name: "CChecksum"),
    .target(name: "CSparseKernels"),
    .target(name: "CReaderEntry"),

    // MARK: ground
    library("Instrumentation", []),
    library("Partitioning", []),
    library(
      "LocalMatrices",
      [
        "TesseraInstrumentation", "COpenBLAS", "CLAPACKE", "CARPACK", "CSuiteSparse", "CSparseKernels",
        numerics,
      ]),
    library(
      "MatrixFiles",
      [
        "TesseraInstrumentation", "TesseraLocalMatrices", "CZlib",
        .target(name: "CHDF5", condition: .when(traits: ["HDF5"])),
        .target(name: "CReaderEntry", condition: .when(traits: ["HDF5"])), numerics,
      ]),

    // MARK: movement
    library("Communication", ["TesseraInstrumentation"]),
    library(
      "CommunicationMPI",
      ["TesseraCommunication", .target(name: "CMPI", condition: .when(traits: ["MPI"]))]),
    library(
      "CommunicationSockets",
      ["TesseraCommunication", "TesseraInstrumentation", "CChecksum", "COpenSSL"]),

    // MARK: runtime
    library(
      "Execution",
      ["TesseraCommunication", "TesseraPartitioning", "TesseraInstrumentation", "CChecksum"]),

    // MARK: matrices
    library(
      "DistributedMatrices",
      ["TesseraExecution", "TesseraLocalMatrices", "TesseraMatrixFiles"]),

    // MARK: methods
    library("Decompositions", ["TesseraDistributedMatrices"]),

    // MARK: top
    library("Plotting", ["TesseraLocalMatrices", "TesseraInstrumentation"]),
    .target(
      name: "Tessera",
      dependencies: [
        "TesseraInstrumentation", "TesseraPartitioning", "TesseraLocalMatrices",
        "TesseraMatrixFiles", "TesseraCommunication", "TesseraExecution",
        "TesseraDistributedMatrices", "TesseraDecompositions", "TesseraPlotting", numerics,
        "TesseraCommunicationSockets",
        .target(name: "TesseraCommunicationMPI", condition: .when(traits: ["MPI"])),
      ],
      swiftSettings: settings),

    .target(
      name: "TesseraCommand",
      dependencies: [
        "Tessera", "TesseraInstrumentation", "TesseraMatrixFiles", "TesseraCommunicationSockets",
        .target(name: "TesseraCommunicationMPI", condition: .when(traits: ["MPI"])), arguments,
      ],
      swiftSettings: settings),

    // MARK: executables
    .executableTarget(
      name: "TesseraProgram", dependencies: ["TesseraCommand", arguments], swiftSettings: settings),

    .executableTarget(
      name: "TenLines", dependencies: ["Tessera"], path: "Examples/TenLines", swiftSettings: settings),
    .executableTarget(
      name: "OwnTask", dependencies: ["Tessera"], path: "Examples/OwnTask", swiftSettings: settings),

    // MARK: tests
    .target(
      name: "TesseraTestSupport",
      dependencies: [
        "TesseraExecution", "TesseraCommunication", "TesseraInstrumentation", "TesseraPartitioning",
        "TesseraLocalMatrices", numerics,
      ],
      path: "Tests/TestSupport", swiftSettings: settings),
    .executableTarget(
      name: "MPIRanks",
      dependencies: [
        "TesseraTestSupport", "TesseraCommunication",
        .target(name: "TesseraCommunicationMPI", condition: .when(traits: ["MPI"])),
      ],
      path: "Tests/MPIRanks", swiftSettings: settings),
    .executableTarget(
      name: "HDF5Mutations", dependencies: ["TesseraMatrixFiles", "TesseraTestSupport", numerics],
      path: "Tests/HDF5Mutations", swiftSettings: settings),
    .executableTarget(
      name: "SameBits", dependencies: ["Tessera", "TesseraTestSupport"], path: "Tests/SameBits",
      swiftSettings: settings),
    .executableTarget(
      name: "FaultJob", dependencies: ["Tessera", "TesseraTestSupport"], path: "Tests/FaultJob",
      swiftSettings: settings),
    tests("Instrumentation", ["TesseraInstrumentation"]),
    tests("Partitioning", ["TesseraPartitioning"]),
    tests("LocalMatrices", ["TesseraLocalMatrices", numerics]),
    tests("MatrixFiles", ["TesseraMatrixFiles", "TesseraLocalMatrices", "HDF5Mutations", numerics]),
    tests("Communication", ["TesseraCommunication", "TesseraInstrumentation"]),
    tests("CommunicationMPI", ["MPIRanks"]),
    tests(
      "CommunicationSockets", ["TesseraCommunicationSockets", "TesseraCommunication", "CChecksum"]),
    tests(
      "Execution",
      ["TesseraExecution", "TesseraCommunication", "TesseraPartitioning", "TesseraInstrumentation"]),
    tests(
      "DistributedMatrices",
      [
        "TesseraDistributedMatrices", "TesseraExecution", "TesseraCommunication", "TesseraPartitioning",
        "TesseraLocalMatrices", numerics,
      ]),
    tests(
      "Decompositions",
      [
        "TesseraDecompositions", "TesseraDistributedMatrices", "TesseraExecution", "TesseraCommunication",
        "TesseraInstrumentation", "TesseraPartitioning", "TesseraLocalMatrices", "TesseraMatrixFiles",
        numerics,
      ]),
    tests("Plotting", ["TesseraPlotting", "TesseraLocalMatrices"]),
    .testTarget(
      name: "TesseraTests", dependencies: ["FaultJob", "TesseraTestSupport"], path: "Tests/TesseraTests",
      swiftSettings: settings),
    tests("Command", ["TesseraProgram", "TesseraCommand", "TenLines", "OwnTask", "SameBits"]),
  ]
)
