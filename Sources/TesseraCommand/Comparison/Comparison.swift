// The same program in both styles on each transport, in turn, so that a machine whose speed drifts treats all
// alike: round by round, a cluster for each way of running, on it every workload once. What counts are medians.
//
// Words, messages and bytes are the ledger's; they are sent, by all workers together. A worker waits while it
// runs no task: the same definition for both styles, whatever their threads do meanwhile.

import Foundation
import Tessera

/// A way of running a program.
struct RunningWay: Hashable, Sendable {
  let style: ExecutionStyle
  let transport: Transport
}

/// One run of a workload.
struct WorkloadRun: Sendable {
  var seconds: Double
  var steps: Int
  var sent: Traffic
  var bits: ResultBits
  /// Seconds without a task, by worker.
  var waiting: [Double] = []
  /// When it began and ended, in nanoseconds of `MonotonicClock`.
  var time: Range<Int>
}

/// What came of a workload in one way of running.
struct Measurement: Sendable {
  let workload: Workload
  let way: RunningWay
  let runs: [WorkloadRun]

  /// The run of median time, of an even number the faster of the two in the middle; its counts are those shown.
  var median: WorkloadRun { runs.sorted { $0.seconds < $1.seconds }[(runs.count - 1) / 2] }
  /// The seconds that a worker waits, on the average.
  var meanWaiting: Double {
    let waiting = median.waiting
    return waiting.isEmpty ? 0 : waiting.reduce(0, +) / Double(waiting.count)
  }
}

/// What to compare, and how.
struct Comparison: Sendable {
  var workloads: [Workload]
  var ways: [RunningWay]
  /// Workers, transport and style apart.
  var configuration: ClusterConfiguration
  var repeats: Int

  /// The cluster's configuration for one way.
  func configured(_ way: RunningWay) -> ClusterConfiguration {
    var configuration = configuration
    configuration.style = way.style
    configuration.transport = way.transport
    return configuration
  }

  /// Runs everything; `progress` is told after each workload how many have been run.
  ///
  /// - Throws: what a program throws.
  func measure(_ inputs: inout WorkloadInputs, progress: (Int) -> Void) async throws -> [Measurement] {
    var runs: [RunningWay: [Workload: [WorkloadRun]]] = [:]
    var done = 0
    // MPI can be started only once in a process: its rounds are all in one cluster.
    let isMPI = ways.contains { $0.transport == .mpi }
    for round in 0..<(isMPI ? 1 : repeats) {
      // Who comes first changes from round to round.
      for k in ways.indices {
        let way = ways[(k + round) % ways.count]
        for (workload, run) in try await measure(way, rounds: isMPI ? repeats : 1, &inputs, done, progress) {
          runs[way, default: [:]][workload, default: []].append(run)
        }
        done += workloads.count * (isMPI ? repeats : 1)
      }
    }
    return workloads.flatMap { workload in
      ways.compactMap { way in
        runs[way]?[workload].map { Measurement(workload: workload, way: way, runs: $0) }
      }
    }
  }

  private func measure(
    _ way: RunningWay, rounds: Int, _ inputs: inout WorkloadInputs, _ done: Int, _ progress: (Int) -> Void
  ) async throws -> [(Workload, WorkloadRun)] {
    let recorder = Recorder(workers: configuration.workers)
    var (made, workers) = (inputs, 0)
    let runs = try await Cluster.run(configured(way), tasks: .comparison, recorder: recorder) { cluster in
      workers = cluster.engine.workerCount
      var runs: [(Workload, WorkloadRun)] = []
      for _ in 0..<rounds {
        for workload in workloads {
          let prepared = try await made.prepare(workload, on: cluster)
          runs.append((workload, try await Self.run(prepared, on: cluster)))
          progress(done + runs.count)
        }
      }
      return runs
    }
    inputs = made
    // Everything else that is recorded is work, whatever made it necessary.
    let tasks = recorder.events().filter { ![.step, .transfer, .wait].contains($0.kind.category) }
    return runs.map { workload, run in
      var run = run
      run.waiting = Self.waiting(during: run.time, tasks, workers: workers)
      return (workload, run)
    }
  }

  private static func run(_ prepared: PreparedWorkload, on cluster: Cluster) async throws -> WorkloadRun {
    let before = try await cluster.ledger()
    let start = MonotonicClock.now()
    let (bits, steps) = try await prepared.run()
    let end = MonotonicClock.now()
    let sent = (try await cluster.ledger() - before).total.sent
    return WorkloadRun(
      seconds: Double(end - start) / 1e9, steps: steps, sent: sent, bits: bits, time: start..<end)
  }

  /// The seconds in `time` in which each worker runs no task.
  private static func waiting(during time: Range<Int>, _ tasks: [Event], workers: Int) -> [Double] {
    var busy = [Int](repeating: 0, count: workers)
    for task in tasks where task.worker < workers {
      busy[task.worker] += (task.start..<task.end).clamped(to: time).count
    }
    return busy.map { Double(max(0, time.count - $0)) / 1e9 }
  }
}

extension [Measurement] {
  /// The workloads of whose runs some have other bits.
  var differing: [Workload] {
    Dictionary(grouping: self, by: \.workload).filter { _, measurements in
      let bits = measurements.flatMap(\.runs).map(\.bits)
      return bits.contains { $0 != bits[0] }
    }.keys.sorted { $0.rawValue < $1.rawValue }
  }

  /// The measurement of a workload in one way.
  func first(_ workload: Workload, _ way: RunningWay) -> Measurement? {
    first { $0.workload == workload && $0.way == way }
  }

  /// The median time in dataflow over that in message passing; nil where one of them was not measured.
  func ratio(_ workload: Workload, _ transport: Transport) -> Double? {
    guard
      let dataflow = first(workload, RunningWay(style: .dataflow, transport: transport)),
      let messages = first(workload, RunningWay(style: .messagePassing, transport: transport))
    else { return nil }
    return dataflow.median.seconds / messages.median.seconds
  }
}

/// Why a comparison is no good.
struct DifferentBits: Error, CustomStringConvertible {
  let workloads: [Workload]

  /// One line for a person.
  var description: String {
    "the results of \(workloads.map(\.rawValue).joined(separator: ", ")) are not the same bits in all runs; please report this"
  }
}
