// Workers that are threads of one process. A value is handed over by reference: copy-on-write buffers make
// that safe and free. Numbers are copied once, from the sender's memory into the receiver's, when their send
// is posted; a send that returns at once copies them on the way. Each worker has one mailbox; a receive waits
// until a message of the wanted sender and tag lies in it.

/// A worker's end of a group of threads.
public final class InProcessCommunicator: Communicator {
  /// This worker's number.
  public let rank: Int
  private let mailboxes: [Mailbox]
  private let encodes: Bool

  private init(rank: Int, mailboxes: [Mailbox], encodes: Bool) {
    self.rank = rank
    self.mailboxes = mailboxes
    self.encodes = encodes
  }

  /// The ends of a group of `size` workers.
  ///
  /// - Parameter encodes: take every value through the wire format instead of handing it over, as a
  ///   transport between processes would; a way to test one.
  public static func group(size: Int, encodes: Bool = false) -> [InProcessCommunicator] {
    precondition(size >= 1)
    let mailboxes = (0..<size).map { _ in Mailbox(others: size - 1) }
    return (0..<size).map {
      InProcessCommunicator(rank: $0, mailboxes: mailboxes, encodes: encodes)
    }
  }

  /// The number of workers.
  public var size: Int { mailboxes.count }

  /// Nanoseconds asleep over an empty mailbox.
  public var waitingTime: Int? { ThreadWaiting.time }

  /// Puts the value into the destination's mailbox. Never blocks.
  public func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError)
  {
    try check(rank: destination)
    try mailboxes[destination].put(encodes ? Encoded(value) : value, from: rank, tag: tag)
  }

  /// Waits for a value from the source; of anyone's values, takes the one that came first.
  public func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Received<Value>
  {
    if case .rank(let rank) = source { try check(rank: rank) }
    let message = try mailboxes[rank].take(from: source, tag: tag)
    return Received(try value(type, of: message), from: message.source)
  }

  /// Closes every mailbox of the group.
  public func close(reason: String) {
    for mailbox in mailboxes { mailbox.close(reason: reason) }
  }

  /// Ends this worker alone, as the death of its process would: its own calls throw `closed`, those of others
  /// that concern it throw `lost`. A way to test recovery.
  public func die(reason: String) {
    mailboxes[rank].end(.lost(rank: rank, reason: reason))
    for (other, mailbox) in mailboxes.enumerated() where other != rank { mailbox.lose(rank, reason: reason) }
  }

  private func value<Value: WireCodable>(_ type: Value.Type, of message: Received<any Sendable>)
    throws(CommunicationError) -> Value
  {
    if let value = message.value as? Value { return value }
    if let encoded = message.value as? Encoded { return try encoded.value(type) }
    if let lent = message.value as? any LentMessage {
      lent.giveBack()
      mailboxes[message.source].wake()
    }
    throw .unexpectedMessage(expected: "\(Value.self)", found: "\(Swift.type(of: message.value))")
  }
}

// MARK: - Numbers

extension InProcessCommunicator {
  /// Numbers up to this length are copied twice rather than waited for.
  private static let copiedBytes = 4096

  /// Lends the numbers to the receiver.
  public func postSend<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
  ) throws(CommunicationError) -> Posted<Void> {
    guard !encodes, numbers.count * MemoryLayout<Element>.stride > Self.copiedBytes else {
      try send(numbers: numbers, to: destination, tag: tag)
      return Posted { () throws(CommunicationError) in }
    }
    try check(rank: destination)
    let lent = LentNumbers(numbers)
    try mailboxes[destination].put(lent, from: rank, tag: tag)
    return Posted { [mailbox = mailboxes[rank]] () throws(CommunicationError) in
      do throws(CommunicationError) {
        try mailbox.wait { lent.isTaken ? () : nil }
      } catch {
        if lent.withdraw() { throw error }
      }
    }
  }

  /// Copies numbers from where they were lent, or from the copy that was sent.
  public func receive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  ) throws(CommunicationError) -> Int {
    if case .rank(let rank) = source { try check(rank: rank) }
    let message = try mailboxes[rank].take(from: source, tag: tag)
    let count: Int
    if let lent = message.value as? LentNumbers<Element> {
      count = lent.count
      guard lent.take(into: buffer) else {
        throw .closed(reason: "worker \(message.source) has given up")
      }
      mailboxes[message.source].wake()
    } else {
      let elements = try value(NumberArray<Element>.self, of: message).elements
      count = elements.count
      if count == buffer.count { elements.withUnsafeBufferPointer { buffer.copy(from: $0) } }
    }
    guard count == buffer.count else { throw .wrongLength(expected: buffer.count, found: count) }
    return message.source
  }
}

/// A value as the bytes of a message.
private struct Encoded: Sendable {
  private let bytes: [UInt8]

  init(_ value: some WireCodable) {
    var writer = WireWriter()
    value.encode(to: &writer)
    bytes = writer.contiguous()
  }

  func value<Value: WireCodable>(_ type: Value.Type) throws(CommunicationError) -> Value {
    var reader = WireReader(bytes)
    let value = try Value(from: &reader)
    guard reader.remaining == 0 else { throw .malformed(expected: "the end of \(Value.self)") }
    return value
  }
}
