// What is on its way to one peer. Small frames are copied into one buffer, so that many of them leave in one
// system call, and are forgotten at once; a large frame's header follows them there and its payload is
// written from where it lies, in pieces of a megabyte: larger ones leave the cache before the kernel (and the
// checksum) has read them.

import Glibc
import TesseraCommunication

/// The frames for one peer, in order. Touched under the communicator's lock only.
final class OutgoingQueue {
  private let link: any Link
  /// Bytes to be written before the payload of `current`.
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  private var start = 0
  private var end = 0
  /// The large frame whose header is in the buffer or written already.
  private var current: OutgoingFrame?
  /// Frames that have not begun.
  private var waiting = Queue<OutgoingFrame>()
  private var sequence: UInt64 = 0
  /// When the kernel last took bytes.
  private(set) var lastWritten: Int

  /// Payloads up to here are copied.
  private static let smallPayload = 1 << 14
  private static let mostBytesPerWrite = 1 << 20
  /// After so many bytes `flush` returns: others want the lock too.
  private static let mostBytesPerFlush = 1 << 22

  init(_ link: any Link, now: Int) {
    self.link = link
    lastWritten = now
  }

  deinit { buffer.deallocate() }

  /// Whether the kernel has everything.
  var isEmpty: Bool { start == end && current == nil && waiting.isEmpty }

  /// Appends a frame. Returns nil when its payload may be forgotten already. `flush` is to follow.
  func append(_ kind: FrameKind, _ channel: Channel, _ payload: OutgoingPayload) -> OutgoingFrame? {
    let length = payload.count
    if current == nil, waiting.isEmpty, putWhole(kind, channel, length, payload.copy(to:)) {
      return nil
    }
    let frame = OutgoingFrame(kind, channel: channel, payload: payload)
    waiting.append(frame)
    return frame
  }

  /// Writes until the kernel takes no more, everything is written or others should have their turn. Returns
  /// whether the kernel has taken anything.
  ///
  /// - Throws: when the connection is broken.
  func flush(now: Int) throws(LinkError) -> Bool {
    var written = 0
    while true {
      fill()
      // What follows the last payload is short, and its turn has come too.
      guard current != nil ? written < Self.mostBytesPerFlush : start < end else { break }
      let (offered, taken) = try writeOnce()
      written += taken
      if taken < offered { break }
    }
    if written > 0 { lastWritten = now }
    return written > 0
  }

  /// Moves frames that have not begun into the buffer, as many as fit.
  private func fill() {
    while current == nil, let frame = waiting.first {
      if putWhole(frame.kind, frame.channel, frame.length, frame.copy(to:)) {
        frame.complete()
      } else if frame.length > Self.smallPayload, let room = room(for: FrameHeader.size) {
        encodeHeader(frame.kind, frame.channel, frame.length, room)
        current = frame
      } else {
        return
      }
      _ = waiting.popFirst()
    }
  }

  private func writeOnce() throws(LinkError) -> (offered: Int, taken: Int) {
    var (offered, taken) = (0, 0)
    var failure: LinkError?
    func write(_ pieces: UnsafeBufferPointer<iovec>) -> Int {
      for piece in pieces { offered += piece.iov_len }
      do throws(LinkError) { taken = try link.write(pieces) } catch { failure = error }
      return taken
    }
    let buffered = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
    if let current {
      current.withNextPieces(
        limit: Self.mostBytesPerWrite, first: buffered, isSummed: link.isChecksummed, write)
    } else {
      withUnsafePointer(
        to: iovec(iov_base: UnsafeMutableRawPointer(mutating: buffered.baseAddress), iov_len: buffered.count)
      ) { _ = write(UnsafeBufferPointer(start: $0, count: 1)) }
    }
    if let failure { throw failure }
    start += min(taken, buffered.count)
    if start == end { (start, end) = (0, 0) }
    if let frame = current, frame.written == frame.length { finish(frame) }
    return (offered, taken)
  }

  /// The payload is written, and with it the whole buffer: its checksum goes to the front of what follows.
  private func finish(_ frame: OutgoingFrame) {
    if link.isChecksummed, let room = room(for: FrameHeader.checksumSize) {
      room.storeBytes(of: frame.checksum.value.littleEndian, as: UInt32.self)
    }
    frame.complete()
    current = nil
  }

  /// Takes `count` bytes at the end of the buffer; nil when they are not free.
  private func room(for count: Int) -> UnsafeMutableRawBufferPointer? {
    if buffer.count - end < count, start > 0 {
      // The two may overlap, as copyMemory allows.
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
      (start, end) = (0, end - start)
    }
    guard buffer.count - end >= count else { return nil }
    defer { end += count }
    return UnsafeMutableRawBufferPointer(rebasing: buffer[end..<end + count])
  }

  /// Copies a small frame into the buffer, if there is room.
  private func putWhole(
    _ kind: FrameKind, _ channel: Channel, _ length: Int, _ copy: (UnsafeMutableRawBufferPointer) -> Void
  ) -> Bool {
    let trailer = link.isChecksummed ? FrameHeader.checksumSize : 0
    guard length <= Self.smallPayload, let room = room(for: FrameHeader.size + length + trailer) else {
      return false
    }
    encodeHeader(kind, channel, length, room)
    let payload = UnsafeMutableRawBufferPointer(
      rebasing: room[FrameHeader.size..<FrameHeader.size + length])
    copy(payload)
    if link.isChecksummed {
      let checksum = Checksum.of(UnsafeRawBufferPointer(payload))
      room.storeBytes(of: checksum.littleEndian, toByteOffset: FrameHeader.size + length, as: UInt32.self)
    }
    return true
  }

  private func encodeHeader(
    _ kind: FrameKind, _ channel: Channel, _ length: Int, _ target: UnsafeMutableRawBufferPointer
  ) {
    let header = FrameHeader(
      kind: kind, channel: channel, length: length, sequence: sequence, isChecksummed: link.isChecksummed)
    header.encode(to: target)
    sequence &+= 1
  }

  /// Ends every frame with an error; nothing more is written.
  func fail(_ error: CommunicationError) {
    current?.fail(error)
    waiting.forEach { $0.fail(error) }
    waiting.removeAll()
    (current, start, end) = (nil, 0, 0)
  }

  /// Ends every frame with an error, but for the bytes of one that has begun, and puts `kind` behind it.
  /// Returns false when there is no place to put it.
  func close(_ kind: FrameKind, _ payload: [UInt8], _ error: CommunicationError, mostBytesKept: Int) -> Bool {
    waiting.forEach { $0.fail(error) }
    waiting.removeAll()
    guard current?.abandon(error, limit: mostBytesKept) ?? true else { return false }
    _ = append(kind, .none, .owned(payload))
    return true
  }
}
