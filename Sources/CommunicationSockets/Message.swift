// One message on its way in, and one receive that waits for it. The bytes of a message go to the memory of
// the receive that has asked for it, or are kept until one does.

import TesseraCommunication

/// A message of which at least the header has come.
final class Message {
  /// Where the payload goes.
  enum Destination {
    /// To memory of its own.
    case kept(ReceivedBytes)
    /// To where the receiver wants it.
    case lent(UnsafeMutableRawBufferPointer)
    /// Nowhere: its receiver has failed.
    case discarded
  }

  let source: Int
  let channel: Channel
  let kind: FrameKind
  let length: Int
  /// The order in which messages of all peers have come.
  let arrival: Int
  private(set) var destination: Destination
  /// Bytes of payload that have come.
  private(set) var received = 0
  /// Whether the last byte has come and the checksum was right.
  private(set) var isComplete = false
  /// Whether a receive has taken the message, or refused it for good.
  private(set) var isAsked = false
  /// The receive that waits for the rest.
  private(set) var receiver: PendingReceive?

  init(source: Int, channel: Channel, kind: FrameKind, length: Int, arrival: Int) {
    self.source = source
    self.channel = channel
    self.kind = kind
    self.length = length
    self.arrival = arrival
    destination = .kept(ReceivedBytes(length: length))
  }

  /// A message to this worker itself, which is there at once.
  init(source: Int, channel: Channel, kind: FrameKind, arrival: Int, bytes: ReceivedBytes) {
    self.source = source
    self.channel = channel
    self.kind = kind
    self.length = bytes.count
    self.arrival = arrival
    destination = .kept(bytes)
    received = bytes.count
    isComplete = true
  }

  /// Where the next bytes of payload may be read to directly, at most `limit` of them; nil when they are of no
  /// use to anybody.
  ///
  /// - Throws: `tooLong` when there is no memory for them.
  func room(limit: Int) throws(CommunicationError) -> UnsafeMutableRawBufferPointer? {
    switch destination {
    case .kept(let bytes): try bytes.room(limit: limit)
    case .lent(let memory): UnsafeMutableRawBufferPointer(rebasing: memory[received...].prefix(limit))
    case .discarded: nil
    }
  }

  /// Takes the next bytes of payload, which may lie in `room` already.
  ///
  /// - Throws: `tooLong` when there is no memory for them.
  func add(_ bytes: UnsafeRawBufferPointer) throws(CommunicationError) {
    switch destination {
    case .kept(let memory): try memory.add(bytes)
    case .lent(let memory):
      let target = UnsafeMutableRawBufferPointer(rebasing: memory[received..<received + bytes.count])
      if bytes.baseAddress != UnsafeRawPointer(target.baseAddress) { target.copyMemory(from: bytes) }
    case .discarded: break
    }
    received += bytes.count
  }

  /// Notes that the message is whole.
  func complete() {
    isComplete = true
    receiver = nil
  }

  /// Notes who waits for the rest; nil for a receiver that does not want it.
  func ask(_ receive: PendingReceive?) {
    isAsked = true
    if !isComplete { receiver = receive }
  }

  /// Moves what has come to `memory`, where the rest goes too.
  func redirect(to memory: UnsafeMutableRawBufferPointer) {
    if case .kept(let bytes) = destination { memory.copyMemory(from: bytes.bytes) }
    destination = .lent(memory)
  }

  /// Forgets the payload, also what is still to come.
  func discard() { destination = .discarded }
}

/// A receive under way.
///
/// `@unchecked Sendable`: touched under the communicator's lock only.
final class PendingReceive: @unchecked Sendable {
  /// What is wanted.
  enum Wanted {
    case value
    /// Numbers, in this memory.
    case numbers(UnsafeMutableRawBufferPointer, stride: Int)
  }

  let source: Source
  let channel: Channel
  let wanted: Wanted
  /// The message that this receive takes.
  private(set) var message: Message?
  private(set) var failure: CommunicationError?

  init(_ wanted: Wanted, from source: Source, channel: Channel) {
    self.wanted = wanted
    self.source = source
    self.channel = channel
  }

  /// Whether there is nothing to wait for any more.
  var isFinished: Bool { failure != nil || message?.isComplete == true }

  /// Whether a message of this peer would do.
  func accepts(_ rank: Int) -> Bool { source == .any || source == .rank(rank) }

  /// Takes a message, or refuses it for good.
  func take(_ message: Message) {
    switch (wanted, message.kind) {
    case (.value, .value):
      accept(message)
    case (.numbers(let memory, _), .numbers) where memory.count == message.length:
      message.redirect(to: memory)
      accept(message)
    case (.numbers(let memory, let stride), .numbers):
      refuse(message, .wrongLength(expected: memory.count / stride, found: message.length / stride))
    case (.value, _):
      refuse(message, .unexpectedMessage(expected: "a value", found: "numbers"))
    case (.numbers, _):
      refuse(message, .unexpectedMessage(expected: "numbers", found: "a value"))
    }
  }

  private func accept(_ message: Message) {
    message.ask(self)
    self.message = message
  }

  private func refuse(_ message: Message, _ error: CommunicationError) {
    message.ask(nil)
    message.discard()
    failure = failure ?? error
  }

  /// Ends the receive with an error. The memory of the numbers is not touched any more.
  func fail(_ error: CommunicationError) {
    message?.discard()
    message = nil
    failure = failure ?? error
  }
}
