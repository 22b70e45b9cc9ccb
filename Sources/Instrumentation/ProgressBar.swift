// One line on the terminal that tells how far a step is, how fast it goes and how long it still takes. It is
// redrawn in place at most ten times a second, first after a tenth of a second, and erased at the end:
// what is printed next starts on a clean line, and a quick step shows nothing at all. No colours, so
// NO_COLOR has nothing to switch off. `advance` takes about 100 ns when nothing is due, and nothing at
// all when the bar is off.

import Synchronization

/// The progress of a step; safe to advance from any thread.
public final class ProgressBar: Sendable {
  /// When a bar is drawn.
  public enum Mode: String, Sendable, CaseIterable {
    /// On a terminal only.
    case auto
    /// Also into a pipe or file.
    case always
    /// Not at all.
    case never
  }

  /// What is counted.
  public enum Unit: String, Sendable, CaseIterable {
    case bytes, entries, rows, tiles, tasks, passes, iterations, steps
  }

  private struct State {
    var done = 0
    var lastDrawn: Int
    var draws = 0
    var isFinished = false
  }

  private static let interval = 100_000_000

  private let label: String
  private let total: Int?
  private let unit: Unit
  private let output: ProgressOutput
  private let now: @Sendable () -> Int
  private let started: Int
  private let isActive: Bool
  private let state: Mutex<State>

  /// A bar that starts now; it appears with the first advance that is due.
  ///
  /// - Parameters:
  ///   - total: how much there is to do; nil when nobody knows.
  ///   - now: a clock in nanoseconds.
  public init(
    label: String, total: Int?, unit: Unit, mode: Mode = .auto,
    output: ProgressOutput = .standardError, now: @escaping @Sendable () -> Int = MonotonicClock.now
  ) {
    self.label = Text.printable(label)
    self.total = total
    self.unit = unit
    self.output = output
    self.now = now
    isActive = mode == .always || mode == .auto && output.isTerminal
    started = isActive ? now() : 0
    state = Mutex(State(lastDrawn: started))
  }

  deinit { finish() }

  /// Says that `done` of the total are done. A smaller number than before changes nothing.
  public func advance(to done: Int) { update { $0 = max($0, done) } }

  /// Says that `count` more are done.
  public func advance(by count: Int = 1) { update { $0 += count } }

  /// Erases the line. Later calls do nothing.
  public func finish() {
    guard isActive else { return }
    state.withLock { state in
      if state.draws > 0, !state.isFinished { output.write("\r\u{1B}[K") }
      state.isFinished = true
    }
  }

  private func update(_ change: (inout Int) -> Void) {
    guard isActive else { return }
    state.withLock { state in
      change(&state.done)
      let time = now()
      guard !state.isFinished, time - state.lastDrawn >= Self.interval else { return }
      let line = ProgressLine(
        label: label, done: state.done, total: total, unit: unit, elapsed: time - started,
        frame: state.draws)
      // One column stays free: a full line would make some terminals wrap.
      output.write("\r" + line.text(columns: output.columns() - 1) + "\u{1B}[K")
      state.lastDrawn = time
      state.draws += 1
    }
  }
}
