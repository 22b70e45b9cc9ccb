// bench-collectives: the message layer, transport by transport, beside the plain calls that do the same, in
// one run. The parts that need other processes start them: this binary again, or mpirun with it. Under mpirun the ranks of
// the job are measured, and nothing else.

import ArgumentParser
import BenchSupport
import Tessera

@main
struct BenchCollectives: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-collectives",
    abstract: "Measure the message layer beside plain calls, in one run.",
    subcommands: [Measure.self, Ranks.self, Peer.self, RawPeer.self, AllReduceRank.self],
    defaultSubcommand: Measure.self)
}

/// What is measured.
enum Part: String, CaseIterable, ExpressibleByArgument {
  case threads, step, ledger, sockets, allReduce = "all-reduce", mpi
}

/// Sizes and patience.
struct Effort: ParsableArguments {
  @Option(help: "Rounds, ours and the reference in turn; medians count.")
  var rounds = 9

  @Option(help: "Seconds for one side of a round.")
  var seconds = 0.02

  @Option(help: "Bytes of a long message.")
  var longBytes = 8 << 20

  @Option(help: "Bytes of the message that bandwidth is measured with.")
  var bandwidthBytes = 64 << 20

  /// The arguments that say the same to another process.
  var arguments: [String] {
    ["--rounds", "\(rounds)", "--seconds", "\(seconds)", "--long-bytes", "\(longBytes)"]
  }

  func validate() throws {
    guard rounds >= 1, seconds > 0, longBytes >= 8, bandwidthBytes > 8 else {
      throw ValidationError("nothing to measure")
    }
  }
}

/// Measures all parts and prints what came of it.
struct Measure: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measure every part, or those named.")

  @OptionGroup var effort: Effort
  @OptionGroup var output: OutputChoice
  @Option(help: "Ranks of the collectives; under mpirun those of the job.") var ranks: [Int] = [2, 4]
  @Argument(help: "What to measure: \(Part.allCases.map(\.rawValue).joined(separator: ", ")).")
  var parts: [Part] = Part.allCases

  func validate() throws {
    guard !ranks.isEmpty, ranks.allSatisfy({ 2...1024 ~= $0 }) else {
      throw ValidationError("collectives are measured with 2 to 1024 ranks")
    }
    if ClusterConfiguration.launchedRank() != nil, !parts.contains(.mpi) {
      try refuse(
        "under mpirun the job's ranks are what can be measured: name the part mpi, or leave out mpirun")
    }
  }

  func run() async throws {
    if ClusterConfiguration.launchedRank() != nil { return try await runAsRank() }
    var report = BenchReport("bench-collectives")
    for part in parts {
      let rows =
        switch part {
        case .threads: try measureThreads(effort)
        case .step: try await measureStep()
        case .ledger: try measureLedger(effort)
        case .sockets: try measureSockets(effort)
        case .allReduce: try measureAllReduce(effort, ranks: ranks)
        case .mpi: try measureMPI(effort, ranks: ranks)
        }
      for row in rows { report.add(row.measurement) }
    }
    if mpirunPath == nil { report.note("There is no mpirun: MPI is not measured.") }
    try report.print(output)
  }

  /// Measures the job of which this process is a rank; the first rank prints what came of it.
  private func runAsRank() async throws {
    guard let rows = try await measureJob(effort) else { return }
    var report = BenchReport("bench-collectives")
    for row in rows { report.add(row.measurement) }
    report.note("Under mpirun the job's ranks are measured, and no other transport.")
    try report.print(output)
  }
}
