// A communicator with one fault in it, at the n-th operation: the way to walk through every error path of a job,
// one by one. The fault is in the link below: messages are numbered at one end and checked at the other, as
// a transport would, so that one that comes twice is dropped and one that is missing is an error.

import Foundation
import Synchronization
public import TesseraCommunication

/// What goes wrong at an operation.
public enum Fault: Sendable, Hashable, CaseIterable {
  /// The operation throws `closed`, and so does every one after it.
  case fail
  /// The operation takes 2 ms longer.
  case delay
  /// What is sent arrives without its end. For ends that encode.
  case truncate
  /// What is sent arrives twice.
  case duplicate
  /// What is sent never arrives; after 2 ms without it the group is closed, as a time-out would.
  case drop
}

/// Wraps one end of a group, all of whose ends are wrapped.
public final class FaultyCommunicator: Communicator {
  private let base: any Communicator
  private let fault: Fault
  private let number: Int
  private let count = Atomic(0)
  /// The numbers of the next messages.
  private let sent = Mutex([Channel: Int]())
  private let received = Mutex([Channel: Int]())

  private struct Channel: Hashable {
    let peer: Int
    let tag: Tag
  }

  /// Wraps `base`; operations are counted from 0, and nothing happens for a negative number.
  public init(_ base: any Communicator, _ fault: Fault = .fail, at number: Int) {
    self.base = base
    self.fault = fault
    self.number = number
  }

  /// What the failing operations throw.
  public static let failure = CommunicationError.closed(reason: "a fault on purpose")

  /// The number of operations so far.
  public var operations: Int { count.load(ordering: .sequentiallyConsistent) }

  /// The wrapped communicator's rank.
  public var rank: Int { base.rank }
  /// The wrapped communicator's size.
  public var size: Int { base.size }

  /// Sends, with or without a fault.
  public func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError)
  {
    let fault = try step()
    let channel = Channel(peer: destination, tag: tag)
    let number = sent.withLock { numbers in
      numbers[channel, default: 0] += 1
      return numbers[channel, default: 0]
    }
    let message = Numbered(number: number, value: value)
    switch fault {
    case .truncate: try base.send(Truncated(message), to: destination, tag: tag)
    case .duplicate:
      try base.send(message, to: destination, tag: tag)
      try base.send(message, to: destination, tag: tag)
    case .drop:
      Thread.detachNewThread { [base] in
        Thread.sleep(forTimeInterval: 0.002)
        base.close(reason: "a message has not come in time")
      }
    case .fail, .delay, nil: try base.send(message, to: destination, tag: tag)
    }
  }

  /// Receives, or fails.
  public func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Received<Value>
  {
    _ = try step()
    while true {
      let received = try base.receive(Numbered<Value>.self, from: source, tag: tag)
      let channel = Channel(peer: received.source, tag: tag)
      let number = received.value.number
      let expected = self.received.withLock { numbers in
        let expected = numbers[channel, default: 0] + 1
        numbers[channel] = max(number, expected - 1)
        return expected
      }
      guard number <= expected else { throw .malformed(expected: "message \(expected), not \(number)") }
      if number == expected { return Received(received.value.value, from: received.source) }
    }
  }

  /// Closes the wrapped communicator.
  public func close(reason: String) { base.close(reason: reason) }

  private func step() throws(CommunicationError) -> Fault? {
    let current = count.add(1, ordering: .sequentiallyConsistent).oldValue
    guard number >= 0, current >= number else { return nil }
    if fault == .fail { throw Self.failure }
    guard current == number else { return nil }
    if fault == .delay { Thread.sleep(forTimeInterval: 0.002) }
    return fault
  }
}

/// A value with its place among the messages of one sender and tag.
private struct Numbered<Value: WireCodable>: WireCodable {
  let number: Int
  let value: Value

  init(number: Int, value: Value) {
    self.number = number
    self.value = value
  }

  func encode(to writer: inout WireWriter) {
    writer.write(number)
    value.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    number = try reader.readInt()
    value = try Value(from: &reader)
  }
}

/// The beginning of a message, without the last eight bytes or so.
private struct Truncated: WireCodable {
  private var words: [Int] = []

  init(_ value: some WireCodable) {
    let bytes = encoded(value)
    for start in stride(from: 0, to: bytes.count - 8, by: 8) {
      words.append(
        bytes[start..<min(start + 8, bytes.count)].reversed().reduce(0) { $0 << 8 | Int($1) })
    }
  }

  func encode(to writer: inout WireWriter) {
    for word in words { writer.write(word) }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    throw .malformed(expected: "a whole message")
  }
}
