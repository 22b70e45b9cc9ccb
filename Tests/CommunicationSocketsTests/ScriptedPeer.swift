// A peer that a test plays with a raw socket, and the bytes it says.

import Foundation
import Glibc
import TesseraCommunication

@testable import TesseraCommunicationSockets

/// Heartbeats fast enough for a test.
func quickLimits(silence: Duration = .milliseconds(300)) -> SocketLimits {
  var limits = SocketLimits()
  limits.heartbeatInterval = .milliseconds(50)
  limits.silenceLimit = silence
  limits.lingerLimit = .milliseconds(300)
  return limits
}

/// The bytes of one frame, with the checksum of its payload when asked for.
func frameBytes(
  _ kind: FrameKind, _ payload: [UInt8] = [], sequence: UInt64 = 0, length: Int? = nil,
  isChecksummed: Bool = false
) -> [UInt8] {
  let header = FrameHeader(
    kind: kind, channel: Channel(.tiles), length: length ?? payload.count, sequence: sequence,
    isChecksummed: isChecksummed)
  var bytes = [UInt8](repeating: 0, count: FrameHeader.size)
  bytes.withUnsafeMutableBytes { header.encode(to: $0) }
  bytes += payload
  if isChecksummed {
    let checksum = payload.withUnsafeBytes { Checksum.of($0) }
    bytes += withUnsafeBytes(of: checksum.littleEndian) { Array($0) }
  }
  return bytes
}

/// A socket that a test plays a peer with.
final class ScriptedPeer: Sendable {
  private let descriptor: Int32
  /// The peer's end of TLS, where there is TLS: what a test says then goes past it.
  private let link: (any Link)?

  init(_ descriptor: Int32, past link: (any Link)? = nil) {
    self.descriptor = descriptor
    self.link = link
  }
  deinit {
    close()
    _ = Glibc.close(descriptor)
  }

  /// A communicator of rank 0, whose only peer is this one.
  static func pair(_ wire: Wire, _ limits: SocketLimits = quickLimits()) throws -> (
    SocketCommunicator, ScriptedPeer
  ) {
    if wire == .tls {
      let (end, peer) = try wire.links()
      return (
        SocketCommunicator(rank: 0, size: 2, links: [1: end], limits: limits),
        ScriptedPeer(peer.descriptor, past: peer)
      )
    }
    let (a, b) = try wire.pair()
    return (SocketCommunicator(rank: 0, size: 2, links: [1: wire.link(a)], limits: limits), ScriptedPeer(b))
  }

  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// The next `count` bytes, or fewer at the end.
  func read(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let piece = [UInt8](unsafeUninitializedCapacity: count - bytes.count) { buffer, filled in
        filled = max(0, recv(descriptor, buffer.baseAddress, buffer.count, 0))
      }
      if piece.isEmpty { break }
      bytes += piece
    }
    return bytes
  }

  /// The next whole frame; nil at the end.
  func readFrame() -> (FrameHeader, [UInt8])? {
    let bytes = read(FrameHeader.size)
    guard bytes.count == FrameHeader.size,
      let header = bytes.withUnsafeBytes({ try? FrameHeader(decoding: $0) })
    else { return nil }
    return (header, bytes + read(header.frameSize - FrameHeader.size))
  }

  func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

extension ScriptedPeer {
  /// Forwards whole frames to `other`, each passed through `change`, until either ends.
  func forward(to other: ScriptedPeer, _ change: @escaping @Sendable (FrameHeader, [UInt8]) -> [[UInt8]]) {
    Thread.detachNewThread {
      while let (header, bytes) = self.readFrame() {
        for bytes in change(header, bytes) { other.send(bytes) }
      }
      other.close()
    }
  }
}

/// The rank and reason of the error `.lost` that `body` throws.
func loss(_ body: () throws -> Void) -> (rank: Int, reason: String)? {
  do {
    try body()
    return nil
  } catch CommunicationError.lost(let rank, let reason) {
    return (rank, reason)
  } catch {
    return nil
  }
}
