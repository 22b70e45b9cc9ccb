// The 40 bytes that every frame begins with, little-endian:
//
//    0  magic "Tsra"     8  group             32  zero
//    4  kind            16  payload length    36  CRC32C of the 36 bytes before
//    5  flags           24  sequence number
//    6  purpose
//    7  zero
//
// The payload follows, and on a checksummed link four bytes more: the CRC32C of the payload. Sequence numbers
// count the frames of one direction from zero: a frame that is lost, doubled or out of order ends the
// connection.

import TesseraCommunication

/// What a frame is.
enum FrameKind: UInt8, CaseIterable {
  /// A value in the wire format.
  case value = 1
  /// Plain numbers.
  case numbers = 2
  /// A sign of life.
  case heartbeat = 3
  /// The end of communication for the whole group; the payload is the reason.
  case close = 4
  /// The orderly end of the sender's part.
  case goodbye = 5
}

/// The channel that a message belongs to: its tag.
struct Channel: Hashable {
  let purpose: UInt8
  let group: Int

  init(_ tag: Tag) {
    purpose = UInt8(tag.purpose)
    group = tag.group
  }

  init(purpose: UInt8, group: Int) {
    self.purpose = purpose
    self.group = group
  }

  /// That of frames which are no messages.
  static let none = Channel(purpose: 0, group: 0)
}

/// The fields of a frame's header.
struct FrameHeader: Equatable {
  let kind: FrameKind
  let channel: Channel
  /// Bytes of payload.
  let length: Int
  let sequence: UInt64
  /// Whether the payload's checksum follows it.
  let isChecksummed: Bool

  /// Bytes of a header.
  static let size = 40
  /// Bytes of the checksum behind a payload.
  static let checksumSize = 4
  /// The longest reason of a `close`, in bytes.
  static let longestReason = 1024

  private static let magic: UInt32 = 0x6172_7354

  /// Bytes of the whole frame.
  var frameSize: Int { Self.size + length + (isChecksummed ? Self.checksumSize : 0) }

  /// Writes the header to the first `size` bytes of `target`.
  func encode(to target: UnsafeMutableRawBufferPointer) {
    func store<Field: FixedWidthInteger>(_ value: Field, _ offset: Int) {
      target.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Field.self)
    }
    store(Self.magic, 0)
    store(kind.rawValue, 4)
    store(UInt8(isChecksummed ? 1 : 0), 5)
    store(channel.purpose, 6)
    store(UInt8(0), 7)
    store(Int64(channel.group), 8)
    store(Int64(length), 16)
    store(sequence, 24)
    store(UInt32(0), 32)
    store(Checksum.of(UnsafeRawBufferPointer(rebasing: target[..<(Self.size - 4)])), 36)
  }

  /// Reads a header from its `size` bytes.
  ///
  /// - Throws: `malformed` for bytes that no `encode` wrote, or that break the rules of their kind.
  init(decoding bytes: UnsafeRawBufferPointer) throws(CommunicationError) {
    precondition(bytes.count == Self.size)
    func load<Field: FixedWidthInteger>(_ type: Field.Type, _ offset: Int) -> Field {
      Field(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Field.self))
    }
    guard load(UInt32.self, 0) == Self.magic else { throw .malformed(expected: "a frame") }
    let checksum = Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[..<(Self.size - 4)]))
    guard load(UInt32.self, 36) == checksum else {
      throw .malformed(expected: "a frame's header with the right checksum")
    }
    guard let kind = FrameKind(rawValue: load(UInt8.self, 4)) else {
      throw .malformed(expected: "a known kind of frame, not \(load(UInt8.self, 4))")
    }
    let (flags, group, length) = (load(UInt8.self, 5), load(Int64.self, 8), load(Int64.self, 16))
    guard flags <= 1, load(UInt8.self, 7) == 0, load(UInt32.self, 32) == 0 else {
      throw .malformed(expected: "a frame of this version")
    }
    guard group >= 0, let group = Int(exactly: group) else {
      throw .malformed(expected: "a group, not \(group)")
    }
    guard length >= 0, let length = Int(exactly: length) else {
      throw .malformed(expected: "a payload's length, not \(length)")
    }
    self.init(
      kind: kind, channel: Channel(purpose: load(UInt8.self, 6), group: group), length: length,
      sequence: load(UInt64.self, 24), isChecksummed: flags == 1)
  }

  init(kind: FrameKind, channel: Channel, length: Int, sequence: UInt64, isChecksummed: Bool) {
    self.kind = kind
    self.channel = channel
    self.length = length
    self.sequence = sequence
    self.isChecksummed = isChecksummed
  }

  /// The longest payload that a frame of this kind may have.
  func longestPayload(longestMessage: Int) -> Int {
    switch kind {
    case .value, .numbers: longestMessage
    case .heartbeat, .goodbye: 0
    case .close: Self.longestReason
    }
  }
}
