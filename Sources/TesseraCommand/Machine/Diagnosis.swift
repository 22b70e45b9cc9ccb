// What is misconfigured, from facts and measured rates: a pure function, so that every complaint can be tested.

import Tessera

/// What was measured.
struct MachineRates {
  /// Floating-point operations a second of a dense product, on one thread and on as many as processors.
  var product: (one: Double, all: Double)
  /// The former with other kernels, where there is reason to try some.
  var other: (kernels: Kernels, product: Double)?
}

/// Who chooses the kernels of dense products.
enum Kernels: Equatable {
  /// OpenBLAS, by the processor that it finds.
  case found
  /// The environment's `OPENBLAS_CORETYPE`.
  case forced(String)
}

enum Diagnosis {
  /// Processors without AVX2, as OpenBLAS names them.
  private static let old: Set<String> = [
    "Generic", "Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Sandybridge", "Atom", "Athlon",
    "Opteron",
    "Opteron_SSE3", "Barcelona", "Nano", "Bobcat", "Bulldozer", "Piledriver", "Steamroller",
  ]
  /// Those with AVX2 and without AVX-512.
  private static let middle: Set<String> = ["Haswell", "Zen", "Excavator"]

  /// Sentences for a person; none when all is well.
  static func problems(_ facts: MachineFacts, _ rates: MachineRates, _ mpi: MPIFacts) -> [String] {
    var found: [String] = []
    if !facts.isOptimized {
      found.append("this build is not optimized; build with -c release")
    }
    kernels(facts, rates, &found)
    threads(facts, rates, &found)
    if facts.load > 0.5 * Double(facts.processors) {
      found.append(
        "the load is \(Text.fixed(facts.load, 1)) on \(facts.processors) processors: others compute, and what is "
          + "measured is too low")
    }
    if let available = facts.availableBytes, available < facts.memoryBytes / 10 {
      found.append("\(Text.bytes(available)) of \(Text.bytes(facts.memoryBytes)) of memory are available")
    }
    if facts.descriptors > 0, facts.descriptors < 256 {
      found.append(
        "a process may have \(facts.descriptors) files open (ulimit -n): a worker has one for each other worker"
      )
    }
    launcher(facts, mpi, &found)
    return found
  }

  /// Other kernels than those in use that may be faster: an OpenBLAS that is older than the processor does not
  /// know it and takes kernels of 2004.
  static func alternative(_ facts: MachineFacts) -> Kernels? {
    if facts.environment["OPENBLAS_CORETYPE"] != nil { return .found }
    if facts.features.contains("avx512f"), old.union(middle).contains(facts.coreType) {
      return .forced("SkylakeX")
    }
    if facts.features.contains("avx2"), old.contains(facts.coreType) { return .forced("Haswell") }
    return nil
  }

  private static func kernels(_ facts: MachineFacts, _ rates: MachineRates, _ found: inout [String]) {
    guard let other = rates.other, other.product > 1.05 * rates.product.one else { return }
    let (here, there) = (Text.fixed(rates.product.one / 1e9, 1), Text.fixed(other.product / 1e9, 1))
    let forced = facts.environment["OPENBLAS_CORETYPE"].map { "OPENBLAS_CORETYPE=\(Text.printable($0))" }
    switch other.kernels {
    case .found:
      found.append(
        "\(forced ?? "the environment") chooses the kernels of dense products: \(here) GFLOP/s on a thread, \(there) "
          + "without it; unset it")
    case .forced(let name):
      found.append(
        "OpenBLAS does not know this processor and has chosen kernels for \(facts.coreType): \(here) GFLOP/s on a "
          + "thread, \(there) with OPENBLAS_CORETYPE=\(name); set it, or take a newer OpenBLAS")
    }
  }

  private static func threads(_ facts: MachineFacts, _ rates: MachineRates, _ found: inout [String]) {
    if let quota = facts.quota, quota < Double(facts.processors) - 0.01 {
      found.append(
        "a control group grants \(Text.fixed(quota, 2)) of \(facts.processors) processors: more workers than that "
          + "wait for each other (--workers)")
    }
    for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"] {
      if let count = facts.environment[name].flatMap({ Int($0) }), count > facts.processors {
        found.append("\(name)=\(count) is more than the \(facts.processors) processors")
      }
    }
    if facts.processors > 1, rates.product.all < 1.2 * rates.product.one {
      found.append(
        "\(facts.processors) threads multiply at \(Text.fixed(rates.product.all / rates.product.one, 2)) times the "
          + "rate of one: they share a core, or others compute")
    }
  }

  private static func launcher(_ facts: MachineFacts, _ mpi: MPIFacts, _ found: inout [String]) {
    guard let library = mpi.library else {
      return found.append("this build has no MPI: it was made without the package trait MPI")
    }
    guard mpi.launcher != nil else {
      return found.append("\(library) is linked, and mpirun is not on the PATH")
    }
    if let failure = mpi.failure { found.append("MPI messages: \(failure)") }
    let allowed = ["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"]
    if facts.isRoot, library.hasPrefix("Open MPI"), !allowed.allSatisfy({ facts.environment[$0] == "1" }) {
      found.append(
        "mpirun refuses to run for root without \(allowed.map { "\($0)=1" }.joined(separator: " and "))")
    }
  }
}
