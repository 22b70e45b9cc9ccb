// What a fault costs each style. A worker is killed at a seeded moment of the run, or slowed down for all of
// it. Message passing ends with an error; its user runs the program again. Dataflow goes on. Where the run is over
// before its fault, it is run again with an earlier one, a few times; a row says how many workers were hit.
//
// Processes are treated as an operator would: SIGKILL, and for the slow ones SIGSTOP and SIGCONT in turn.
// Threads cannot be stopped one by one: in process a worker is lost by its end of the communication, and none
// is slowed.

import Foundation
import Tessera

/// What goes wrong.
enum Fault: Hashable, Sendable, CustomStringConvertible {
  /// So many workers are lost.
  case kill(Int)
  /// So many workers have one in `factor` of their time.
  case slow(Int, factor: Int)

  /// In words.
  var description: String {
    switch self {
    case .kill(let count): "\(count) killed"
    case .slow(let count, let factor): "\(count) slowed \(factor) times"
    }
  }
}

/// What came of a workload with a fault.
struct FaultMeasurement: Sendable {
  let workload: Workload
  let way: RunningWay
  let fault: Fault
  /// The median time of the same run without a fault.
  let faultFree: Double
  /// Seconds from the start until the result, or until the error.
  var seconds = 0.0
  /// What the program was told; nil where it got its result.
  var error: String?
  /// Seconds from the first loss to the error.
  var secondsToError: Double?
  /// Where there was an error: seconds from the start until a second run, on new workers, had the result.
  var secondsWithRerun: Double?
  /// Workers that were there to be hit before the run was over.
  var hits = 0
  var bits: ResultBits?

  /// Seconds from the start until the result.
  var secondsToResult: Double { secondsWithRerun ?? seconds }

  /// Whether the run felt the fault. Message passing ends with the first loss; one that it is not told of came when
  /// all was done.
  var isHit: Bool {
    guard case .kill(let count) = fault else { return hits > 0 }
    return way.style == .messagePassing ? error != nil : hits == count
  }

  /// The fault as it came, in words.
  var inWords: String {
    if case .kill(let count) = fault, 1..<count ~= hits, isHit || way.style == .dataflow {
      return "\(hits) of \(fault)"
    }
    return isHit ? "\(fault)" : "\(fault), too late"
  }
}

extension Comparison {
  /// The ways in which a fault can be brought about.
  func ways(with fault: Fault) -> [RunningWay] {
    ways.filter { way in
      switch (fault, way.transport) {
      case (_, .sockets), (.kill, .inProcess): true
      default: false
      }
    }
  }

  /// Runs every workload with the fault.
  ///
  /// - Throws: what a program throws for another reason than lost workers.
  func measure(
    _ fault: Fault, beside measurements: [Measurement], _ inputs: inout WorkloadInputs,
    progress: () -> Void
  ) async throws -> [FaultMeasurement] {
    var results: [FaultMeasurement] = []
    for workload in workloads {
      for way in ways(with: fault) {
        guard let faultFree = measurements.first(workload, way)?.median.seconds else { continue }
        var result = FaultMeasurement(workload: workload, way: way, fault: fault, faultFree: faultFree)
        for attempt in 0..<Self.attempts where !result.isHit {
          result = FaultMeasurement(workload: workload, way: way, fault: fault, faultFree: faultFree)
          try await run(&result, during: faultFree / Double(1 << attempt), &inputs)
        }
        results.append(result)
        progress()
      }
    }
    return results
  }

  /// How often a run is tried that is over before its fault.
  private static let attempts = 4

  /// - Parameter seconds: from the start until the last fault, at most.
  private func run(_ result: inout FaultMeasurement, during seconds: Double, _ inputs: inout WorkloadInputs)
    async throws
  {
    let (workload, fault, way, seed) = (result.workload, result.fault, result.way, inputs.sizes.seed)
    let (group, configuration) = (InProcessCommunicator.group(size: configuration.workers), configured(way))
    var (made, start) = (inputs, MonotonicClock.now())
    var trouble: Trouble?
    do {
      let program = { (cluster: Cluster) async throws -> ResultBits in
        let prepared = try await made.prepare(workload, on: cluster)
        let victims: [Victim] =
          way.transport == .sockets
          ? StartedWorker.all().map { .process($0.process) } : group.dropFirst().map { .thread($0) }
        start = MonotonicClock.now()
        let begun = Trouble(fault, for: victims, during: seconds, seed: seed)
        trouble = begun
        defer { begun.end() }
        return try await prepared.run().0
      }
      result.bits =
        if way.transport == .inProcess {
          try await Cluster.run(
            configuration, over: group, registry: .standard.adding(.comparison), program)
        } else {
          try await Cluster.run(configuration, tasks: .comparison, program)
        }
      result.seconds = trouble?.seconds(from: start) ?? 0
    } catch let error as ExecutionError {
      let isLoss = if case .communication = error { true } else { false }
      // Another error where nothing was hit is the workload's own; after a hit it is what the fault has cost.
      guard isLoss || (trouble?.hits ?? 0) > 0 else { throw error }
      let end = MonotonicClock.now()
      result.seconds = Double(end - start) / 1e9
      result.error = "\(error)"
      result.secondsToError = trouble?.firstHit.map { Double(end - $0) / 1e9 }
      let again = try await measureOnce(workload, way, &made)
      result.bits = again
      result.secondsWithRerun = Double(MonotonicClock.now() - start) / 1e9
    }
    result.hits = trouble?.hits ?? 0
    inputs = made
  }

  private func measureOnce(_ workload: Workload, _ way: RunningWay, _ inputs: inout WorkloadInputs)
    async throws -> ResultBits
  {
    var made = inputs
    let bits = try await Cluster.run(configured(way), tasks: .comparison) { cluster in
      try await made.prepare(workload, on: cluster).run().0
    }
    inputs = made
    return bits
  }
}

/// A worker to which something may happen.
private enum Victim: Sendable {
  case process(pid_t)
  case thread(InProcessCommunicator)
}

/// Faults on their way: a thread of their own, until told to end.
///
/// `@unchecked Sendable`: what both threads use is guarded by the lock.
private final class Trouble: @unchecked Sendable {
  private let condition = NSCondition()
  private var isOver = false
  private var ended: Int?
  private var hitTimes: [Int] = []
  private let finished = DispatchSemaphore(value: 0)

  init(_ fault: Fault, for victims: [Victim], during seconds: Double, seed: UInt64) {
    var generator = SeededMoments(seed: seed)
    let order = victims.shuffled(using: &generator)
    let body: @Sendable () -> Void
    switch fault {
    case .kill(let count):
      let chosen = Array(order.prefix(count))
      let moments = chosen.map { _ in (0.1 + 0.6 * generator.share()) * seconds }.sorted()
      body = { [self] in
        let start = Date()
        for (victim, moment) in zip(chosen, moments) {
          guard wait(until: start.addingTimeInterval(moment)) else { return }
          note()
          switch victim {
          case .process(let process): kill(process, SIGKILL)
          case .thread(let communicator): communicator.die(reason: "killed by the comparison")
          }
        }
      }
    case .slow(let count, let factor):
      let processes = order.prefix(count).compactMap { victim -> pid_t? in
        if case .process(let process) = victim { process } else { nil }
      }
      body = { [self] in
        // Of each period, one part in `factor` at work.
        let period = 0.02
        for _ in processes { note() }
        var isRunning = true
        while isRunning {
          for process in processes { kill(process, SIGSTOP) }
          isRunning = wait(until: Date(timeIntervalSinceNow: period * (1 - 1 / Double(factor))))
          for process in processes { kill(process, SIGCONT) }
          if isRunning { isRunning = wait(until: Date(timeIntervalSinceNow: period / Double(factor))) }
        }
      }
    }
    let thread = Thread { [self] in
      body()
      finished.signal()
    }
    thread.name = "tessera faults"
    thread.start()
  }

  /// When the first worker was hit.
  var firstHit: Int? { condition.withLock { hitTimes.first } }
  /// How many were hit.
  var hits: Int { condition.withLock { hitTimes.count } }

  /// No more faults; the slow are as fast as before.
  func end() {
    condition.withLock {
      isOver = true
      ended = MonotonicClock.now()
      condition.signal()
    }
    finished.wait()
  }

  /// From `start` until the program had its result.
  func seconds(from start: Int) -> Double {
    Double((condition.withLock { ended } ?? MonotonicClock.now()) - start) / 1e9
  }

  private func note() { condition.withLock { hitTimes.append(MonotonicClock.now()) } }

  /// False when it is over.
  private func wait(until date: Date) -> Bool {
    condition.withLock {
      while !isOver {
        if !condition.wait(until: date) { break }
      }
      return !isOver
    }
  }
}

/// SplitMix64: the same moments for the same seed.
private struct SeededMoments: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// In [0, 1).
  mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }
}
