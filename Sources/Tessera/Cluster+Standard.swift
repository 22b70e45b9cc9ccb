// The way into the library: a cluster with all of the library's tasks, and the user's.

extension TaskRegistry {
  /// Every task of the library.
  public static var standard: TaskRegistry { .distributedMatrices }
}

extension Cluster {
  /// Runs `program` on a cluster set up from the environment (`TESSERA_WORKERS` and so on), by default one
  /// worker per processor as threads of this process. The ten-line way in:
  ///
  /// ```swift
  /// try await Cluster.run { cluster in
  ///   let a = try await RowMatrix<Double>.read("A.mtx", on: cluster)
  ///   print(try await a.svd(count: 10).singularValues)
  /// }
  /// ```
  ///
  /// While any cluster runs, OpenBLAS uses one thread per call in this process: workers are the parallelism,
  /// and results must not depend on their number.
  ///
  /// Under `mpirun`, and with the transport `sockets`, the program runs on rank 0 alone. The other processes
  /// serve it inside this call, and end when it has ended: what stands after the call is done by rank 0 only,
  /// what stands before it by all. A driver that starts its workers starts its own program again, with the
  /// same arguments, an empty standard input and no standard output; they join at their first call. With
  /// `TESSERA_CONNECT=HOST:PORT` in its environment, any program that makes this call is a worker.
  ///
  /// - Parameters:
  ///   - configuration: by default read from the environment.
  ///   - tasks: tasks of the user's own.
  ///   - recorder: where the workers record what they do.
  /// - Throws: `ExecutionError.invalidConfiguration`, `threadsNotStarted`, and whatever `program` throws.
  public static func run<Result: Sendable>(
    _ configuration: ClusterConfiguration? = nil, tasks: [TaskRegistry.Entry] = [],
    recorder: Recorder? = nil, _ program: (Cluster) async throws -> Result
  ) async throws -> Result {
    let configuration =
      if let configuration { configuration } else { try ClusterConfiguration.fromEnvironment() }
    try configuration.validate()
    let registry = TaskRegistry.standard.adding(tasks)
    try SingleThreadedBLAS.begin(
      workersHere: configuration.transport == .inProcess ? configuration.workers : 1)
    defer { SingleThreadedBLAS.end() }
    await serveIfStartedAsWorker(registry)
    return switch configuration.transport {
    case .inProcess:
      try await run(
        configuration, over: InProcessCommunicator.group(size: configuration.workers), registry: registry,
        recorder: recorder, membership: .fixed(tell: noteForAPerson), program)
    case .sockets: try await runOverSockets(configuration, registry: registry, recorder: recorder, program)
    case .mpi: try await runUnderMPI(configuration, registry: registry, recorder: recorder, program)
    }
  }
}
