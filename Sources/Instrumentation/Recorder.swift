// Collects events from any number of threads: one buffer and one lock per worker, so that workers do not
// contend. About 100 ns and 100 bytes an event. Code that can be recorded holds a `Recorder?`; without
// one, `measure` is its body alone: no clock is read and no name is built.

import Synchronization

/// A thread-safe, growing list of events.
public final class Recorder: Sendable {
  /// The events of the workers of one residue class.
  private final class Buffer: Sendable {
    let events = Mutex<[Event]>([])
  }

  private let buffers: [Buffer]

  /// A recorder for about `workers` workers. More may record; they then share buffers.
  ///
  /// - Precondition: `workers` is positive.
  public init(workers: Int = 1) {
    precondition(workers > 0, "a recorder for \(workers) workers")
    buffers = (0..<workers).map { _ in Buffer() }
  }

  /// Adds an event. Amortized O(1).
  public func record(_ event: Event) {
    buffers[event.worker % buffers.count].events.withLock { $0.append(event) }
  }

  /// All events so far by start, then worker, then longest first. O(n log n).
  public func events() -> [Event] {
    buffers.flatMap { $0.events.withLock { $0 } }
      .sorted { ($0.start, $0.worker, $1.end) < ($1.start, $1.worker, $0.end) }
  }

  /// Forgets all events so far.
  public func removeAll() {
    for buffer in buffers { buffer.events.withLock { $0.removeAll() } }
  }

  /// Runs `body` and records how long it took, also when it throws; of a task, the flops that were counted too.
  ///
  /// - Throws: what `body` throws.
  public func measure<Result, Failure: Error>(
    _ kind: Event.Kind, _ name: String, worker: Int, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let flops = FlopCount.current
    let start = MonotonicClock.now()
    defer {
      let duration = MonotonicClock.now() - start
      record(
        Event(
          kind, name, worker: worker, start: start, duration: duration,
          flops: kind.isTask ? FlopCount.since(flops) : 0))
    }
    return try body()
  }
}

extension Recorder? {
  /// Runs `body`; with a recorder, records how long it took, also when it throws.
  ///
  /// - Throws: what `body` throws.
  public func measure<Result, Failure: Error>(
    _ kind: @autoclosure () -> Event.Kind, _ name: @autoclosure () -> String, worker: Int,
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let self else { return try body() }
    return try self.measure(kind(), name(), worker: worker, body)
  }
}
