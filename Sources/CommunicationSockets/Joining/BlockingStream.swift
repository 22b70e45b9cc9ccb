// Reads and writes on a link that wait, up to a deadline: for the calling side of a handshake, which has one
// connection and nothing else to do.

import Glibc
import TesseraCommunication

/// A link that waits.
struct BlockingStream {
  let link: any Link
  init(_ link: any Link) { self.link = link }

  /// Exactly `count` bytes.
  ///
  /// - Throws: `closed` when the stream ends or the deadline comes first.
  func read(_ count: Int, until deadline: ContinuousClock.Instant?) throws(CommunicationError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let piece: ReadPiece
      do throws(LinkError) {
        piece = try link.read(atMost: count - bytes.count)
      } catch {
        throw .closed(reason: error.reason)
      }
      switch piece {
      case .bytes(let more): bytes += more
      case .end: throw .closed(reason: "the peer has hung up")
      case .wouldBlock:
        guard SystemCall.wait(link.descriptor, for: POLLIN, until: deadline) else {
          throw .closed(reason: "the peer did not answer in time")
        }
      }
    }
    return bytes
  }

  /// All of `bytes`.
  ///
  /// - Throws: `closed`.
  func write(_ bytes: [UInt8], until deadline: ContinuousClock.Instant?) throws(CommunicationError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      do throws(LinkError) {
        rest.removeFirst(try link.write(bytes: rest))
      } catch {
        throw .closed(reason: error.reason)
      }
      guard rest.isEmpty || SystemCall.wait(link.descriptor, for: POLLOUT, until: deadline) else {
        throw .closed(reason: "the peer did not answer in time")
      }
    }
  }
}

/// What came of a read.
enum ReadPiece {
  case bytes([UInt8])
  case wouldBlock
  case end
}

extension Link {
  /// Reads what is there, at most `count` bytes.
  func read(atMost count: Int) throws(LinkError) -> ReadPiece {
    var result = ReadResult.end
    let bytes = try [UInt8](capacity: count) { (buffer) throws(LinkError) in
      result = try read(into: buffer)
      if case .bytes(let count) = result { return count } else { return 0 }
    }
    return switch result {
    case .bytes: .bytes(bytes)
    case .wouldBlock: .wouldBlock
    case .end: .end
    }
  }

  /// Writes as much of `bytes` as is taken at once.
  func write(bytes: ArraySlice<UInt8>) throws(LinkError) -> Int {
    guard !bytes.isEmpty else { return 0 }
    return try bytes.withUnsafeBufferPointer { (buffer) throws(LinkError) in
      // The kernel reads what an iovec names and does not write to it.
      var piece = iovec(
        iov_base: UnsafeMutableRawPointer(mutating: buffer.baseAddress), iov_len: buffer.count)
      return try withUnsafePointer(to: &piece) { (pointer) throws(LinkError) in
        try write(UnsafeBufferPointer(start: pointer, count: 1))
      }
    }
  }
}

extension [UInt8] {
  /// Up to `capacity` bytes, of which `fill` tells how many it has written.
  init(capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(LinkError) -> Int) throws(LinkError) {
    var bytes = [UInt8](repeating: 0, count: capacity)
    let count = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(LinkError) in
      try fill(UnsafeMutableRawBufferPointer(buffer))
    }
    bytes.removeLast(capacity - count)
    self = bytes
  }
}
