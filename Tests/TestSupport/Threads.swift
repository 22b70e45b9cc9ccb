// Every rank of a group on a thread of its own.

import Foundation
import Synchronization
public import TesseraCommunication

/// Runs `body` for every communicator at once, each on its own thread, and returns what they return, by rank.
///
/// - Throws: what the lowest rank that throws throws.
public func onThreads<Value: Sendable>(
  _ group: [any Communicator], _ body: @escaping @Sendable (any Communicator) throws -> Value
) throws -> [Value] {
  let results = Results<Value>()
  let done = DispatchSemaphore(value: 0)
  for communicator in group {
    Thread.detachNewThread {
      let result = Result { try body(communicator) }
      results.byRank.withLock { $0[communicator.rank] = result }
      done.signal()
    }
  }
  for _ in group { done.wait() }
  return try results.byRank.withLock { results in
    try results.sorted { $0.key < $1.key }.map { try $0.value.get() }
  }
}

/// Runs all of `bodies`, each on its own thread, and returns when they have ended.
public func atOnce(_ bodies: [@Sendable () -> Void]) {
  let done = DispatchSemaphore(value: 0)
  for body in bodies {
    Thread.detachNewThread {
      body()
      done.signal()
    }
  }
  for _ in bodies { done.wait() }
}

/// What the threads have returned or thrown so far.
private final class Results<Value: Sendable>: Sendable {
  let byRank = Mutex([Int: Result<Value, any Error>]())
}
