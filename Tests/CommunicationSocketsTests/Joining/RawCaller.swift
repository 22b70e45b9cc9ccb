// A peer that does as it likes: a plain TCP socket to loopback.

import Glibc
import TesseraCommunication

@testable import TesseraCommunicationSockets

final class RawCaller {
  let descriptor: Int32

  init(port: UInt16) throws {
    let address = try HostAndPort("127.0.0.1:\(port)").resolved()[0]
    descriptor = try connectSocket(to: address, until: .now + .seconds(5))
  }

  /// Calls from another of loopback's addresses, as another host would.
  init(port: UInt16, from host: String) throws {
    let here = try HostAndPort("\(host):0").resolved()[0]
    let there = try HostAndPort("127.0.0.1:\(port)").resolved()[0]
    descriptor = socket(here.family, Int32(SOCK_STREAM.rawValue), 0)
    let isConnected =
      here.withPointer { bind(descriptor, $0, $1) } == 0
      && there.withPointer { connect(descriptor, $0, $1) } == 0
    guard isConnected else { throw CommunicationError.refused(reason: SystemCall.reason(errno)) }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  deinit { close(descriptor) }

  /// Sends what is taken; whether the peer still listens is its affair.
  func send(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// What comes until the other end hangs up or the deadline; nil when it has not hung up by then.
  func readToEnd(within limit: Duration) -> [UInt8]? {
    let deadline = ContinuousClock.now + limit
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while SystemCall.wait(descriptor, for: POLLIN, until: deadline) {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count <= 0, errno != EAGAIN || count == 0 { return bytes }
      if count > 0 { bytes += buffer[..<count] }
    }
    return nil
  }
}
