// The MPI of this build: whether there is one, which, and what its messages cost between two ranks that mpirun
// starts for the purpose (this program again).

import Foundation
import Tessera

#if MPI
  import TesseraCommunicationMPI
#endif

/// What is known of MPI.
struct MPIFacts {
  /// Name and version; nil in a build without.
  var library: String?
  /// The launcher; nil where there is none.
  var launcher: String?
  /// What messages cost; nil where that could not be found out.
  var rates: MessageRates?
  /// Why not.
  var failure: String?
}

enum MPIProbe {
  /// Name and version of the library; nil in a build without.
  static var library: String? {
    #if MPI
      MPIVersion.library
    #else
      nil
    #endif
  }

  /// Looks, starts two ranks, and has them send messages.
  static func facts(path: String = ProcessInfo.processInfo.environment["PATH"] ?? "") -> MPIFacts {
    var facts = MPIFacts(library: library)
    facts.launcher = path.split(separator: ":").map { "\($0)/mpirun" }.first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
    guard facts.library != nil, let launcher = facts.launcher else { return facts }
    guard ClusterConfiguration.launchedRank() == nil else {
      facts.failure = "not measured within an MPI job"
      return facts
    }
    do {
      let output = try SelfRun.output(
        of: launcher,
        ["-n", "2", "--oversubscribe", SelfRun.path, "doctor", "--part", DoctorPart.mpiRank.rawValue],
        adding: ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"])
      facts.rates = try JSONDecoder().decode(MessageRates.self, from: output)
    } catch {
      facts.failure = "\(error)"
    }
    return facts
  }

  /// One of the two ranks: the first returns what was measured.
  @MainActor static func rank() throws -> MessageRates? {
    #if MPI
      let world = try MPICommunicator.start()
      guard world.size == 2 else {
        throw CommunicationError.refused(reason: "two ranks are needed, there are \(world.size)")
      }
      let rates = try MachineProbe.messages(world)
      try world.finish()
      return rates
    #else
      throw CommunicationError.refused(reason: "this build has no MPI")
    #endif
  }
}
