// On which workers a benchmark runs: threads of this process, processes over sockets, or the ranks of an MPI job, where
// it can run as one.

import ArgumentParser
import Foundation
import Tessera

/// Options of every benchmark that runs on a cluster.
public struct ClusterChoice: ParsableArguments {
  @Option(help: "Number of workers, under mpirun as many as there are ranks (default: one per processor).")
  public var workers: Int?

  @Option(help: "message-passing or dataflow.") public var style: String?

  @Option(help: "in-process or sockets; under mpirun mpi by itself.") public var transport: String?

  public init() {}

  public func validate() throws {
    if ClusterConfiguration.launchedRank() == nil {
      guard transport != Transport.mpi.rawValue else {
        throw ValidationError("the transport mpi is that of a job: start this with mpirun -n P")
      }
      guard workers.map({ $0 >= 1 }) ?? true else { throw ValidationError("no workers") }
    } else if workers != nil {
      try refuse("the ranks of the job are the workers: leave out --workers, or mpirun")
    }
  }

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

  /// As many threads of a plain library as there are workers, where there are processors for them.
  public var threadCount: Int { min(engine.workerCount, ProcessInfo.processInfo.activeProcessorCount) }

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

/// Refuses to be one of a job's ranks: for programs that measure one process, and start others themselves.
public func refuseMPIJob() throws {
  if ClusterConfiguration.launchedRank() != nil {
    try refuse("this measures one process: leave out mpirun or srun")
  }
}

/// Refuses the command line; of a job's ranks the first says why.
public func refuse(_ reason: String) throws -> Never {
  guard (ClusterConfiguration.launchedRank() ?? 0) == 0 else { throw ExitCode.success }
  throw ValidationError(reason)
}
