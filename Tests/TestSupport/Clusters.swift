// Clusters for tests: any number of workers, their messages handed over or taken through the wire format.

public import TesseraCommunication
public import TesseraExecution
public import TesseraInstrumentation
import TesseraLocalMatrices

/// Runs `program` on `workers` threads. With `encodes` nothing is shared between them but bytes.
///
/// - Throws: what `program` throws.
public func withCluster<Result: Sendable>(
  workers: Int, encodes: Bool = false, registry: TaskRegistry, recorder: Recorder? = nil,
  _ program: (Cluster) async throws -> Result
) async throws -> Result {
  try await withCluster(
    over: InProcessCommunicator.group(size: workers, encodes: encodes), registry: registry,
    recorder: recorder, program)
}

/// Runs `program` with a worker for each of `communicators`.
///
/// - Throws: what `program` throws.
public func withCluster<Result: Sendable>(
  over communicators: [any Communicator], registry: TaskRegistry, recorder: Recorder? = nil,
  _ program: (Cluster) async throws -> Result
) async throws -> Result {
  _ = singleThreadedBLAS
  return try await Cluster.run(
    ClusterConfiguration(workers: communicators.count), over: communicators, registry: registry,
    recorder: recorder, program)
}

/// The workers are the parallelism.
private let singleThreadedBLAS: Void = BLASThreads.set(1)
