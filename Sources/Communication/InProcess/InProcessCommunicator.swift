// Workers that are threads of one process. A value is handed over by reference: copy-on-write buffers make
// that safe and free. Each worker has one mailbox; a receive waits until a message of the wanted sender
// and tag lies in it.

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
    let mailboxes = (0..<size).map { _ in Mailbox() }
    return (0..<size).map {
      InProcessCommunicator(rank: $0, mailboxes: mailboxes, encodes: encodes)
    }
  }

  /// The number of workers.
  public var size: Int { mailboxes.count }

  /// Nanoseconds asleep over an empty mailbox.
  public var waitingTime: Int? { mailboxes[rank].waitingTime }

  /// Puts the value into the destination's mailbox. Never blocks.
  public func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError)
  {
    try check(rank: destination)
    var message: any Sendable = value
    if encodes {
      var writer = WireWriter()
      value.encode(to: &writer)
      message = Encoded(bytes: writer.contiguous())
    }
    try mailboxes[destination].put(message, from: rank, tag: tag)
  }

  /// Waits for a value from the source; of anyone's values, takes the one that came first.
  public func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Received<Value>
  {
    if case .rank(let rank) = source { try check(rank: rank) }
    let received = try mailboxes[rank].take(from: source, tag: tag)
    let message = received.value
    if let encoded = message as? Encoded {
      var reader = WireReader(encoded.bytes)
      let value = try Value(from: &reader)
      guard reader.remaining == 0 else { throw .malformed(expected: "the end of \(Value.self)") }
      return Received(value, from: received.source)
    }
    guard let value = message as? Value else {
      throw .unexpectedMessage(expected: "\(Value.self)", found: "\(Swift.type(of: message))")
    }
    return Received(value, from: received.source)
  }

  /// Closes every mailbox of the group.
  public func close(reason: String) {
    for mailbox in mailboxes { mailbox.close(reason: reason) }
  }
}

private struct Encoded: Sendable {
  let bytes: [UInt8]
}
