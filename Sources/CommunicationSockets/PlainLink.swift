// A link over a TCP or Unix-domain socket as it is. One system call per read and write.

public import Glibc

/// A socket without encryption.
///
/// `@unchecked Sendable`: the state is constant but for the descriptor's being open, which the communicator
/// ends once, after every other call.
public final class PlainLink: Link, @unchecked Sendable {
  /// The socket.
  public let descriptor: Int32
  /// Whether payloads carry a checksum.
  public let isChecksummed: Bool

  /// What a Unix-domain socket may hold: by default a fifth of a megabyte, half the speed of this. TCP grows
  /// its buffers by itself, and further.
  private static let unixBuffer: Int32 = 1 << 20

  /// Takes over a connected socket: makes it nonblocking, and on TCP sends small messages at once.
  public init(descriptor: Int32, isChecksummed: Bool) {
    self.descriptor = descriptor
    self.isChecksummed = isChecksummed
    let flags = fcntl(descriptor, F_GETFL)
    _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
    SystemCall.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    var (domain, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
    if getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0, domain == AF_UNIX {
      SystemCall.set(descriptor, SOL_SOCKET, SO_SNDBUF, Self.unixBuffer)
    }
  }

  /// None: what has come lies in the kernel.
  public var hasBufferedInput: Bool { false }
  /// The kernel gives all that it has.
  public var shortReadTakesAll: Bool { true }

  /// Receives what is there.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(LinkError) -> ReadResult {
    while true {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      if count > 0 { return .bytes(count) }
      if count == 0 { return .end }
      if errno == EINTR { continue }
      guard errno == EAGAIN || errno == EWOULDBLOCK else { throw .fromErrno() }
      return .wouldBlock
    }
  }

  /// Sends what the kernel takes.
  public func write(_ pieces: UnsafeBufferPointer<iovec>) throws(LinkError) -> Int {
    var message = msghdr()
    message.msg_iov = UnsafeMutablePointer(mutating: pieces.baseAddress)
    message.msg_iovlen = pieces.count
    while true {
      let count =
        pieces.count == 1
        ? Glibc.send(descriptor, pieces[0].iov_base, pieces[0].iov_len, Int32(MSG_NOSIGNAL))
        : sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
      if count >= 0 { return count }
      if errno == EINTR { continue }
      guard errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS else { throw .fromErrno() }
      return 0
    }
  }

  /// Half-closes the socket.
  public func shutdownWriting() { _ = Glibc.shutdown(descriptor, Int32(SHUT_WR)) }

  /// Closes the socket: for the peer at once, here when nobody polls it any more.
  public func close() {
    _ = Glibc.shutdown(descriptor, Int32(SHUT_RDWR))
    _ = Glibc.close(descriptor)
  }
}
