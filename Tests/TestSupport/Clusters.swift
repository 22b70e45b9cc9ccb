// Clusters for tests: any number of workers, their messages handed over or taken through the wire format.

public import TesseraCommunication
public import TesseraExecution
public import TesseraInstrumentation
import TesseraLocalMatrices
import Synchronization

/// The ways of running a program on threads.
public enum Way: Sendable, CaseIterable {
  case messagePassing, messagePassingEncoded, dataflow, dataflowEncoded

  /// The style.
  public var style: ExecutionStyle {
    switch self {
    case .messagePassing, .messagePassingEncoded: .messagePassing
    case .dataflow, .dataflowEncoded: .dataflow
    }
  }

  /// Whether values are taken through the wire format.
  public var encodes: Bool { self == .messagePassingEncoded || self == .dataflowEncoded }
}

/// Runs `program` on `workers` threads in one of the ways.
///
/// - Throws: what `program` throws.
public func withCluster<Result: Sendable>(
  workers: Int, way: Way, registry: TaskRegistry, recorder: Recorder? = nil, memory: Int = .max,
  _ program: (Cluster) async throws -> Result
) async throws -> Result {
  try await withCluster(
    over: InProcessCommunicator.group(size: workers, encodes: way.encodes), style: way.style,
    registry: registry, recorder: recorder, memory: memory, program)
}

/// Runs `program` on `workers` threads. With `encodes` nothing is shared between them but bytes.
///
/// - Throws: what `program` throws.
public func withCluster<Result: Sendable>(
  workers: Int, encodes: Bool = false, style: ExecutionStyle = .messagePassing, registry: TaskRegistry,
  recorder: Recorder? = nil,
  _ program: (Cluster) async throws -> Result
) async throws -> Result {
  try await withCluster(
    over: InProcessCommunicator.group(size: workers, encodes: encodes), style: style, registry: registry,
    recorder: recorder, program)
}

/// Runs `program` with a worker for each of `communicators`.
///
/// - Parameter memory: the bytes of tiles that each may hold in memory.
/// - Throws: what `program` throws.
public func withCluster<Result: Sendable>(
  over communicators: [any Communicator], style: ExecutionStyle = .messagePassing, registry: TaskRegistry,
  recorder: Recorder? = nil, memory: Int = .max,
  _ program: (Cluster) async throws -> Result
) async throws -> Result {
  _ = singleThreadedBLAS
  var configuration = ClusterConfiguration(workers: communicators.count, style: style)
  configuration.memoryPerWorker = memory
  return try await Turns.clusters.take {
    try await Cluster.run(
      configuration, over: communicators, registry: registry, recorder: recorder, program)
  }
}

/// The workers are the parallelism.
private let singleThreadedBLAS: Void = BLASThreads.set(1)

/// Lets so many run at a time. The test runner begins all tests at once, and would have thousands of threads of their
/// clusters share a few processors.
private final class Turns: Sendable {
  static let clusters = Turns(16)

  /// Whether the caller is one of them already: a cluster within a cluster waits for nobody.
  @TaskLocal private static var hasTurn = false

  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  init(_ count: Int) { state = Mutex(State(free: count)) }

  func take<Result>(_ body: () async throws -> Result) async throws -> Result {
    if Self.hasTurn { return try await body() }
    await withCheckedContinuation { turn in
      let isFree = state.withLock { state in
        let isFree = state.free > 0
        if isFree { state.free -= 1 } else { state.waiting.append(turn) }
        return isFree
      }
      if isFree { turn.resume() }
    }
    defer {
      state.withLock { state -> CheckedContinuation<Void, Never>? in
        if state.waiting.isEmpty { state.free += 1 }
        return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
      }?.resume()
    }
    return try await Self.$hasTurn.withValue(true) { try await body() }
  }
}
