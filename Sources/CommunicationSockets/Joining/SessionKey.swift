// The few messages between admission and the first message of the job: length 4, payload, HMAC 32. The proof
// covers the direction and the number of the message, so that none can be left out, repeated or sent back.

import TesseraCommunication

/// The key of one connection, which is never printed.
struct SessionKey: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
  private let bytes: [UInt8]
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var description: String { "(key)" }
  var customMirror: Mirror { Mirror(self, children: []) }

  func proof(_ direction: SealedMessages.Direction, number: Int, _ payload: [UInt8]) -> [UInt8] {
    Cryptography.authenticationCode(key: bytes, Array("\(direction) \(number) ".utf8) + payload)
  }
}

/// Authenticated messages over a link whose handshake is done. Confined to the thread that joins.
struct SealedMessages {
  enum Direction: String {
    case fromAcceptor, fromInitiator
    var other: Direction { self == .fromAcceptor ? .fromInitiator : .fromAcceptor }
  }

  /// The longest payload: a roster of 1024 workers has less.
  static let mostBytes = 256 << 10

  private let stream: BlockingStream
  private let key: SessionKey
  private let direction: Direction
  private var sent = 0
  private var received = 0

  init(_ link: any Link, _ key: SessionKey, sending direction: Direction) {
    stream = BlockingStream(link)
    self.key = key
    self.direction = direction
  }

  /// - Throws: `closed`.
  mutating func send<Value: WireCodable>(_ value: Value, until deadline: ContinuousClock.Instant)
    throws(CommunicationError)
  {
    try stream.write(Self.bytes(of: value, key, direction, number: sent), until: deadline)
    sent += 1
  }

  /// The message that says `value`.
  static func bytes<Value: WireCodable>(
    of value: Value, _ key: SessionKey, _ direction: Direction, number: Int
  ) -> [UInt8] {
    var writer = WireWriter()
    value.encode(to: &writer)
    let payload = writer.contiguous()
    precondition(payload.count <= Self.mostBytes, "a message of the rendezvous has a limit")
    let length = withUnsafeBytes(of: UInt32(payload.count).littleEndian) { Array($0) }
    return length + payload + key.proof(direction, number: number, payload)
  }

  /// - Throws: `closed`, and `malformed` or `tooLong` for what the peer cannot have sent.
  mutating func receive<Value: WireCodable>(_ type: Value.Type, until deadline: ContinuousClock.Instant?)
    throws(CommunicationError) -> Value
  {
    let header = try stream.read(4, until: deadline)
    let length = header.reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.mostBytes else {
      throw .tooLong(what: "a message of the rendezvous", length: length, limit: Self.mostBytes)
    }
    let payload = try stream.read(length, until: deadline)
    let proof = try stream.read(Cryptography.digestBytes, until: deadline)
    guard Cryptography.areEqual(proof, key.proof(direction.other, number: received, payload)) else {
      throw .malformed(expected: "a message of the rendezvous with its proof")
    }
    received += 1
    var reader = WireReader(payload)
    let value = try Value(from: &reader)
    guard reader.remaining == 0 else { throw .malformed(expected: "the end of \(Value.self)") }
    return value
  }
}
