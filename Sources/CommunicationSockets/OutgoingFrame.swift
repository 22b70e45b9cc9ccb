// A message on its way out. Its payload stays where the caller has it (arrays by reference, numbers in lent
// memory) and is handed to the kernel from there.

import Glibc
import TesseraCommunication

/// What a frame carries.
enum OutgoingPayload {
  /// A value's segments.
  case segments(WireWriter)
  /// Memory that is lent until the frame is sent.
  case lent(UnsafeRawBufferPointer)
  /// Bytes of the frame's own.
  case owned([UInt8])

  /// Bytes in all.
  var count: Int {
    switch self {
    case .segments(let writer): writer.headerBytes + writer.payloadBytes
    case .lent(let bytes): bytes.count
    case .owned(let bytes): bytes.count
    }
  }

  /// Copies all of it.
  func copy(to target: UnsafeMutableRawBufferPointer) {
    switch self {
    case .segments(let writer): writer.copy(to: target)
    case .lent(let bytes): target.copyMemory(from: bytes)
    case .owned(let bytes): target.copyBytes(from: bytes)
    }
  }
}

/// A frame that did not fit into the kernel at once.
///
/// `@unchecked Sendable`: touched under the communicator's lock only.
final class OutgoingFrame: @unchecked Sendable {
  let kind: FrameKind
  let channel: Channel
  /// Bytes of payload.
  let length: Int
  private var payload: OutgoingPayload
  /// The segment that holds the next byte, and that byte's place in it.
  private var segment = 0
  private var offset = 0
  /// Bytes of payload written, and bytes that the checksum covers: what was lent and not taken is not summed
  /// twice.
  private(set) var written = 0
  private var summed = 0
  private(set) var checksum = Checksum()
  /// Whether every byte is on its way, and the payload may be forgotten.
  private(set) var isSent = false
  private(set) var failure: CommunicationError?

  init(_ kind: FrameKind, channel: Channel, payload: OutgoingPayload) {
    self.kind = kind
    self.channel = channel
    self.payload = payload
    length = payload.count
  }

  /// Whether there is nothing to wait for any more.
  var isFinished: Bool { isSent || failure != nil }

  /// Notes that the payload may be forgotten.
  func complete() {
    isSent = true
    payload = .owned([])
  }

  /// Ends the frame with an error; its payload is not touched any more.
  func fail(_ error: CommunicationError) {
    failure = failure ?? error
    payload = .owned([])
  }

  /// Ends the frame with an error for whoever waits for it, though its bytes are still to be written: it has
  /// begun, and what comes after it must find its place. Lent memory is not touched any more; what is left of
  /// it is copied. Returns false when that would be more than `limit` bytes.
  func abandon(_ error: CommunicationError, limit: Int) -> Bool {
    if case .lent(let memory) = payload {
      guard length - written <= limit else { return false }
      payload = .owned(Array(memory[written...]))
      offset = 0
    }
    failure = failure ?? error
    return true
  }

  /// Copies the whole payload.
  func copy(to target: UnsafeMutableRawBufferPointer) { payload.copy(to: target) }

  /// Lends `first` and then the next bytes of payload, `limit` of them at most, to `body`, which returns how
  /// many of all these bytes it has taken; takes note of those of the payload.
  func withNextPieces(
    limit: Int, first: UnsafeRawBufferPointer?, isSummed: Bool,
    _ body: (UnsafeBufferPointer<iovec>) -> Int
  ) {
    withUnsafeTemporaryAllocation(of: iovec.self, capacity: Self.mostPieces) { vectors in
      var used = 0
      if let first, !first.isEmpty {
        vectors[0] = iovec(
          iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count)
        used = 1
      }
      let before = first?.count ?? 0
      var taken = 0
      lend(segment, offset, bytes: 0, limit: limit, isSummed, vectors, used) { taken = body($0) }
      advance(by: max(0, taken - before))
    }
  }

  private static let mostPieces = 64

  /// Adds one segment's bytes to `vectors` and goes on with the next: every array is lent as long as those
  /// after it.
  private func lend(
    _ index: Int, _ start: Int, bytes: Int, limit: Int, _ isSummed: Bool,
    _ vectors: UnsafeMutableBufferPointer<iovec>, _ used: Int, _ body: (UnsafeBufferPointer<iovec>) -> Void
  ) {
    guard bytes < limit, used < vectors.count else {
      return body(UnsafeBufferPointer(rebasing: vectors[..<used]))
    }
    func add(_ whole: UnsafeRawBufferPointer) {
      let piece = UnsafeRawBufferPointer(rebasing: whole[start...].prefix(limit - bytes))
      if isSummed { sum(piece, at: written + bytes) }
      vectors[used] = iovec(
        iov_base: UnsafeMutableRawPointer(mutating: piece.baseAddress), iov_len: piece.count)
      lend(index + 1, 0, bytes: bytes + piece.count, limit: limit, isSummed, vectors, used + 1, body)
    }
    switch payload {
    case .lent(let memory) where index == 0: add(memory)
    case .owned(let bytes) where index == 0: bytes.withUnsafeBytes(add)
    case .segments(let writer) where index < writer.segments.count:
      switch writer.segments[index] {
      case .header(let bytes): bytes.withUnsafeBytes(add)
      case .payload(let bytes): bytes.withBytes(add)
      }
    default: body(UnsafeBufferPointer(rebasing: vectors[..<used]))
    }
  }

  /// Adds what the checksum does not cover yet of a piece that begins at `position` of the payload.
  private func sum(_ piece: UnsafeRawBufferPointer, at position: Int) {
    let covered = summed - position
    guard covered < piece.count else { return }
    checksum.add(UnsafeRawBufferPointer(rebasing: piece[max(0, covered)...]))
    summed = position + piece.count
  }

  private func advance(by count: Int) {
    written += count
    offset += count
    guard case .segments(let writer) = payload else { return }
    while segment < writer.segments.count {
      let length = writer.segments[segment].count
      guard offset >= length else { return }
      offset -= length
      segment += 1
    }
  }
}

extension WireWriter.Segment {
  /// Bytes.
  fileprivate var count: Int {
    switch self {
    case .header(let bytes): return bytes.count
    case .payload(let bytes):
      var count = 0
      bytes.withBytes { count = $0.count }
      return count
    }
  }
}
