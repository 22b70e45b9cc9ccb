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
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let result: ReadResult
      do throws(LinkError) {
        result = try Self.read(link, into: &bytes, from: filled)
      } catch {
        throw .closed(reason: error.reason)
      }
      switch result {
      case .bytes(let got): filled += got
      case .end: throw .closed(reason: "the peer has hung up")
      case .wouldBlock:
        guard SystemCall.wait(link.descriptor, for: POLLIN, until: deadline) else {
          throw .closed(reason: "the peer did not answer in time")
        }
      }
    }
    return bytes
  }

  private static func read(_ link: any Link, into bytes: inout [UInt8], from start: Int) throws(LinkError)
    -> ReadResult
  {
    try bytes.withUnsafeMutableBufferPointer { (buffer) throws(LinkError) in
      try link.read(into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[start...])))
    }
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

extension Link {
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
