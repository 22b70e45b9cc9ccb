// A listening TCP socket, closed with its owner; and the call to one.

import Glibc
import TesseraCommunication

/// A socket that takes connections.
struct Listener: ~Copyable {
  let descriptor: Int32
  /// Where it listens, with the port that the system has chosen if it was left the choice.
  let address: SocketAddress

  /// Listens at the first address of `place` that can be had.
  ///
  /// - Throws: `refused` for a host that cannot be found, a port in use, and the like.
  init(at place: HostAndPort) throws(CommunicationError) {
    var failure = CommunicationError.refused(reason: "nothing to listen at")
    for address in try place.resolved() {
      do throws(CommunicationError) {
        try self.init(at: address)
        return
      } catch {
        failure = error
      }
    }
    throw failure
  }

  /// - Throws: `refused`.
  init(at address: SocketAddress) throws(CommunicationError) {
    let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue) | Self.flags, 0)
    func refusal() -> CommunicationError {
      let reason = SystemCall.reason(errno)
      if descriptor >= 0 { close(descriptor) }
      return .refused(reason: "cannot listen on \(address): \(reason)")
    }
    guard descriptor >= 0 else { throw refusal() }
    // A port whose last connections are still being forgotten is free; one that is listened at is not.
    SystemCall.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
    guard address.withPointer({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, SOMAXCONN) == 0,
      let bound = SocketAddress(local: descriptor)
    else { throw refusal() }
    self.descriptor = descriptor
    self.address = bound
  }

  deinit { close(descriptor) }

  /// The next connection; nil when there is none, or none can be taken now, which `errno` tells.
  func accept() -> Int32? {
    // The call that does all of it at once, accept4, is not in the module Glibc.
    let connection = Glibc.accept(descriptor, nil, nil)
    guard connection >= 0 else { return nil }
    _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
    _ = fcntl(connection, F_SETFL, O_NONBLOCK)
    return connection
  }

  static let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
}

/// A connection to `address`.
///
/// - Throws: `refused`, with what the system says, when nobody answers there before `deadline`.
func connectSocket(to address: SocketAddress, until deadline: ContinuousClock.Instant)
  throws(CommunicationError)
  -> Int32
{
  let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue) | Listener.flags, 0)
  func refusal(_ reason: String) -> CommunicationError {
    if descriptor >= 0 { close(descriptor) }
    return .refused(reason: "cannot reach \(address): \(reason)")
  }
  guard descriptor >= 0 else { throw refusal(SystemCall.reason(errno)) }
  if address.withPointer({ connect(descriptor, $0, $1) }) != 0 {
    guard errno == EINPROGRESS else { throw refusal(SystemCall.reason(errno)) }
    guard SystemCall.wait(descriptor, for: POLLOUT, until: deadline) else {
      throw refusal(SystemCall.reason(ETIMEDOUT))
    }
    var status: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &status, &length)
    guard status == 0 else { throw refusal(SystemCall.reason(status)) }
  }
  return descriptor
}
