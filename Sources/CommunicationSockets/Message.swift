// One message on its way in, and one receive that waits for it. The bytes of a message go to the memory of
// the receive that has asked for it, or are kept until one does.

import TesseraCommunication

/// A message of which at least the header has come.
final class Message {
  let source: Int
  let channel: Channel
  let kind: FrameKind
  let length: Int
  /// The order in which messages of all peers have come.
  let arrival: Int
  /// Bytes that have come before there was a place for them.
  private var kept: ReceivedBytes?
  /// Where the next bytes go, as long as there is room.
  private var place = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  /// Whether nobody wants the bytes: the receiver has failed.
  private var isDiscarded = false
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
  }

  /// A message to this worker itself, which is there at once.
  init(source: Int, channel: Channel, kind: FrameKind, arrival: Int, bytes: ReceivedBytes) {
    self.source = source
    self.channel = channel
    self.kind = kind
    self.length = bytes.count
    self.arrival = arrival
    kept = bytes
    received = bytes.count
    isComplete = true
  }

  /// Where the next bytes of payload may be read to directly, at most `limit` of them; nil when they are of
  /// no use to anybody.
  ///
  /// - Throws: `tooLong` when there is no memory for them.
  func room(limit: Int) throws(CommunicationError) -> UnsafeMutableRawBufferPointer? {
    if isDiscarded { return nil }
    if !place.isEmpty { return UnsafeMutableRawBufferPointer(rebasing: place.prefix(limit)) }
    return try memory().room(limit: limit)
  }

  /// Takes the next bytes of payload, which may lie in `room` already.
  ///
  /// - Throws: `tooLong` when there is no memory for them.
  func add(_ bytes: UnsafeRawBufferPointer) throws(CommunicationError) {
    received += bytes.count
    guard !isDiscarded, !bytes.isEmpty else { return }
    let placed = min(bytes.count, place.count)
    let front = UnsafeRawBufferPointer(rebasing: bytes[..<placed])
    if front.baseAddress != UnsafeRawPointer(place.baseAddress) { place.copyMemory(from: front) }
    place = UnsafeMutableRawBufferPointer(rebasing: place[placed...])
    if placed < bytes.count {
      try memory(before: bytes.count - placed).add(UnsafeRawBufferPointer(rebasing: bytes[placed...]))
    }
  }

  /// The memory of bytes without a place, `new` of which have been counted already.
  private func memory(before new: Int = 0) -> ReceivedBytes {
    let memory = kept ?? ReceivedBytes(length: length - received + new)
    kept = memory
    return memory
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

  /// Gives the next bytes a place: takes of those that have come as many as there are, and puts those that
  /// come as long as there is room.
  func put(into memory: UnsafeMutableRawBufferPointer) {
    let taken = kept?.take(into: memory) ?? 0
    if kept?.bytes.isEmpty == true { kept = nil }
    place = UnsafeMutableRawBufferPointer(rebasing: memory[taken...])
  }

  /// Takes the place back; returns how many bytes it had room for.
  func takePlaceBack() -> Int {
    defer { place = UnsafeMutableRawBufferPointer(start: nil, count: 0) }
    return place.count
  }

  /// How many bytes the place still has room for.
  var placeLeft: Int { place.count }

  /// The bytes of a message that is complete and had no place.
  func bytes() -> ReceivedBytes { kept ?? ReceivedBytes(length: 0) }

  /// Forgets the payload, also what is still to come.
  func discard() {
    isDiscarded = true
    kept = nil
    _ = takePlaceBack()
  }
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
      message.put(into: memory)
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
