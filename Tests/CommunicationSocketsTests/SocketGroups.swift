// Groups of workers in one process, joined by real sockets.

import Glibc
import TesseraCommunication
import Testing

@testable import TesseraCommunicationSockets

/// What carries the bytes.
enum Wire: String, CaseIterable, Sendable {
  case unix
  case tcp
  case tls

  /// Those whose bytes a test can say itself.
  static let plain: [Wire] = [.unix, .tcp]

  /// Two connected sockets.
  func pair() throws -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    switch self {
    case .unix:
      try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    case .tcp, .tls:
      let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { Glibc.close(listener) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      try withUnsafeMutablePointer(to: &address) { pointer in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          try #require(bind(listener, address, length) == 0)
          try #require(listen(listener, 1) == 0)
          try #require(getsockname(listener, address, &length) == 0)
          ends[0] = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
          try #require(connect(ends[0], address, length) == 0)
        }
      }
      ends[1] = accept(listener, nil, nil)
      try #require(ends[1] >= 0)
    }
    return (ends[0], ends[1])
  }

  /// Two ends of a link.
  func links() throws -> (any Link, any Link) {
    let (a, b) = try pair()
    guard self == .tls else { return (link(a), link(b)) }
    for end in [a, b] { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }
    let context = try TLSContext(Secret("a long enough secret".utf8))
    let (client, server) = (
      try TLSLink(descriptor: a, context, .client), try TLSLink(descriptor: b, context, .server)
    )
    var (isClientDone, isServerDone) = (false, false)
    while !isClientDone || !isServerDone {
      let (answer, reply) = (try client.shakeHands(), try server.shakeHands())
      if case .refused = answer { throw CommunicationError.refused(reason: "the client is refused") }
      if case .refused = reply { throw CommunicationError.refused(reason: "the server is refused") }
      if case .done = answer { isClientDone = true }
      if case .done = reply { isServerDone = true }
    }
    return (client, server)
  }

  /// One end of a link without encryption.
  func link(_ descriptor: Int32) -> PlainLink {
    PlainLink(descriptor: descriptor, isChecksummed: self == .tcp)
  }

  /// The ends of a group of `size` workers.
  func group(size: Int, limits: SocketLimits = SocketLimits()) throws -> [SocketCommunicator] {
    var links = [[Int: any Link]](repeating: [:], count: size)
    for a in 0..<size {
      for b in 0..<a {
        (links[a][b], links[b][a]) = try self.links()
      }
    }
    return links.enumerated().map {
      SocketCommunicator(rank: $0.offset, size: size, links: $0.element, limits: limits)
    }
  }
}
