// A connected byte stream to one peer, whatever carries it: TCP, a Unix-domain socket, TLS over either. Joining
// makes links; the communicator moves messages over them.

public import Glibc

/// A connected, authenticated, nonblocking byte stream to one peer.
///
/// The communicator calls it from one thread at a time, under its lock; only `descriptor` is looked at
/// besides, by whoever polls. It closes the link when it is done with it.
public protocol Link: AnyObject, Sendable {
  /// What to poll for input and room.
  var descriptor: Int32 { get }
  /// Whether payloads carry a CRC32C: over TCP, whose own checksum has 16 bits. Not over Unix-domain sockets,
  /// whose bytes never leave the kernel's memory, nor over TLS, which authenticates every byte.
  var isChecksummed: Bool { get }
  /// Whether bytes have been taken from the descriptor that `read` has not given out yet: polling would not
  /// tell of them.
  var hasBufferedInput: Bool { get }
  /// Whether a read that brings less than it has room for has taken all that was there: not where bytes come in
  /// records.
  var shortReadTakesAll: Bool { get }

  /// Reads what is there, without waiting.
  ///
  /// - Precondition: `buffer` is not empty.
  /// - Throws: when the connection is broken.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LinkError) -> ReadResult

  /// Writes as many of the pieces' bytes, in order, as can be taken without waiting, and tells how many. What
  /// was not taken is offered again later, perhaps at another address and cut otherwise, but never less of it.
  ///
  /// - Throws: when the connection is broken.
  func write(_ pieces: UnsafeBufferPointer<iovec>) throws(LinkError) -> Int

  /// Tells the peer that no more bytes will come.
  func shutdownWriting()
  /// Closes the descriptor. Called once, and nothing after it.
  func close()
}

/// In place of a connection to a worker that was lost before one could be made.
final class AbsentLink: Link {
  static let reason = "it was lost before this worker could reach it"
  let descriptor: Int32 = -1
  let isChecksummed = false
  let hasBufferedInput = false
  let shortReadTakesAll = true
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LinkError) -> ReadResult { .end }
  func write(_ pieces: UnsafeBufferPointer<iovec>) throws(LinkError) -> Int {
    throw LinkError(reason: Self.reason)
  }
  func shutdownWriting() {}
  func close() {}
}

/// What came of a read.
public enum ReadResult: Equatable, Sendable {
  /// So many bytes, at least one.
  case bytes(Int)
  /// Nothing yet.
  case wouldBlock
  /// The peer has ended the stream.
  case end
}

/// A broken connection.
public struct LinkError: Error, Equatable, Sendable {
  /// What broke it, in words.
  public let reason: String

  /// A failure of the connection.
  public init(reason: String) { self.reason = reason }

  /// The failure that the system call left in `errno`.
  static func fromErrno() -> LinkError { LinkError(reason: SystemCall.reason(errno)) }
}
