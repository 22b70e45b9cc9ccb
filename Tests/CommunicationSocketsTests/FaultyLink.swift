// A link with one fault in it, at the n-th message that is written to it: what the network, or a kernel,
// would do to a frame. What the communicator writes is put together to whole frames first, so that the same
// message is struck however it was cut; heartbeats and the like pass, and are not counted.

import Glibc
import Synchronization
import TesseraCommunication

@testable import TesseraCommunicationSockets

/// What happens to a frame on its way.
enum FrameFault: CaseIterable, Sendable {
  /// It never arrives; what follows does.
  case drop
  /// Its first half arrives, and nothing after it.
  case cut
  case duplicate
  /// One of its bits is another.
  case flip
}

/// Wraps one end of a link.
final class FaultyLink: Link {
  private let base: any Link
  private let fault: FrameFault
  private let number: Int
  private let state = Mutex(State())

  private struct State {
    /// The beginning of a frame that is not offered whole yet.
    var pending: [UInt8] = []
    var messages = 0
    var isCut = false
  }

  /// Messages are counted from 0, and nothing happens for a negative number.
  init(_ base: any Link, _ fault: FrameFault, at number: Int) {
    self.base = base
    self.fault = fault
    self.number = number
  }

  /// How many messages have been written.
  var messages: Int { state.withLock(\.messages) }

  var descriptor: Int32 { base.descriptor }
  var isChecksummed: Bool { base.isChecksummed }
  var hasBufferedInput: Bool { base.hasBufferedInput }
  var shortReadTakesAll: Bool { base.shortReadTakesAll }
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LinkError) -> ReadResult {
    try base.read(into: buffer)
  }
  func shutdownWriting() { base.shutdownWriting() }
  func close() { base.close() }

  /// Takes everything.
  func write(_ pieces: UnsafeBufferPointer<iovec>) throws(LinkError) -> Int {
    let offered = pieces.flatMap { UnsafeRawBufferPointer(start: $0.iov_base, count: $0.iov_len) }
    let (bytes, isCut) = state.withLock { state in
      state.pending += offered
      return (takeFrames(&state), state.isCut)
    }
    var rest = bytes[...]
    while !rest.isEmpty {
      rest.removeFirst(try base.write(bytes: rest))
      // A test's messages fit into the buffers of a socket: this is short.
      if !rest.isEmpty { _ = SystemCall.wait(descriptor, for: POLLOUT, until: nil) }
    }
    if isCut {
      base.shutdownWriting()
      throw LinkError(reason: "cut on purpose")
    }
    return offered.count
  }

  /// The whole frames that have been offered, as they are to arrive.
  private func takeFrames(_ state: inout State) -> [UInt8] {
    var bytes: [UInt8] = []
    while !state.isCut, state.pending.count >= FrameHeader.size {
      let header = state.pending.withUnsafeBytes {
        try? FrameHeader(decoding: UnsafeRawBufferPointer(rebasing: $0[..<FrameHeader.size]))
      }
      guard let header, header.frameSize <= state.pending.count else { break }
      var frame = Array(state.pending.prefix(header.frameSize))
      state.pending.removeFirst(frame.count)
      if header.kind == .value || header.kind == .numbers {
        if state.messages == number { strike(&frame, &state) }
        state.messages += 1
      }
      bytes += frame
    }
    return bytes
  }

  private func strike(_ frame: inout [UInt8], _ state: inout State) {
    switch fault {
    case .drop: frame = []
    case .cut:
      frame.removeLast(frame.count - frame.count / 2)
      state.isCut = true
    case .duplicate: frame += frame
    case .flip: frame[number * 7919 % frame.count] ^= 1 << UInt8(number % 8)
    }
  }
}
