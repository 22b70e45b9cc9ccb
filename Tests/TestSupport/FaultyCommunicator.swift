// A communicator with one fault in it, at the n-th operation or message: the way to walk through every error
// path of a job, one by one. The fault is in the link below: messages are numbered at one end and checked at
// the other, as a transport does, so that one that is missing or comes twice is noticed by whoever takes the
// next.
//
// Everything reaches the threads below by the call that was made here, posted or not, as a value or as
// numbers in the caller's memory. A value travels with its number; numbers have it in a value that goes
// before them.

import Foundation
import Synchronization
public import TesseraCommunication

/// What goes wrong.
public enum Fault: Sendable, Hashable, CaseIterable {
  /// The n-th operation throws `closed`, and so does every one after it. Nobody is told.
  case fail
  /// Before the n-th operation the worker is cut off: its own operations throw `closed`, those of others that concern
  /// it `lost`.
  case die
  /// The n-th operation takes 2 ms longer.
  case delay
  /// The n-th message arrives without its end.
  case truncate
  /// The n-th message arrives twice.
  case duplicate
  /// The n-th message never arrives; after 2 ms without it the group is closed, as a time-out would.
  case drop

  /// Whether it is a message that it happens to, rather than a send or receive.
  public var isOfMessages: Bool {
    switch self {
    case .fail, .die, .delay: false
    case .truncate, .duplicate, .drop: true
    }
  }
}

/// Wraps one end of a group of threads, all of whose ends are wrapped.
public final class FaultyCommunicator: Communicator {
  private let base: InProcessCommunicator
  private let fault: Fault
  private let number: Int
  private let counts = Mutex((operations: 0, messages: 0))
  /// How many messages have gone to and come from others. Messages leave in the order of their numbers because they do
  /// so under this lock; a send below never waits.
  private let sent = Mutex([Channel: Int]())
  private let received = Mutex([Channel: Int]())
  private let struck = Mutex<Int?>(nil)

  private struct Channel: Hashable {
    let peer: Int
    let tag: Tag
  }

  /// Wraps `base`; operations and messages are counted from 0, and nothing happens for a negative number.
  public init(_ base: InProcessCommunicator, _ fault: Fault = .fail, at number: Int) {
    self.base = base
    self.fault = fault
    self.number = number
  }

  /// What the failing operations throw.
  public static let failure = CommunicationError.closed(reason: "a fault on purpose")

  /// How often a fault has had its chance so far.
  public func chances(of fault: Fault) -> Int {
    counts.withLock { fault.isOfMessages ? $0.messages : $0.operations }
  }

  /// To whom the message was that the fault has struck, or the worker itself for another fault; nil where it has not
  /// struck.
  public var victim: Int? { struck.withLock(\.self) }

  /// The wrapped communicator's rank.
  public var rank: Int { base.rank }
  /// The wrapped communicator's size.
  public var size: Int { base.size }

  /// Closes the wrapped communicator.
  public func close(reason: String) { base.close(reason: reason) }

  // MARK: values

  /// Sends, with or without a fault.
  public func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError)
  {
    try deliver(to: destination, tag) { (number, fault) throws(CommunicationError) in
      try self.send(value, number, fault, to: destination, tag)
    }
  }

  /// Posts, with or without a fault.
  public func postSend<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError) -> Posted<Void>
  {
    try deliver(to: destination, tag) { (number, fault) throws(CommunicationError) in
      guard fault == nil else {
        try self.send(value, number, fault, to: destination, tag)
        return Posted { () throws(CommunicationError) in }
      }
      return try self.base.postSend(Numbered(number: number, value: value), to: destination, tag: tag)
    } ?? Posted { () throws(CommunicationError) in }
  }

  /// Receives, or fails.
  public func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Received<Value>
  {
    try begin()
    return try checked(try base.receive(Numbered<Value>.self, from: source, tag: tag), tag)
  }

  /// Posts, or fails.
  public func postReceive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Posted<Received<Value>>
  {
    try begin()
    let posted = try base.postReceive(Numbered<Value>.self, from: source, tag: tag)
    return Posted { () throws(CommunicationError) in try self.checked(try posted.wait(), tag) }
  }

  // MARK: numbers

  /// Sends, with or without a fault.
  public func send<Element: Sendable>(numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag)
    throws(CommunicationError)
  {
    try deliver(to: destination, tag) { (number, fault) throws(CommunicationError) in
      try self.send(numbers: numbers, number, fault, to: destination, tag)
    }
  }

  /// Posts, with or without a fault.
  public func postSend<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
  ) throws(CommunicationError) -> Posted<Void> {
    try deliver(to: destination, tag) { (number, fault) throws(CommunicationError) in
      guard fault == nil else {
        try self.send(numbers: numbers, number, fault, to: destination, tag)
        return Posted { () throws(CommunicationError) in }
      }
      try self.base.send(Numbered(number: number, value: Empty()), to: destination, tag: tag)
      return try self.base.postSend(numbers: numbers, to: destination, tag: tag)
    } ?? Posted { () throws(CommunicationError) in }
  }

  /// Receives, or fails.
  public func receive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  ) throws(CommunicationError) -> Int {
    try begin()
    let announced = try checked(try base.receive(Numbered<Empty>.self, from: source, tag: tag), tag)
    return try base.receive(into: buffer, from: .rank(announced.source), tag: tag)
  }

  /// Posts, or fails. Of anybody's numbers, those are posted that are announced first.
  public func postReceive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  ) throws(CommunicationError) -> Posted<Int> {
    try begin()
    let announcement = try base.postReceive(Numbered<Empty>.self, from: source, tag: tag)
    let posted: Posted<Int>? =
      source == .any ? nil : try base.postReceive(into: buffer, from: source, tag: tag)
    let lent = LentMemory(buffer)
    return Posted { () throws(CommunicationError) in
      do throws(CommunicationError) {
        let sender = try self.checked(try announcement.wait(), tag).source
        if posted == nil { return try self.base.receive(into: lent.buffer, from: .rank(sender), tag: tag) }
      } catch {
        // The numbers are waited for before the memory is the caller's again.
        self.base.close(reason: "\(error)")
        _ = try? posted?.wait()
        throw error
      }
      return try posted?.wait() ?? self.rank
    }
  }

  // MARK: faults

  /// Counts a send or receive, and fails it if its turn has come.
  private func begin() throws(CommunicationError) {
    let current = counts.withLock { counts in
      defer { counts.operations += 1 }
      return counts.operations
    }
    guard number >= 0, !fault.isOfMessages, current >= number else { return }
    struck.withLock { $0 = rank }
    switch fault {
    case .fail: throw Self.failure
    case .die: base.die(reason: "\(Self.failure)")
    default: if current == number { Thread.sleep(forTimeInterval: 0.002) }
    }
  }

  /// Has `body` send the next message, unless it is dropped; with the fault that is to happen to it.
  private func deliver<Result: Sendable>(
    to destination: Int, _ tag: Tag, _ body: (_ number: Int, Fault?) throws(CommunicationError) -> Result
  ) throws(CommunicationError) -> Result? {
    try begin()
    let current = counts.withLock { counts in
      defer { counts.messages += 1 }
      return counts.messages
    }
    let isStruck = fault.isOfMessages && current == number
    if isStruck { struck.withLock { $0 = destination } }
    return try sent.withLock { (numbers) throws(CommunicationError) in
      let channel = Channel(peer: destination, tag: tag)
      numbers[channel, default: 0] += 1
      guard isStruck, fault == .drop else {
        return try body(numbers[channel, default: 0], isStruck ? fault : nil)
      }
      Thread.detachNewThread { [base] in
        Thread.sleep(forTimeInterval: 0.002)
        base.close(reason: "a message has not come in time")
      }
      return nil
    }
  }

  private func send<Value: WireCodable>(
    _ value: Value, _ number: Int, _ fault: Fault?, to destination: Int, _ tag: Tag
  ) throws(CommunicationError) {
    let message = Numbered(number: number, value: value)
    if fault == .truncate { return try base.send(Truncated(message), to: destination, tag: tag) }
    try base.send(message, to: destination, tag: tag)
    if fault == .duplicate { try base.send(message, to: destination, tag: tag) }
  }

  private func send<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, _ number: Int, _ fault: Fault?, to destination: Int, _ tag: Tag
  ) throws(CommunicationError) {
    let arriving = fault == .truncate ? UnsafeBufferPointer(rebasing: numbers.dropLast()) : numbers
    for _ in 0..<(fault == .duplicate ? 2 : 1) {
      try base.send(Numbered(number: number, value: Empty()), to: destination, tag: tag)
      try base.send(numbers: arriving, to: destination, tag: tag)
    }
  }

  /// The message, if it is the sender's next.
  private func checked<Value: WireCodable>(_ message: Received<Numbered<Value>>, _ tag: Tag)
    throws(CommunicationError) -> Received<Value>
  {
    let expected = received.withLock { numbers in
      numbers[Channel(peer: message.source, tag: tag), default: 0] += 1
      return numbers[Channel(peer: message.source, tag: tag), default: 0]
    }
    guard message.value.number == expected else {
      throw .malformed(expected: "message \(expected), not \(message.value.number)")
    }
    return Received(message.value.value, from: message.source)
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
