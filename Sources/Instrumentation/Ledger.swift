// What one worker has sent and received, and how long it has waited: by operation of the driver program and
// by the worker at the other end. It is always kept, so an entry is a lock that nobody contends for and at most
// five additions in a table by worker: no search, no allocation, no clock; about 10 ns. The operation's accounts
// are put together from the table when it ends.
//
// A worker learns which operation a message belongs to by receiving it: what the driver announces comes as a
// message. So what is counted between two operations goes to the next one, but for the waiting, which is
// nobody's: the driver had other things to do.

import Glibc
import Synchronization

/// The running count of one worker's messages.
public final class Ledger: Sendable {
  private struct State {
    /// The first is what happens between operations.
    var operations = [WorkerLedger.Operation(Ledger.idle)]
    var numbers: [String: Int] = [:]
    var current = 0
    /// What belongs to the current operation and has not been added to it yet, by worker.
    var entries: [Account] = []

    /// Adds the entries to the current operation.
    mutating func settle() {
      for peer in entries.indices where entries[peer] != Account() {
        operations[current].update(peer) { $0 = $0 + entries[peer] }
        entries[peer] = Account()
      }
    }
  }

  /// The name under which the time between operations stands.
  public static let idle = WorkerLedger.idle

  /// Every access holds `isLocked`, and no access is within another.
  @exclusivity(unchecked) nonisolated(unsafe) private var state = State()
  private let isLocked = Atomic(false)

  /// An empty ledger.
  public init() {}

  /// Held for some instructions, so whoever finds it taken gives way rather than sleeps: half the cost of a lock
  /// that has to know of sleepers.
  private func withLock<Result>(_ body: (inout State) -> Result) -> Result {
    while isLocked.exchange(true, ordering: .acquiring) { sched_yield() }
    defer { isLocked.store(false, ordering: .releasing) }
    return body(&state)
  }

  private func enter(_ peer: Int, _ change: (inout Account) -> Void) {
    withLock { state in
      if peer >= state.entries.count {
        state.entries += Array(repeating: Account(), count: peer + 1 - state.entries.count)
      }
      change(&state.entries[peer])
    }
  }

  // MARK: operations

  /// Says to which operation belongs what is counted until `end`, and what has been since the last one.
  public func begin(_ operation: String) {
    withLock { state in
      state.settle()
      if let known = state.numbers[operation] {
        state.current = known
      } else {
        state.current = state.operations.count
        state.numbers[operation] = state.current
        state.operations.append(WorkerLedger.Operation(operation))
      }
      state.operations[state.current].add(state.operations[0].takeMessages())
    }
  }

  /// Ends the operation that has begun.
  public func end() {
    withLock {
      $0.settle()
      $0.current = 0
    }
  }

  /// Forgets the messages, not the waiting, since the last operation: they were about the ledger itself.
  public func discard() {
    withLock {
      $0.settle()
      _ = $0.operations[0].takeMessages()
    }
  }

  // MARK: entries

  /// Counts a message to `peer`.
  public func sent(to peer: Int, words: Int, payloadBytes: Int, headerBytes: Int) {
    enter(peer) { $0.sent.count(words: words, payloadBytes: payloadBytes, headerBytes: headerBytes) }
  }

  /// Counts a message from `peer` for which this worker has waited so many nanoseconds.
  public func received(from peer: Int, words: Int, payloadBytes: Int, headerBytes: Int, waited: Int) {
    enter(peer) {
      $0.received.count(words: words, payloadBytes: payloadBytes, headerBytes: headerBytes)
      $0.waiting += waited
    }
  }

  /// Counts nanoseconds of waiting until `peer` had taken a message.
  public func waited(for peer: Int, _ nanoseconds: Int) { enter(peer) { $0.waiting += nanoseconds } }

  /// The counts so far, as those of worker `rank`. O(operations times peers).
  public func entries(of rank: Int) -> WorkerLedger {
    withLock {
      $0.settle()
      return WorkerLedger(rank: rank, operations: $0.operations)
    }
  }
}
