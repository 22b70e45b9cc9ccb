// What every worker of a cluster must know to be let in. It comes from the environment or from a file that
// only its owner can read, never from an argument, and leaves this value only as keys derived from it:
// key(purpose) = HMAC-SHA-256(secret, purpose).

import Foundation
public import TesseraCommunication

/// A shared secret, which is never printed.
public struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
  /// The fewest bytes of a secret.
  public static let fewestBytes = 16
  /// The most bytes of a secret.
  public static let mostBytes = 4096

  private let bytes: [UInt8]

  /// The secret `text`, without the line break at its end.
  ///
  /// - Throws: `refused` when it is shorter than `fewestBytes` or longer than `mostBytes`.
  public init(_ text: some Sequence<UInt8>) throws(CommunicationError) {
    try self.init(text, from: "the secret")
  }

  private init(_ text: some Sequence<UInt8>, from place: String) throws(CommunicationError) {
    var bytes = Array(text)
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard bytes.count >= Self.fewestBytes, bytes.count <= Self.mostBytes else {
      throw .refused(
        reason: "\(place) has \(bytes.count) bytes, expected \(Self.fewestBytes) to \(Self.mostBytes)")
    }
    self.bytes = bytes
  }

  /// A key for one purpose, 32 bytes. Keys for different purposes tell nothing about each other.
  func key(for purpose: String) -> [UInt8] {
    Cryptography.authenticationCode(key: bytes, Array(purpose.utf8))
  }

  /// Not the secret.
  public var description: String { "(secret)" }
  /// Not the secret.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

// MARK: - Where it comes from

extension Secret {
  /// The variable that holds the secret.
  public static let variable = "TESSERA_SECRET"
  /// The variable that names a file that holds it.
  public static let fileVariable = "TESSERA_SECRET_FILE"

  /// The secret in `file` where one is named, else in the environment, from which it is then removed: neither
  /// child processes nor `/proc/PID/environ` have it. This process's memory keeps it, and so would its core
  /// dump.
  ///
  /// - Throws: `refused` when there is none, when it is too short, or when others may read the file: never a
  ///   fall-back to something else.
  public static func read(file: String?) throws(CommunicationError) -> Secret {
    // A secret that is present and not used is removed too.
    let inEnvironment = inEnvironment
    if let file { return try read(fromFile: file) }
    guard let inEnvironment else {
      throw .refused(
        reason:
          "joining over a network needs a shared secret: set \(variable), or \(fileVariable) to the "
          + "name of a file of mode 0600 (openssl rand -hex 32 makes a good one)")
    }
    return try Secret(inEnvironment, from: variable)
  }

  /// Kept for the next cluster of this process, which the environment has nothing for any more.
  private static let inEnvironment = takeFromEnvironment()

  /// Overwrites the variable in place as well: `/proc/PID/environ` shows the memory the process started with.
  private static func takeFromEnvironment() -> [UInt8]? {
    guard let text = getenv(variable) else { return nil }
    let count = strlen(text)
    let bytes = UnsafeRawBufferPointer(start: text, count: count).map { $0 }
    memset(text, 0, count)
    unsetenv(variable)
    // An empty variable is how some shells unset one.
    return bytes.isEmpty ? nil : bytes
  }

  private static func read(fromFile path: String) throws(CommunicationError) -> Secret {
    func refusal(_ why: String) -> CommunicationError { .refused(reason: "the secret file \(path) \(why)") }
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw refusal(
        errno == ELOOP
          ? "is a symbolic link, which is not followed" : "cannot be read: \(SystemCall.reason(errno))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw refusal("is not a regular file")
    }
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw refusal("belongs to another user")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw refusal("can be read by others (mode \(String(status.st_mode & 0o777, radix: 8))); chmod 600 it")
    }
    var bytes = [UInt8](repeating: 0, count: mostBytes + 3)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress! + count, $0.count - count)
      }
      guard got >= 0 else { throw refusal("cannot be read: \(SystemCall.reason(errno))") }
      if got == 0 { break }
      count += got
    }
    return try Secret(bytes[..<count], from: "the secret file \(path)")
  }
}
