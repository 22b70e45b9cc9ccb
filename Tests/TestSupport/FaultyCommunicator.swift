// A communicator whose n-th operation fails, as a broken connection does: the way to walk through every error
// path of a job, one by one.

import Synchronization
public import TesseraCommunication

/// Wraps one end of a group; its `failing`-th send or receive throws `closed`, and every one after it.
public final class FaultyCommunicator: Communicator {
  private let base: any Communicator
  private let failing: Int
  private let count = Atomic(0)

  /// Wraps `base`; operations are counted from 0, and none fails for a negative number.
  public init(_ base: any Communicator, failing: Int) {
    self.base = base
    self.failing = failing
  }

  /// What the failing operations throw.
  public static let failure = CommunicationError.closed(reason: "a fault on purpose")

  /// The number of operations so far.
  public var operations: Int { count.load(ordering: .sequentiallyConsistent) }

  /// The wrapped communicator's rank.
  public var rank: Int { base.rank }
  /// The wrapped communicator's size.
  public var size: Int { base.size }

  /// Sends, or fails.
  public func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError)
  {
    try step()
    try base.send(value, to: destination, tag: tag)
  }

  /// Receives, or fails.
  public func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Received<Value>
  {
    try step()
    return try base.receive(type, from: source, tag: tag)
  }

  /// Closes the wrapped communicator.
  public func close(reason: String) { base.close(reason: reason) }

  private func step() throws(CommunicationError) {
    let number = count.add(1, ordering: .sequentiallyConsistent).oldValue
    if failing >= 0, number >= failing { throw Self.failure }
  }
}
