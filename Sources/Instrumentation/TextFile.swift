// A text file that appears whole or not at all: written under a temporary name beside its target and
// renamed at the end, so that a failed write leaves the old file as it was. A target that is no regular
// file (a pipe, a terminal, /dev/null) is written in place: it cannot be replaced by one.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that could not be written.
public enum OutputError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file could not be created, with the system's reason.
  case cannotCreate(path: String, reason: String)
  /// The file was created, but writing it failed; a file of that name from before is as it was.
  case cannotWrite(path: String, reason: String)

  /// One line for a person.
  public var description: String {
    switch self {
    case .cannotCreate(let path, let reason): "cannot create \(Text.printable(path)): \(reason)"
    case .cannotWrite(let path, let reason): "cannot write \(Text.printable(path)): \(reason)"
    }
  }
}

/// Text on its way into a file, buffered.
package struct TextFile: TextOutputStream {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  /// The first error of the system, after which nothing more is written.
  private var failure: Int32 = 0

  /// Writes at `path` what `body` writes into the stream.
  ///
  /// - Throws: `OutputError`; a file of that name from before is then as it was.
  package static func write(to path: String, _ body: (inout TextFile) -> Void) throws(OutputError) {
    var status = stat()
    let exists = stat(path, &status) == 0
    let inherited = openDescriptor(named: path)
    let replaces = inherited == nil && (!exists || status.st_mode & S_IFMT == S_IFREG)
    // A link stays a link: the file that it leads to is the one to replace.
    let target = exists && replaces ? resolved(path) : path
    let written = replaces ? "\(target).\(getpid())-\(UInt32.random(in: 0...(.max))).tmp" : path
    let flags = O_WRONLY | O_CLOEXEC | (replaces ? O_CREAT | O_EXCL : 0)
    let descriptor = inherited.map { dup($0) } ?? open(written, flags, 0o666)
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: reason(errno)) }
    if exists && replaces { fchmod(descriptor, status.st_mode & 0o777) }

    var file = TextFile(descriptor: descriptor)
    body(&file)
    file.flush()
    if close(descriptor) != 0, file.failure == 0 { file.failure = errno }
    if replaces, file.failure == 0, rename(written, target) != 0 { file.failure = errno }
    guard file.failure == 0 else {
      if replaces { unlink(written) }
      throw .cannotWrite(path: path, reason: reason(file.failure))
    }
  }

  private init(descriptor: Int32) { self.descriptor = descriptor }

  /// Appends text.
  package mutating func write(_ string: String) {
    buffer.append(contentsOf: string.utf8)
    if buffer.count >= 1 << 16 { flush() }
  }

  private mutating func flush() {
    var written = 0
    while written < buffer.count, failure == 0 {
      let count = buffer.withUnsafeBytes { systemWrite(descriptor, $0[written...]) }
      if count >= 0 { written += count } else if errno != EINTR { failure = errno }
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// The system's `write`, whose name the stream's own method hides.
func systemWrite(_ descriptor: Int32, _ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
  let bytes = UnsafeRawBufferPointer(rebasing: bytes)
  return write(descriptor, bytes.baseAddress, bytes.count)
}
