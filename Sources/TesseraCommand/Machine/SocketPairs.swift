// Pairs of workers of this process whose messages go through the kernel, as those of workers in other processes
// do.

import Foundation
import Tessera
import TesseraCommunicationSockets

/// Kinds of sockets.
enum SocketKind: String, CaseIterable {
  /// Between workers that a driver starts on its own machine.
  case unix
  /// Between machines; here over loopback, which is as fast as TCP gets.
  case tcp

  /// Both ends of a connection, as workers 0 and 1.
  ///
  /// - Throws: `CommunicationError.refused` where the system has none.
  func pair() throws -> (any Communicator, any Communicator) {
    var ends: [Int32] = [-1, -1]
    guard self == .unix ? socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 : connect(&ends)
    else {
      throw CommunicationError.refused(reason: "no \(rawValue) sockets: \(String(cString: strerror(errno)))")
    }
    func worker(_ rank: Int) -> any Communicator {
      SocketCommunicator(
        rank: rank, size: 2, links: [1 - rank: PlainLink(descriptor: ends[rank], isChecksummed: self == .tcp)]
      )
    }
    return (worker(0), worker(1))
  }

  private func connect(_ ends: inout [Int32]) -> Bool {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard listener >= 0, bind(listener, address, length) == 0, listen(listener, 1) == 0,
          getsockname(listener, address, &length) == 0
        else { return false }
        ends[0] = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard ends[0] >= 0, Glibc.connect(ends[0], address, length) == 0 else { return false }
        ends[1] = accept(listener, nil, nil)
        return ends[1] >= 0
      }
    }
  }
}
