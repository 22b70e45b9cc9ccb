// Tiles that workers write into files, each its own. A task may run twice, at two workers at once: each writes a
// file of its own under a temporary name, brings it to the disk and renames it, so that under the final name
// there is nothing, or what was there before, or the whole tile.

import Glibc
import TesseraCommunication

/// A task that writes a tile into a file.
public protocol WriteTask: TileTask {
  /// The path of the file of tile number `tile`, on the worker's machine.
  static func path(_ arguments: Arguments, tile: Int) -> String
  /// Writes tile number `tile` into the file `path`, which is there, is empty, and is not the final one.
  static func write(_ arguments: Arguments, _ input: Input, tile: Int, to path: String) throws
}

extension Engine {
  /// Has every worker write its own tiles. Returns the bytes of each file.
  ///
  /// A file is there whole, or not at all, or as it was before; a task that runs twice, or again after a lost
  /// worker, replaces the file by an equal one. When a task fails, files of other tiles may have been written.
  /// Nothing is undone.
  ///
  /// Words moved: the arguments, once to every worker.
  ///
  /// - Throws: `ExecutionError`, `taskFailed` with the system's reason for a file that cannot be written.
  public func write<Task: WriteTask>(
    _ task: Task.Type, _ arguments: Task.Arguments, over input: Task.Input.Collections
  ) async throws(ExecutionError) -> [Int] {
    let files = try await map(FileWriting<Task>.self, arguments, over: input)
    return try await collect(files).map(\.bytes)
  }
}

/// What is left at the worker of a tile that has been written.
struct WrittenFile: Tile {
  static let typeName = "written-file"
  let bytes: Int

  init(bytes: Int) { self.bytes = bytes }

  func encode(to writer: inout WireWriter) { writer.write(bytes) }

  init(from reader: inout WireReader) throws(CommunicationError) {
    bytes = try reader.readInt(in: 0...Int.max, "the size of a file")
  }
}

/// A task to write as a task that makes tiles.
enum FileWriting<Task: WriteTask>: MapTask {
  typealias Arguments = Task.Arguments
  typealias Input = Task.Input
  static var name: String { Task.name }

  static func run(_ arguments: Arguments, _ input: Input, tile: Int) throws -> WrittenFile {
    let path = Task.path(arguments, tile: tile)
    let written = "\(path).\(getpid())-\(UInt64.random(in: 0...(.max))).tmp"
    let descriptor = open(written, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileFailure(path, errno) }
    defer { close(descriptor) }
    do {
      try Task.write(arguments, input, tile: tile, to: written)
      var status = stat()
      guard stat(written, &status) == 0 else { throw FileFailure(path, errno) }
      // The task may have put another file under the name: it is the name's that goes to the disk.
      let final = open(written, O_RDONLY | O_CLOEXEC)
      guard final >= 0 else { throw FileFailure(path, errno) }
      defer { close(final) }
      guard fsync(final) == 0, rename(written, path) == 0 else { throw FileFailure(path, errno) }
      return WrittenFile(bytes: Int(status.st_size))
    } catch {
      unlink(written)
      throw error
    }
  }
}

/// A file that could not be written, and the system's reason.
private struct FileFailure: Error, CustomStringConvertible {
  let path: String
  let reason: String

  init(_ path: String, _ code: Int32) {
    self.path = path
    reason = String(cString: strerror(code))
  }

  var description: String { "cannot write \(path): \(reason)" }
}
