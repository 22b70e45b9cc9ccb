// What one worker has sent and received, and how long it has waited: by operation of the driver program and
// by the worker at the other end. It is always kept, so an entry is a lock that nobody contends for, a search
// among the few workers that this one talks to, and four additions: no allocation, no clock; about 20 ns.
//
// A worker learns which operation a message belongs to by receiving it: what the driver announces comes as a
// message. So what is counted between two operations goes to the next one, but for the waiting, which is
// nobody's: the driver had other things to do.

import Synchronization

/// The running count of one worker's messages.
public final class Ledger: Sendable {
  private struct State {
    /// The first is what happens between operations.
    var operations = [WorkerLedger.Operation(Ledger.idle)]
    var current = 0
    var numbers: [String: Int] = [:]
  }

  /// The name under which the time between operations stands.
  public static let idle = "between steps"

  private let state = Mutex(State())

  /// An empty ledger.
  public init() {}

  // MARK: operations

  /// Says to which operation belongs what is counted until `end`, and what has been since the last one.
  public func begin(_ operation: String) {
    state.withLock { state in
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
  public func end() { state.withLock { $0.current = 0 } }

  /// Forgets the messages, not the waiting, since the last operation: they were about the ledger itself.
  public func discard() { state.withLock { _ = $0.operations[0].takeMessages() } }

  // MARK: entries

  /// Counts a message to `peer`.
  public func sent(to peer: Int, words: Int, payloadBytes: Int, headerBytes: Int) {
    state.withLock {
      $0.operations[$0.current].update(peer) { account in
        account.sent.count(words: words, payloadBytes: payloadBytes, headerBytes: headerBytes)
      }
    }
  }

  /// Counts a message from `peer` for which this worker has waited so many nanoseconds.
  public func received(from peer: Int, words: Int, payloadBytes: Int, headerBytes: Int, waited: Int) {
    state.withLock {
      $0.operations[$0.current].update(peer) { account in
        account.received.count(words: words, payloadBytes: payloadBytes, headerBytes: headerBytes)
        account.waiting += waited
      }
    }
  }

  /// Counts nanoseconds of waiting until `peer` had taken a message.
  public func waited(for peer: Int, _ nanoseconds: Int) {
    state.withLock { $0.operations[$0.current].update(peer) { $0.waiting += nanoseconds } }
  }

  /// The counts so far, as those of worker `rank`. O(operations times peers).
  public func entries(of rank: Int) -> WorkerLedger {
    WorkerLedger(rank: rank, operations: state.withLock { $0.operations })
  }
}
