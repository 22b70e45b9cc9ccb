// A communicator whose send waits until the receiver has the message, as a socket with full buffers does: what
// runs over it never relies on somebody else's memory.

import Foundation
public import TesseraCommunication

/// Wraps one end of a group of threads that hand values over, all of whose ends are wrapped.
public struct SynchronousCommunicator: Communicator {
  private let base: InProcessCommunicator

  /// Wraps `base`.
  public init(_ base: InProcessCommunicator) { self.base = base }

  /// The wrapped communicator's rank.
  public var rank: Int { base.rank }
  /// The wrapped communicator's size.
  public var size: Int { base.size }

  /// Returns when the value has been received.
  ///
  /// - Throws: `closed` when it is not within ten seconds: everybody waits for everybody.
  public func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError)
  {
    try postSend(value, to: destination, tag: tag).wait()
  }

  /// Returns at once; waiting waits for the receiver.
  public func postSend<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError) -> Posted<Void>
  {
    let message = Acknowledged(value)
    try base.send(message, to: destination, tag: tag)
    return Posted { [base] () throws(CommunicationError) in
      guard message.isReceived.wait(timeout: .now() + 10) == .success else {
        base.close(reason: "a message was not received within ten seconds")
        throw .closed(reason: "a message was not received within ten seconds")
      }
    }
  }

  /// Receives and tells the sender.
  public func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Received<Value>
  {
    let received = try base.receive(Acknowledged<Value>.self, from: source, tag: tag)
    received.value.isReceived.signal()
    return Received(received.value.value, from: received.source)
  }

  /// Closes the wrapped communicator.
  public func close(reason: String) { base.close(reason: reason) }
}

/// A value whose sender waits. It never leaves the process.
private struct Acknowledged<Value: WireCodable>: WireCodable {
  let value: Value
  let isReceived = DispatchSemaphore(value: 0)

  init(_ value: Value) { self.value = value }

  func encode(to writer: inout WireWriter) { value.encode(to: &writer) }

  init(from reader: inout WireReader) throws(CommunicationError) {
    throw .malformed(expected: "a value that is handed over")
  }
}
