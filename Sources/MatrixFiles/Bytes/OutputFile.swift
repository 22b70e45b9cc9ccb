// A file that appears under its name only when it is complete: written under an unpredictable name in the
// same folder, flushed to the disk, then renamed. Until then the old file, if any, is untouched, and
// whatever goes wrong removes the temporary file.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where bytes go.
protocol ByteSink: AnyObject {
  /// Takes all of `bytes`.
  func write(_ bytes: UnsafeRawBufferPointer) throws(FileFormatError)
  /// Completes the output. Without this call there is none.
  func finish() throws(FileFormatError)
}

extension ByteSink {
  /// Takes the bytes of all `elements`, numbers, as they lie in memory.
  func send<T>(_ elements: [T]) throws(FileFormatError) {
    var failure: FileFormatError?
    elements.withUnsafeBytes { bytes in
      do throws(FileFormatError) { try write(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}

/// A sink for the file at `path`, compressed when its name ends in `.gz` or `.tgz`; standard output for `-`.
///
/// - Throws: `cannotCreate`.
func openSink(_ path: String) throws(FileFormatError) -> any ByteSink {
  let file = try OutputFile(path)
  return [".gz", ".tgz"].contains(where: path.lowercased().hasSuffix)
    ? try DeflateSink(file, as: .gzip, name: path) : file
}

/// A file being written.
final class OutputFile: ByteSink {
  private let name: String
  private let target: String
  /// The name that the file has until it is complete; nil for what cannot be replaced, as a pipe.
  private var temporary: String?
  private let descriptor: Int32

  /// Begins the file at `path`; `-` is standard output. A file that stands there keeps its permission bits,
  /// a new one gets what the process's mask leaves. Behind a symbolic link the file is replaced, not the
  /// link; a device or a pipe is written to as it is.
  ///
  /// - Throws: `cannotCreate` for a folder, a file that may not be written, a folder that takes no file.
  init(_ path: String) throws(FileFormatError) {
    name = path == "-" ? "standard output" : path
    if path == "-" {
      (target, descriptor) = (path, STDOUT_FILENO)
      return
    }
    guard !path.utf8.contains(0) else {
      throw FileFormatError(.cannotCreate, file: name, "a file name cannot hold a NUL character")
    }
    let target = resolved(path)
    self.target = target
    var status = stat()
    let exists = stat(target, &status) == 0
    let type = status.st_mode & S_IFMT
    if exists, type == S_IFDIR {
      throw FileFormatError(.cannotCreate, file: name, "is a folder")
    }
    if exists, access(target, W_OK) != 0 {
      throw FileFormatError(.cannotCreate, file: name, "cannot be written: \(systemMessage())")
    }
    if exists, type != S_IFREG {
      descriptor = open(target, O_WRONLY | O_CLOEXEC)
    } else {
      let folder = target.lastIndex(of: "/").map { String(target[...$0]) } ?? ""
      let unique = String(UInt64.random(in: 0 ... .max), radix: 36)
      let unfinished = folder + ".tessera-\(unique).tmp"
      descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
      if descriptor >= 0 {
        temporary = unfinished
        UnfinishedFiles.insert(unfinished)
      }
    }
    guard descriptor >= 0 else {
      throw FileFormatError(.cannotCreate, file: name, "cannot be created: \(systemMessage())")
    }
    if exists, type == S_IFREG { _ = fchmod(descriptor, status.st_mode & 0o7777) }
  }

  deinit {
    if descriptor > STDERR_FILENO { _ = close(descriptor) }
    if let temporary {
      _ = unlink(temporary)
      UnfinishedFiles.remove(temporary)
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileFormatError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = systemWrite(descriptor, rest.baseAddress, rest.count)
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      } else if errno != EINTR {
        throw failure("writing failed")
      }
    }
  }

  func finish() throws(FileFormatError) {
    guard let unfinished = temporary else { return }
    guard fsync(descriptor) == 0 else { throw failure("writing failed") }
    guard rename(unfinished, target) == 0 else { throw failure("cannot be replaced") }
    temporary = nil
    UnfinishedFiles.remove(unfinished)
  }

  private func failure(_ what: String) -> FileFormatError {
    FileFormatError(.inputOutput, file: name, "\(what): \(systemMessage())")
  }
}

/// The path without symbolic links; as it is when nothing stands there.
private func resolved(_ path: String) -> String {
  guard let real = realpath(path, nil) else { return path }
  defer { free(real) }
  return String(cString: real)
}

/// `write`, under a name that `OutputFile.write` does not hide.
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}
