// A file that appears under its name only when it is complete: written without a name in the same folder, where
// the system can do that (Linux, open(2), O_TMPFILE), flushed to the disk, then given an unpredictable name and
// renamed. Until then the old file, if any, is untouched, and whatever goes wrong leaves nothing behind, even the
// process's sudden end. On other file systems it has the unpredictable name from the start; what goes wrong removes
// it, but a sudden end leaves it.

import TesseraInstrumentation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file being written.
final class OutputFile: ByteSink {
  private let name: String
  private let target: String
  /// The name that the file has until it is complete; nil for what cannot be replaced, as a pipe.
  private var temporary: String?
  /// Whether nothing stands under that name yet.
  private var isNameless = false
  private let descriptor: Int32
  /// Bytes written, and those of them that the disk has been asked to take.
  private var (written, begun) = (0, 0)

  /// Begins the file at `path`; `-` is standard output. A file that stands there keeps its permission bits,
  /// a new one gets what the process's mask leaves. Behind a symbolic link the file is replaced, not the
  /// link; a device, a pipe, and what the process has open (/dev/stdout, /dev/fd/3) are written to as they are.
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
    if let open = openDescriptor(named: path) {
      (target, descriptor) = (path, dup(open))
      guard descriptor >= 0 else {
        throw FileFormatError(.cannotCreate, file: name, "cannot be written: \(systemMessage())")
      }
      return
    }
    guard let target = resolved(path) else {
      throw FileFormatError(.cannotCreate, file: name, "is a symbolic link that leads to itself")
    }
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
      let nameless = openNameless(inFolder: folder.isEmpty ? "." : folder)
      isNameless = nameless >= 0
      descriptor =
        isNameless
        ? nameless : open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
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
      if !isNameless { _ = unlink(temporary) }
      UnfinishedFiles.remove(temporary)
    }
  }

  /// The disk is asked to begin with every so many bytes as they come, so that less is left for it when all are there.
  private static let portion = 1 << 23

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileFormatError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = systemWrite(descriptor, rest.baseAddress, min(rest.count, Self.portion))
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        written += count
        if temporary != nil, written - begun >= Self.portion { beginWriting() }
      } else if errno != EINTR {
        throw failure("writing failed")
      }
    }
  }

  /// Of pages that are not written yet, the advice that they are not needed means that they are to be written now; they
  /// stay in memory meanwhile. Whatever comes of it, `finish` waits for all.
  private func beginWriting() {
    #if os(Linux)
      _ = posix_fadvise(descriptor, off_t(begun), off_t(written - begun), POSIX_FADV_DONTNEED)
    #endif
    begun = written
  }

  var unfinishedPath: String? { isNameless ? path(of: descriptor) : temporary }

  /// Gives the file the name that it has until it is complete.
  private func giveName(_ unfinished: String) throws(FileFormatError) {
    guard isNameless else { return }
    guard linkat(AT_FDCWD, path(of: descriptor), AT_FDCWD, unfinished, AT_SYMLINK_FOLLOW) == 0 else {
      throw FileFormatError(.cannotCreate, file: name, "cannot be created: \(systemMessage())")
    }
    isNameless = false
  }

  func finish() throws(FileFormatError) {
    guard let unfinished = temporary else { return }
    guard fsync(descriptor) == 0 else { throw failure("writing failed") }
    try giveName(unfinished)
    guard rename(unfinished, target) == 0 else { throw failure("cannot be replaced") }
    temporary = nil
    UnfinishedFiles.remove(unfinished)
  }

  private func failure(_ what: String) -> FileFormatError {
    FileFormatError(.inputOutput, file: name, "\(what): \(systemMessage())")
  }
}

/// A file in `folder` that has no name yet; negative where the system, or the file system, has no such files or
/// offers no way to name them later.
private func openNameless(inFolder folder: String) -> Int32 {
  #if os(Linux)
    // O_TMPFILE, a macro over others that is not imported.
    let descriptor = open(folder, 0o20_000_000 | O_DIRECTORY | O_WRONLY | O_CLOEXEC, 0o666)
    if descriptor < 0 || access(path(of: descriptor), F_OK) == 0 { return descriptor }
    _ = close(descriptor)
  #endif
  return -1
}

/// A name for an open file.
private func path(of descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

/// The path without symbolic links, or the one that a link to nothing leads to; nil where links lead in a circle.
private func resolved(_ path: String) -> String? {
  var path = path
  // As many as Linux follows.
  for _ in 0..<40 {
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    let link = String(unsafeUninitializedCapacity: Int(PATH_MAX)) { bytes in
      bytes.withMemoryRebound(to: CChar.self) { bytes in
        bytes.baseAddress.map { max(0, readlink(path, $0, bytes.count)) } ?? 0
      }
    }
    guard !link.isEmpty else { return path }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    path = link.hasPrefix("/") ? link : folder + link
  }
  return nil
}

/// `write`, under a name that `OutputFile.write` does not hide.
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}
