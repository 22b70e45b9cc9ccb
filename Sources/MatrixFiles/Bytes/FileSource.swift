// The bytes of a file or of standard input, straight from the system.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An open file; it is closed when the last reference goes.
final class FileSource: ByteSource {
  let name: String
  private let descriptor: Int32
  private let size: Int?
  private var offset = 0

  /// Opens `path`; `-` is standard input.
  ///
  /// - Parameter name: by which messages call it, where that is not its path.
  /// - Throws: `noInput` when it is missing, is a folder or may not be read.
  init(_ path: String, name: String? = nil) throws(FileFormatError) {
    self.name = name ?? (path == "-" ? "standard input" : path)
    guard !path.utf8.contains(0) else {
      throw FileFormatError(.noInput, file: self.name, "a file name cannot hold a NUL character")
    }
    descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    var status = stat()
    let isOpen = descriptor >= 0 && fstat(descriptor, &status) == 0
    size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    guard isOpen else {
      throw FileFormatError(.noInput, file: self.name, "cannot be read: \(systemMessage())")
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw FileFormatError(.noInput, file: self.name, "is a folder, not a file")
    }
  }

  deinit {
    if descriptor > STDERR_FILENO { _ = close(descriptor) }
  }

  var progress: ReadProgress { ReadProgress(bytesRead: offset, totalBytes: size) }
  var remainingBytes: Int? { size.map { max(0, $0 - offset) } }

  /// The file's size, when bytes can be read at any place of it: not of a pipe.
  var seekableSize: Int? { size }

  /// Where other processes find this very file, whatever its name is by now, as long as it is open here: nil for
  /// standard input, and for what cannot be read at any place.
  var seekablePath: String? {
    guard descriptor != STDIN_FILENO, size != nil else { return nil }
    #if os(Linux)
      return "/proc/\(getpid())/fd/\(descriptor)"
    #else
      return name
    #endif
  }

  /// Fills all of `buffer` with the bytes from `offset` on. What `read` reads next does not change.
  ///
  /// - Throws: `inputOutput`; also when the file ends before.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
      if count > 0 {
        filled += count
      } else if count == 0 || errno != EINTR {
        let reason = count == 0 ? "the file has become shorter" : systemMessage()
        throw FileFormatError(
          .inputOutput, file: name, at: .byte(offset + filled), "reading failed: \(reason)")
      }
    }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) -> Int {
    while true {
      let count = systemRead(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 {
        offset += count
        return count
      }
      guard errno == EINTR else {
        throw FileFormatError(
          .inputOutput, file: name, at: .byte(offset), "reading failed: \(systemMessage())")
      }
    }
  }
}

/// `read`, under a name that `FileSource.read` does not hide.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}

/// The system's words for the last failed call.
func systemMessage() -> String { String(cString: strerror(errno)) }
