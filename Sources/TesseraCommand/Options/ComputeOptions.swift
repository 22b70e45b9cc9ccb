// Options of every command that computes: who runs it, and what is recorded.

import ArgumentParser
import Foundation
import Tessera

struct ComputeOptions: ParsableArguments {
  @OptionGroup var cluster: ClusterOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Number of pieces to cut the matrix into (default: from its shape and nonzeros). Results depend on it in the last \
      bits, but never on the number of workers.
      """, valueName: "n"))
  var partitions: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Seed of everything random.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Scalar to compute in (default: what the file holds).", valueName: "scalar"))
  var scalar: ScalarKind?

  @Flag(help: "Count every word that moves: a table on standard error, the key ledger with --json.")
  var ledger = false

  @Option(
    help: ArgumentHelp("Write a timeline of tasks and messages (Chrome trace format).", valueName: "file"),
    completion: .file())
  var trace: String?

  @Flag(help: "Print where the time went, to standard error.")
  var summary = false

  @Option(
    help: ArgumentHelp(
      "Wait here for the other workers (tessera worker --connect) instead of starting them; port 0 chooses one (or TESSERA_LISTEN).",
      valueName: "host:port"))
  var listen: String?

  @OptionGroup var joining: JoiningOptions

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let partitions, partitions < 1 || partitions > 65_536 {
      throw ValidationError("--partitions is \(partitions), expected 1 to 65536.")
    }
  }

  /// The environment's settings, overridden by the options given.
  func configuration() throws(ExecutionError) -> ClusterConfiguration {
    var settings = cluster.settings.merging(joining.settings) { $1 }
    settings[.listen] = listen
    return try .fromSettings(settings)
  }

  /// Runs `program` on a cluster as the options say; then writes the trace and prints the summary if asked.
  func runCluster<Result: Sendable>(_ program: (Cluster) async throws -> Result) async throws -> Result {
    let configuration = try configuration()
    let recorder = trace != nil || summary ? Recorder(workers: configuration.workers) : nil
    let result = try await Cluster.run(configuration, recorder: recorder, program)
    if let recorder {
      let events = recorder.events()
      if let trace { try ChromeTrace(events).write(toFile: StandardOutput.opened(trace)) }
      if summary { Report.note("\(SummaryTable(events))") }
    }
    return result
  }

  /// What the workers have sent and received so far, if asked for.
  func ledger(of cluster: Cluster) async throws(ExecutionError) -> LedgerReport? {
    ledger ? try await cluster.ledger() : nil
  }

  /// Tells of the matrix that a command has computed and written to `path`, and of what moved, if asked for.
  func reportWritten(
    _ path: String, _ shape: Shape, nonzeros: Int, since start: ContinuousClock.Instant, on cluster: Cluster
  ) async throws {
    let ledger = try await ledger(of: cluster)
    let members: [(String, JSON)] = [
      ("rows", .int(shape.rows)), ("columns", .int(shape.columns)), ("nonzeros", .int(nonzeros)),
    ]
    try Report.written(
      path, "\(shape), \(nonzeros) nonzeros",
      json: output.json ? json(members, seconds: seconds(since: start), ledger) : nil)
    if let ledger { Report.note("\(LedgerTable(ledger))") }
  }

  /// The members of a result that `--json` prints, those that every command has at the end: the seconds, and
  /// the ledger if asked for.
  func json(_ members: [(String, JSON)], seconds: Double, _ ledger: LedgerReport?) -> String {
    let counts = ledger.map { [("ledger", JSON.ledger($0))] } ?? []
    return JSON.object(members + [("seconds", .real(seconds))] + counts).description
  }
}

/// Calls `body` with the metatype of `kind`.
func withScalar<Result>(_ kind: ScalarKind, _ body: (any Scalar.Type) async throws -> Result) async rethrows
  -> Result
{
  switch kind {
  case .float: try await body(Float.self)
  case .double: try await body(Double.self)
  case .complexFloat: try await body(Complex<Float>.self)
  case .complexDouble: try await body(Complex<Double>.self)
  }
}
