// On which workers a benchmark runs: threads of this process, processes over sockets, or the ranks of an MPI job.

import ArgumentParser
import Tessera

/// Options of every benchmark that runs on a cluster.
public struct ClusterChoice: ParsableArguments {
  @Option(help: "Number of workers, under mpirun as many as there are ranks (default: one per processor).")
  public var workers: Int?

  @Option(help: "message-passing or dataflow.") public var style: String?

  @Option(help: "in-process or sockets; under mpirun mpi by itself.") public var transport: String?

  public init() {}

  /// Whether this process has been started to be a worker of another's, which `Cluster.run` makes it.
  public static var isWorker: Bool { ClusterConfiguration.isStartedWorker() }

  /// The configuration, with other numbers of workers where one is given and there is a choice.
  public func configuration(workers count: Int? = nil) throws -> ClusterConfiguration {
    var settings: [ClusterSetting: String] = [:]
    let isFixed = ClusterConfiguration.launchedRank() != nil
    settings[.workers] = isFixed ? nil : (count ?? workers).map { "\($0)" }
    settings[.style] = style
    settings[.transport] = transport
    return try ClusterConfiguration.fromSettings(settings)
  }

  /// Runs `program` on the workers chosen. A process that is a worker serves instead, and ends.
  public func run<Result: Sendable>(
    workers count: Int? = nil, _ program: (Cluster) async throws -> Result
  ) async throws -> Result {
    try await Cluster.run(try configuration(workers: count), program)
  }
}

extension Cluster {
  /// Such as "2 workers in-process, message-passing".
  public var title: String {
    "\(engine.workerCount) workers \(configuration.transport.rawValue), \(configuration.style.rawValue)"
  }

  /// What `body` moves.
  public func moved(_ body: () async throws -> Void) async throws -> LedgerReport {
    let before = try await ledger()
    try await body()
    return try await ledger() - before
  }
}

extension ClusterChoice {
  /// The numbers of workers to measure with: the one given, that of the MPI job, or one and as many as there are
  /// processors.
  public var counts: [Int] {
    let processors = ClusterConfiguration().workers
    if ClusterConfiguration.launchedRank() != nil { return [1] }
    return workers.map { [$0] } ?? (processors > 1 ? [1, processors] : [1])
  }
}
