// tessera doctor: every complaint has its cause and no other; the examination of this machine has its keys.

import Foundation
import Testing

@testable import TesseraCommand

/// A machine of two processors with which all is well.
private struct Patient {
  var facts = MachineFacts()
  var rates = MachineRates(product: (9e10, 1.8e11), other: nil)
  var mpi = MPIFacts(
    library: "Open MPI v4.1.4", launcher: "/usr/bin/mpirun",
    rates: MessageRates(latency: 1e-6, bandwidth: 1e9))

  init() {
    facts.features = ["avx2", "avx512f"]
    (facts.processors, facts.quota, facts.load) = (2, nil, 0.1)
    (facts.memoryBytes, facts.availableBytes, facts.descriptors) = (16 << 30, 8 << 30, 1024)
    (facts.isRoot, facts.environment, facts.coreType, facts.isOptimized) = (false, [:], "SkylakeX", true)
  }

  /// The complaints after a change.
  static func problems(_ change: (inout Patient) -> Void) -> [String] {
    var patient = Patient()
    change(&patient)
    return Diagnosis.problems(patient.facts, patient.rates, patient.mpi)
  }
}

@Suite struct DoctorTests {
  @Test func ofAHealthyMachineNothingIsSaid() {
    #expect(Patient.problems { _ in } == [])
    // A forced choice that costs nothing is nobody's problem, nor is a limit that is what is there.
    let quiet = Patient.problems {
      $0.facts.environment = ["OPENBLAS_CORETYPE": "SkylakeX", "OMP_NUM_THREADS": "2"]
      $0.rates.other = (.found, 9e10)
      $0.facts.quota = 2
    }
    #expect(quiet == [])
  }

  @Test func everyCauseIsNamedOnce() throws {
    func expect(_ text: String, _ change: (inout Patient) -> Void) {
      let found = Patient.problems(change)
      #expect(found.count == 1 && found.allSatisfy { $0.contains(text) }, "\(text): \(found)")
    }
    expect("OPENBLAS_CORETYPE=Haswell") {
      $0.facts.environment["OPENBLAS_CORETYPE"] = "Haswell"
      $0.rates.other = (.found, 1.5e11)
    }
    expect("with OPENBLAS_CORETYPE=SkylakeX") {
      $0.facts.coreType = "Prescott"
      $0.rates.other = (.forced("SkylakeX"), 1.5e11)
    }
    expect("not optimized") { $0.facts.isOptimized = false }
    expect("control group grants 0.50") { $0.facts.quota = 0.5 }
    expect("OMP_NUM_THREADS=8") { $0.facts.environment["OMP_NUM_THREADS"] = "8" }
    expect("OPENBLAS_NUM_THREADS=3") { $0.facts.environment["OPENBLAS_NUM_THREADS"] = "3" }
    expect("1.10 times") { $0.rates.product.all = 9.9e10 }
    expect("the load is 3.0") { $0.facts.load = 3 }
    expect("of memory are available") { $0.facts.availableBytes = 1 << 30 }
    expect("64 files open") { $0.facts.descriptors = 64 }
    expect("no MPI") { $0.mpi.library = nil }
    expect("mpirun is not on the PATH") { $0.mpi.launcher = nil }
    expect("it broke") { $0.mpi.failure = "it broke" }
    expect("OMPI_ALLOW_RUN_AS_ROOT=1") { $0.facts.isRoot = true }
  }

  @Test func kernelsOfAnotherProcessorAreTriedWhereThereIsReason() {
    func alternative(_ features: Set<String>, _ coreType: String, forced: String? = nil) -> Kernels? {
      var facts = Patient().facts
      (facts.features, facts.coreType) = (features, coreType)
      facts.environment["OPENBLAS_CORETYPE"] = forced
      return Diagnosis.alternative(facts)
    }
    #expect(alternative(["avx2", "avx512f"], "Prescott") == .forced("SkylakeX"))
    #expect(alternative(["avx2", "avx512f"], "Haswell") == .forced("SkylakeX"))
    #expect(alternative(["avx2"], "Nehalem") == .forced("Haswell"))
    #expect(alternative(["avx2"], "Zen") == nil)
    #expect(alternative(["avx2", "avx512f"], "Cooperlake") == nil)
    #expect(alternative([], "Prescott") == nil)
    #expect(alternative(["avx2"], "Haswell", forced: "Haswell") == .found)
  }

  @Test(.timeLimit(.minutes(5))) func anExaminationHasItsKeys() throws {
    let run = try CommandRun(["doctor", "--json"])
    #expect(run.exitCode == 0, "\(run.errors)")
    let found = try run.json()
    for key in ["machine", "blas", "mpi", "threads", "memory", "messages", "problems", "seconds"] {
      #expect(found[key] != nil, "\(key)")
    }
    let blas = try #require(found["blas"] as? [String: Any])
    #expect(try #require(blas["flopsPerSecond"] as? Double) > 0)
    let messages = try #require(found["messages"] as? [[String: Any]])
    let transports = messages.compactMap { $0["transport"] as? String }
    #expect(Array(transports.prefix(3)) == ["in-process", "sockets, unix", "sockets, tcp"])
    for rates in messages {
      #expect(try #require(rates["latencySeconds"] as? Double) > 0)
      #expect(try #require(rates["bytesPerSecond"] as? Double) > 0)
    }
  }
}
