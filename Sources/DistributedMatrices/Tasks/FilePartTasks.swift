// Files that workers read by themselves: whether a worker sees a file, and its parts as tiles. A part may be
// read again, anywhere, when it is lost: the file must not change as long as the matrix lives.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraMatrixFiles
import TesseraPartitioning

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file by its absolute name, and what tells it from another of that name on another machine.
struct FileStamp: Tile, Hashable {
  let path: String
  /// -1 where there is no such file.
  let size: Int
  let modified: Int

  static let typeName = "file-stamp"

  /// The file at `path` on this machine; nil when there is none.
  init?(_ path: String) {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    self.init(absolute: String(cString: real))
    if size < 0 { return nil }
  }

  /// What stands at an absolute name on this machine.
  init(absolute path: String) {
    self.path = path
    var status = stat()
    let isThere = stat(path, &status) == 0 && access(path, R_OK) == 0
    size = isThere ? Int(status.st_size) : -1
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    modified = isThere ? Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec) : -1
  }

  func encode(to writer: inout WireWriter) {
    writer.write(path)
    writer.write(size)
    writer.write(modified)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    path = try reader.readString()
    size = try reader.readInt()
    modified = try reader.readInt()
  }

  /// Whether every worker sees this file. Words moved: the name to every worker, one word back.
  func isSeen(onAllOf cluster: Cluster) async throws(ExecutionError) -> Bool {
    let seen = try await cluster.engine.read(
      FileStampTask.self, self,
      into: Ownership(
        tileCount: cluster.engine.workerCount, workerCount: cluster.engine.workerCount))
    return try await cluster.engine.reduce(SameFileTask.self, self, over: seen) == 1
  }
}

/// What a worker sees under a name.
enum FileStampTask: SourceTask {
  typealias Arguments = FileStamp
  static var name: String { "see-file" }

  static func make(_ file: FileStamp, tile: Int) -> FileStamp { FileStamp(absolute: file.path) }
}

/// 1 when all see the same file, 0 otherwise.
enum SameFileTask: ReduceTask {
  typealias Arguments = FileStamp
  typealias Input = FileStamp
  static var name: String { "same-file" }

  static func run(_ file: FileStamp, _ seen: FileStamp, tile: Int) -> Int { seen == file ? 1 : 0 }
  static func combine(_ left: inout Int, _ right: Int, _: FileStamp) { left = min(left, right) }
}

/// A file, what it does not say of itself, and the number of its parts.
struct FileParts: WireCodable {
  let file: FileStamp
  let format: MatrixFileFormat?
  let options: MatrixReadOptions
  let count: Int

  init(_ file: FileStamp, _ format: MatrixFileFormat?, _ options: MatrixReadOptions, count: Int) {
    self.file = file
    self.format = format
    self.options = options
    self.count = count
  }

  func encode(to writer: inout WireWriter) {
    file.encode(to: &writer)
    writer.write(format?.rawValue ?? "")
    writer.write(options.delimiter.map { Int($0) } ?? -1)
    writer.write(options.headerRow.rawValue)
    writer.write(options.isZeroBased ? 1 : 0)
    writer.write(options.columns ?? -1)
    writer.write(options.member ?? "")
    writer.write(count)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    file = try FileStamp(from: &reader)
    let name = try reader.readString()
    format = MatrixFileFormat(rawValue: name)
    guard name.isEmpty || format != nil else { throw .malformed(expected: "a format of files") }
    let delimiter = try reader.readInt(in: -1...255, "a delimiter")
    guard let headerRow = MatrixReadOptions.HeaderRow(rawValue: try reader.readString()) else {
      throw .malformed(expected: "whether there is a line of names")
    }
    let isZeroBased = try reader.readInt(in: 0...1, "yes or no") == 1
    let columns = try reader.readInt(in: -1...Int(Int32.max), "a number of columns")
    let member = try reader.readString()
    // The workers of a machine read at the same time: one thread each.
    options = MatrixReadOptions(
      delimiter: UInt8(exactly: delimiter), headerRow: headerRow, isZeroBased: isZeroBased,
      columns: columns < 0 ? nil : columns, member: member.isEmpty ? nil : member, threads: 1)
    count = try reader.readInt(in: 1...(1 << 40), "a number of parts")
  }

  /// Part number `tile`.
  func read<S: Scalar>(_ tile: Int, as: S.Type) throws -> MatrixFilePart<S> {
    guard tile < count else { throw CommunicationError.malformed(expected: "a part of \(count)") }
    return try MatrixFile.read(
      file.path, part: tile, of: count, as: S.self, format: format, options: options)
  }
}

/// Entries between two ends of lines.
enum EntryPartTask<S: Scalar>: SourceTask {
  typealias Arguments = FileParts
  static var name: String { scalarName("file-entries", S.self) }

  static func make(_ parts: FileParts, tile: Int) throws -> TripletMatrix<S> {
    guard case .triplets(let entries) = try parts.read(tile, as: S.self).contents else {
      throw CommunicationError.malformed(expected: "a file that lists entries")
    }
    return entries
  }
}

/// Some rows of an array.
enum SlabPartTask<S: Scalar>: SourceTask {
  typealias Arguments = FileParts
  static var name: String { scalarName("file-rows", S.self) }

  static func make(_ parts: FileParts, tile: Int) throws -> LocalMatrix<S> {
    guard case .dense(let rows) = try parts.read(tile, as: S.self).contents else {
      throw CommunicationError.malformed(expected: "a file that is an array")
    }
    return try LocalMatrix.dense(rows).byRows()
  }
}

/// What to count.
struct EntryCountArguments: WireCodable {
  /// Whether only entries on and below the diagonal stand in the file.
  let lowerOnly: Bool
  /// Whether each row is counted by itself; else all of them as if they were one.
  let countsRows: Bool

  init(lowerOnly: Bool, countsRows: Bool) { (self.lowerOnly, self.countsRows) = (lowerOnly, countsRows) }

  func encode(to writer: inout WireWriter) {
    writer.write(lowerOnly ? 1 : 0)
    writer.write(countsRows ? 1 : 0)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    lowerOnly = try reader.readInt(in: 0...1, "yes or no") == 1
    countsRows = try reader.readInt(in: 0...1, "yes or no") == 1
  }
}

/// How many entries stand in each row, from the first to the last that has any, and how many of all stand in
/// the file.
struct EntryCounts: WireCodable {
  var stored: Int
  var rows: Counts

  /// Numbers at consecutive places, the first of which is `first`.
  struct Counts {
    var first: Int
    var elements: [Int]
  }

  init(stored: Int, _ rows: Counts) {
    self.stored = stored
    self.rows = rows
  }

  func encode(to writer: inout WireWriter) {
    writer.write(stored)
    writer.write(rows.first)
    rows.elements.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    stored = try reader.readInt(in: 0...(Int.max >> 1), "a number of entries")
    let first = try reader.readInt(in: 0...Int(Int32.max), "a row")
    rows = Counts(first: first, elements: try [Int](from: &reader))
    guard rows.elements.count <= Int(Int32.max) - first,
      rows.elements.allSatisfy({ 0...(Int.max >> 20) ~= $0 })
    else { throw .malformed(expected: "entries of rows") }
  }
}

enum EntryCountTask<S: Scalar>: ReduceTask {
  typealias Arguments = EntryCountArguments
  typealias Input = TripletMatrix<S>
  static var name: String { scalarName("entry-counts", S.self) }

  static func run(_ arguments: EntryCountArguments, _ entries: TripletMatrix<S>, tile: Int) -> EntryCounts {
    guard let first = entries.rowIndices.min(), let last = entries.rowIndices.max() else {
      return EntryCounts(stored: 0, .init(first: 0, elements: []))
    }
    var stored = entries.entryCount
    if arguments.lowerOnly {
      for (i, j) in zip(entries.rowIndices, entries.columnIndices) where i < j { stored -= 1 }
    }
    guard arguments.countsRows else {
      return EntryCounts(stored: stored, .init(first: 0, elements: [entries.entryCount]))
    }
    var counts = [Int](repeating: 0, count: Int(last - first) + 1)
    for i in entries.rowIndices { counts[Int(i - first)] += 1 }
    return EntryCounts(stored: stored, .init(first: Int(first), elements: counts))
  }

  static func combine(_ left: inout EntryCounts, _ right: EntryCounts, _: EntryCountArguments) {
    left.stored += right.stored
    guard !right.rows.elements.isEmpty else { return }
    guard !left.rows.elements.isEmpty else {
      left.rows = right.rows
      return
    }
    let first = min(left.rows.first, right.rows.first)
    let end = max(
      left.rows.first + left.rows.elements.count, right.rows.first + right.rows.elements.count)
    var sums = [Int](repeating: 0, count: end - first)
    for counts in [left.rows, right.rows] {
      for (i, n) in counts.elements.enumerated() { sums[counts.first - first + i] += n }
    }
    left.rows = EntryCounts.Counts(first: first, elements: sums)
  }
}
