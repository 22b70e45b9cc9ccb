// A link through TLS 1.3 whose only credential is the shared secret: a pre-shared key, derived from it under
// its own label, with ephemeral Diffie-Hellman (psk_dhe_ke), so that a secret that becomes known later opens
// no recording. No certificates, nothing to set up; a peer with another secret fails in TLS. The handshake of
// `Handshake` then runs inside.
//
// Source: RFC 8446 (TLS 1.3), sections 2.2 and 4.2.11; OpenSSL 3.0's SSL_CTX_set_psk_client_callback(3),
// which names the key for TLS 1.3 too, with a cipher suite whose hash is SHA-256.

import COpenSSL
import Glibc
import TesseraCommunication

/// What the connections of one process have in common: the key, the versions and suites allowed. Never printed.
///
/// `@unchecked Sendable`: OpenSSL's contexts count their references atomically, and nothing is set after
/// `init`.
final class TLSContext: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
  /// The most bytes of a key: OpenSSL's buffer has more.
  private static let keyBytes = Cryptography.digestBytes
  fileprivate let key: [UInt8]
  private let context: OpaquePointer
  private let socketMethod: OpaquePointer

  /// - Throws: `refused` when this OpenSSL has no TLS 1.3.
  init(_ secret: Secret) throws(CommunicationError) {
    key = secret.key(for: "tessera tls 1")
    guard let context = SSL_CTX_new(TLS_method()) else { throw .refused(reason: "OpenSSL has no TLS") }
    guard let socketMethod = tessera_tls_socket(TLSContext.send) else {
      SSL_CTX_free(context)
      throw .refused(reason: "OpenSSL has no memory for TLS")
    }
    self.socketMethod = socketMethod
    self.context = context
    guard tessera_tls_only_13(context) == 1,
      SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256") == 1
    else { throw .refused(reason: "this OpenSSL has no TLS 1.3") }
    tessera_tls_partial_writes(context)
    tessera_tls_no_sessions(context)
    SSL_CTX_set_psk_client_callback(context) { connection, _, identity, room, key, keyRoom in
      guard let identity, let key, room > TLSContext.identity.count else { return 0 }
      for (index, byte) in TLSContext.identity.enumerated() { identity[index] = byte }
      identity[TLSContext.identity.count] = 0
      return TLSContext.copyKey(of: connection, to: key, room: keyRoom)
    }
    SSL_CTX_set_psk_server_callback(context) { connection, identity, key, keyRoom in
      guard let identity, let key, strcmp(identity, TLSContext.identity + [0]) == 0 else { return 0 }
      return TLSContext.copyKey(of: connection, to: key, room: keyRoom)
    }
  }

  deinit {
    SSL_CTX_free(context)
    BIO_meth_free(socketMethod)
  }

  var description: String { "(TLS key)" }
  var customMirror: Mirror { Mirror(self, children: []) }

  private static let identity = "tessera".utf8.map { CChar(bitPattern: $0) }

  /// Called back by OpenSSL, whose own write would end the process with SIGPIPE where the peer has gone.
  private static let send: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int32) -> Int32 = {
    socket, bytes, count in
    let sent = Glibc.send(tessera_tls_descriptor(socket), bytes, Int(count), Int32(MSG_NOSIGNAL))
    tessera_tls_again(socket, sent < 0 && [EAGAIN, EWOULDBLOCK, EINTR].contains(errno) ? 1 : 0)
    return Int32(sent)
  }

  /// Called back by OpenSSL: the connection's slot 0 holds its context, which the link keeps alive.
  private static func copyKey(
    of connection: OpaquePointer?, to target: UnsafeMutablePointer<UInt8>, room: UInt32
  )
    -> UInt32
  {
    guard let data = SSL_get_ex_data(connection, 0), room >= keyBytes else { return 0 }
    let context = Unmanaged<TLSContext>.fromOpaque(data).takeUnretainedValue()
    for (index, byte) in context.key.enumerated() { target[index] = byte }
    return UInt32(context.key.count)
  }

  fileprivate func connection(_ descriptor: Int32, _ side: TLSLink.Side) throws(LinkError) -> OpaquePointer {
    guard let connection = SSL_new(context) else {
      throw LinkError(reason: "OpenSSL has no memory for a connection")
    }
    guard let socket = BIO_new(socketMethod) else {
      SSL_free(connection)
      throw LinkError(reason: "OpenSSL has no memory for a connection")
    }
    tessera_tls_attach(connection, socket, descriptor)
    SSL_set_ex_data(connection, 0, Unmanaged.passUnretained(self).toOpaque())
    switch side {
    case .client: SSL_set_connect_state(connection)
    case .server: SSL_set_accept_state(connection)
    }
    return connection
  }
}

/// A TCP connection with TLS.
///
/// `@unchecked Sendable`: one thread at a time calls it, as `Link` says; the descriptor is constant.
final class TLSLink: Link, @unchecked Sendable {
  enum Side { case client, server }

  let descriptor: Int32
  /// Every record is authenticated.
  let isChecksummed = false
  private let context: TLSContext
  private let connection: OpaquePointer

  /// Takes over a connected, nonblocking socket; `shakeHands` comes next.
  init(descriptor: Int32, _ context: TLSContext, _ side: Side) throws(LinkError) {
    self.descriptor = descriptor
    self.context = context
    connection = try context.connection(descriptor, side)
    SystemCall.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
  }

  deinit { SSL_free(connection) }

  /// Where TLS's own handshake is.
  enum Progress {
    case done
    /// The events to wait for before going on.
    case waits(for: Int32)
    /// The peer has another secret or speaks no TLS.
    case refused
  }

  /// Goes on with TLS's own handshake.
  ///
  /// - Throws: when the connection is broken.
  func shakeHands() throws(LinkError) -> Progress {
    ERR_clear_error()
    let result = SSL_do_handshake(connection)
    if result == 1 { return .done }
    switch SSL_get_error(connection, result) {
    case SSL_ERROR_WANT_READ: return .waits(for: POLLIN)
    case SSL_ERROR_WANT_WRITE: return .waits(for: POLLOUT)
    case SSL_ERROR_SSL: return .refused
    default: throw LinkError(reason: "the peer has hung up")
    }
  }

  /// What OpenSSL has decrypted. Not the beginning of a record that has not come whole, of which `SSL_has_pending`
  /// tells too: whoever took that for input would not poll, and never find the peer silent. OpenSSL does not read
  /// ahead unless it is told to: a record that is whole lies in the kernel until it is decrypted.
  var hasBufferedInput: Bool { SSL_pending(connection) > 0 }
  /// A read brings one record.
  var shortReadTakesAll: Bool { false }

  /// Decrypts what is there.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LinkError) -> ReadResult {
    var count = 0
    ERR_clear_error()
    let result = SSL_read_ex(connection, buffer.baseAddress, buffer.count, &count)
    if result == 1 { return .bytes(count) }
    switch SSL_get_error(connection, result) {
    // TLS 1.3 has no renegotiation: a read never waits for room to write but for a moment.
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
    case SSL_ERROR_ZERO_RETURN: return .end
    default: throw failure()
    }
  }

  /// Encrypts and sends piece by piece, in records of at most 16 KiB.
  func write(_ pieces: UnsafeBufferPointer<iovec>) throws(LinkError) -> Int {
    var written = 0
    for piece in pieces {
      var offset = 0
      while offset < piece.iov_len {
        var count = 0
        ERR_clear_error()
        let result = SSL_write_ex(connection, piece.iov_base + offset, piece.iov_len - offset, &count)
        if result != 1 {
          switch SSL_get_error(connection, result) {
          case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return written
          default: throw failure()
          }
        }
        offset += count
        written += count
      }
    }
    return written
  }

  /// Says goodbye in TLS, so that the peer can tell an end from a cut.
  func shutdownWriting() {
    SSL_shutdown(connection)
    _ = Glibc.shutdown(descriptor, Int32(SHUT_WR))
  }

  func close() {
    _ = Glibc.shutdown(descriptor, Int32(SHUT_RDWR))
    _ = Glibc.close(descriptor)
  }

  private func failure() -> LinkError {
    let number = errno
    let code = ERR_get_error()
    if code != 0, let reason = ERR_reason_error_string(code) {
      return LinkError(reason: "TLS: \(String(cString: reason))")
    }
    return LinkError(reason: number == 0 ? "the connection was cut" : SystemCall.reason(number))
  }
}
