// Bytes in, frames out. The decoder reads no socket and keeps no payload: it hands out payload as it comes,
// wherever it lies, so that payload read straight to where it belongs passes through like any other. State:
// at most one header. Any bytes whatever are decoded or refused; after a refusal the stream is over.

import TesseraCommunication

/// Takes a stream of bytes apart into frames.
struct FrameDecoder {
  /// A step of the decoding.
  enum Event {
    /// A frame begins; its payload follows in pieces, then its end.
    case begin(FrameHeader)
    /// The payload's next bytes.
    case payload(UnsafeRawBufferPointer)
    /// The frame is over, and its checksum right.
    case end
  }

  private enum State {
    case header
    case payload
    case checksum
  }

  private let isChecksummed: Bool
  private let longestMessage: Int
  private var state = State.header
  /// The part of a header or a checksum that has come, when it did not come whole.
  private var partial: [UInt8] = []
  private var sequence: UInt64 = 0
  private var checksum = Checksum()
  /// Bytes of payload that are still to come of the frame under way.
  private(set) var payloadLeft = 0

  /// A decoder at the start of a stream.
  init(isChecksummed: Bool, longestMessage: Int) {
    self.isChecksummed = isChecksummed
    self.longestMessage = longestMessage
    partial.reserveCapacity(FrameHeader.size)
  }

  /// Whether the bytes so far end with a whole frame.
  var isBetweenFrames: Bool { state == .header && partial.isEmpty }

  /// Decodes the next step from the front of `input`, and takes its bytes away; nil when more bytes are needed.
  ///
  /// - Throws: `malformed` and `tooLong` for what is not the next frame of a stream.
  mutating func next(_ input: inout UnsafeRawBufferPointer) throws(CommunicationError) -> Event? {
    switch state {
    case .header:
      guard let header = try take(FrameHeader.size, from: &input, FrameHeader.init(decoding:)) else {
        return nil
      }
      try begin(header)
      return .begin(header)
    case .payload where payloadLeft > 0:
      guard !input.isEmpty else { return nil }
      let piece = UnsafeRawBufferPointer(rebasing: input.prefix(payloadLeft))
      input = UnsafeRawBufferPointer(rebasing: input.dropFirst(piece.count))
      payloadLeft -= piece.count
      if isChecksummed { checksum.add(piece) }
      return .payload(piece)
    case .payload where isChecksummed:
      state = .checksum
      return try next(&input)
    case .payload:
      state = .header
      return .end
    case .checksum:
      let sent = try take(FrameHeader.checksumSize, from: &input) { (bytes) throws(CommunicationError) in
        UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
      }
      guard let sent else { return nil }
      guard sent == checksum.value else { throw .malformed(expected: "a payload with the right checksum") }
      state = .header
      return .end
    }
  }

  private mutating func begin(_ header: FrameHeader) throws(CommunicationError) {
    guard header.sequence == sequence else {
      throw .malformed(expected: "frame \(sequence), not frame \(header.sequence)")
    }
    guard header.isChecksummed == isChecksummed else {
      throw .malformed(expected: "a payload \(isChecksummed ? "with" : "without") a checksum")
    }
    let longest = header.longestPayload(longestMessage: longestMessage)
    guard header.length <= longest else {
      throw .tooLong(what: "the payload of a frame", length: header.length, limit: longest)
    }
    sequence &+= 1
    checksum = Checksum()
    payloadLeft = header.length
    state = .payload
  }

  /// Reads `count` bytes, from the input alone if they are all there, from what was put by and the input
  /// otherwise; nil, and the input put by, when they are not all there yet.
  private mutating func take<Field>(
    _ count: Int, from input: inout UnsafeRawBufferPointer,
    _ read: (UnsafeRawBufferPointer) throws(CommunicationError) -> Field
  ) throws(CommunicationError) -> Field? {
    let piece = UnsafeRawBufferPointer(rebasing: input.prefix(count - partial.count))
    input = UnsafeRawBufferPointer(rebasing: input.dropFirst(piece.count))
    if piece.count == count { return try read(piece) }
    partial += piece
    guard partial.count == count else { return nil }
    defer { partial.removeAll(keepingCapacity: true) }
    let field = partial.withUnsafeBytes { bytes in
      Result { () throws(CommunicationError) in try read(bytes) }
    }
    return try field.get()
  }
}
