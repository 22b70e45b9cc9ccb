// Options about files that several subcommands share.

import ArgumentParser
import Foundation
import Tessera

extension MatrixFileFormat: ExpressibleByArgument {
  /// The names of all formats, for help.
  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension ScalarKind: ExpressibleByArgument {
  /// The narrowest that holds both.
  func wider(_ other: ScalarKind) -> ScalarKind {
    let isDouble = [self, other].contains { $0 == .double || $0 == .complexDouble }
    return isComplex || other.isComplex
      ? (isDouble ? .complexDouble : .complexFloat) : (isDouble ? .double : .float)
  }
}

extension ProgressBar.Mode: ExpressibleByArgument {}

/// How to show a result and its progress.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print the result as one JSON object.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Show progress on standard error: auto (on a terminal), always, never.", valueName: "when"))
  var progress: ProgressBar.Mode = .auto
}

/// Reads the matrix in `path` with a progress bar. A note tells of whole numbers that are not what they were.
func readMatrix<S: Scalar>(
  _ path: String, as scalar: S.Type, format: MatrixFileFormat?,
  options: MatrixReadOptions = MatrixReadOptions(), progress: ProgressBar.Mode
) throws(FileFormatError) -> (header: MatrixFileHeader, contents: MatrixContents<S>) {
  var bar: ProgressBar?
  defer { bar?.finish() }
  let read = try MatrixFile.read(path, as: S.self, format: format, options: options) { state in
    if bar == nil {
      bar = ProgressBar(
        label: "reading \(path)", total: state.totalBytes, unit: .bytes, mode: progress)
    }
    bar?.advance(to: state.bytesRead)
  }
  if read.header.roundedIntegers.count > 0 {
    bar?.finish()
    note(read.header.roundedIntegers, in: path, as: S.self)
  }
  return read
}

/// Tells of whole numbers that are not what they were.
func note(_ rounded: RoundedIntegers, in path: String, as scalar: (some Scalar).Type) {
  guard rounded.count > 0 else { return }
  let place = rounded.first.map { ", the first in row \($0.row + 1), column \($0.column + 1)" } ?? ""
  Report.note(
    "tessera: \(path): whole numbers of 2^53 and more become the nearest \(scalar.kind.rawValue): "
      + "\(rounded.count)\(place)")
}

/// Writes `contents` to `path` with a progress bar.
func writeMatrix<S: Scalar>(
  _ contents: MatrixContents<S>, to path: String, format: MatrixFileFormat? = nil,
  options: MatrixWriteOptions = MatrixWriteOptions(), symmetry: MatrixSymmetry = .general,
  progress: ProgressBar.Mode
) throws(FileFormatError) {
  let bar = ProgressBar(label: "writing \(path)", total: nil, unit: .bytes, mode: progress)
  defer { bar.finish() }
  try MatrixFile.write(contents, to: path, format: format, options: options, symmetry: symmetry) {
    bar.advance(to: $0)
  }
}

/// Reads the matrix in `path` in slabs on the workers, each its own parts where they can, else with a progress bar. A
/// note tells of whole numbers that are not what they were.
func readRows<S: Scalar>(
  _ path: String, format: MatrixFileFormat? = nil, options: MatrixReadOptions = MatrixReadOptions(),
  partitions: Int?, on cluster: Cluster, progress: ProgressBar.Mode
) async throws -> RowMatrix<S> {
  try await readOnWorkers(path, progress) {
    try await RowMatrix.read(
      path, format: format, options: options, partitions: partitions, on: cluster, progress: $0, rounded: $1)
  }
}

/// Reads the entries in `path` as they stand there onto the workers, in the same way.
func readEntries<S: Scalar>(
  _ path: String, format: MatrixFileFormat?, options: MatrixReadOptions, on cluster: Cluster,
  progress: ProgressBar.Mode
) async throws -> CoordinateMatrix<S> {
  try await readOnWorkers(path, progress) {
    try await CoordinateMatrix.read(
      path, format: format, options: options, on: cluster, progress: $0, rounded: $1)
  }
}

/// Reads the matrix in `path` in blocks on the workers, in the same way.
func readBlocks<S: Scalar>(
  _ path: String, format: MatrixFileFormat?, options: MatrixReadOptions, grid: Partitioning?,
  on cluster: Cluster, progress: ProgressBar.Mode
) async throws -> BlockMatrix<S> {
  try await readOnWorkers(path, progress) {
    try await BlockMatrix.read(
      path, format: format, options: options, grid: grid, on: cluster, progress: $0, rounded: $1)
  }
}

/// Calls `read` with what is to be told of how far the driver has come, which is nothing where the workers read, and of
/// whole numbers that were rounded.
private func readOnWorkers<Matrix: DistributedMatrix>(
  _ path: String, _ progress: ProgressBar.Mode,
  _ read: (@escaping (ReadProgress) -> Void, @escaping (RoundedIntegers) -> Void) async throws -> Matrix
) async throws -> Matrix {
  var bar: ProgressBar?
  defer { bar?.finish() }
  return try await read(
    { state in
      if bar == nil {
        bar = ProgressBar(label: "reading \(path)", total: state.totalBytes, unit: .bytes, mode: progress)
      }
      bar?.advance(to: state.bytesRead)
    },
    {
      bar?.finish()
      note($0, in: path, as: Matrix.Element.self)
    })
}

/// Writes a distributed matrix to `path`, slab after slab, with a progress bar. Returns its nonzeros.
func writeMatrix(
  _ matrix: some DistributedMatrix, to path: String, format: MatrixFileFormat? = nil,
  options: MatrixWriteOptions = MatrixWriteOptions(), progress: ProgressBar.Mode
) async throws -> Int {
  let bar = ProgressBar(label: "writing \(path)", total: nil, unit: .bytes, mode: progress)
  defer { bar.finish() }
  return try await matrix.write(to: path, format: format, options: options) { bar.advance(to: $0) }
}

/// What the file at `path` declares where it can be read twice; nil for standard input, pipes and sockets.
func headerOfFile(
  _ path: String, format: MatrixFileFormat?, options: MatrixReadOptions = MatrixReadOptions()
) throws(FileFormatError) -> MatrixFileHeader? {
  canBeReadTwice(path) ? try MatrixFile.readHeader(path, format: format, options: options) : nil
}

/// Whether what is at `path` is there for a second reader: not so of standard input, pipes and sockets.
func canBeReadTwice(_ path: String) -> Bool {
  var status = stat()
  return path != "-"
    && (stat(path, &status) != 0 || [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT))
}

/// The scalar of the numbers in `path` where they can be read twice; nil otherwise.
func scalarOfFile(
  _ path: String, format: MatrixFileFormat?, options: MatrixReadOptions = MatrixReadOptions()
) throws(FileFormatError) -> ScalarKind? {
  try headerOfFile(path, format: format, options: options)?.scalar
}

/// Checks, before anything is computed, that outputs can be created and are neither the input, where one is named, nor
/// each other.
///
/// - Throws: `usage` for names that stand for the same file, `cannotCreate` for folders that do not take a
///   file.
func checkOutputs(_ outputs: [String?], input: String?) throws(FileFormatError) {
  var taken: [String: String] = [:]
  if let input { taken[canonical(input)] = "the input" }
  for path in outputs.compactMap({ $0 }) {
    // What cannot be replaced can be read and written at once, but two files one after the other are none.
    let isStandardOutput = StandardOutput.isNamed(path)
    if !isStandardOutput, StandardOutput.isDevice(path) { continue }
    let url = URL(filePath: path)
    let name = isStandardOutput ? "standard output" : canonical(path)
    if let other = taken.updateValue("another output", forKey: name) {
      throw FileFormatError(.usage, file: path, "is \(other) too")
    }
    if isStandardOutput { continue }
    let folder = url.deletingLastPathComponent().path
    guard access(folder.isEmpty ? "." : folder, W_OK | X_OK) == 0 else {
      throw FileFormatError(.cannotCreate, file: path, "its folder is absent or cannot be written")
    }
  }
}

/// The format to read one of several inputs in: a name that tells one is believed, because what is said of one file is
/// not said of the other.
func formatOfOne(_ path: String, told: MatrixFileFormat?) -> MatrixFileFormat? {
  (try? MatrixFileFormat.inferred(fromName: path)) ?? told
}

/// Checks that not both inputs are standard input.
func checkInputs(_ first: String, _ second: String) throws {
  if first == "-", second == "-" { throw ValidationError("Standard input holds one matrix, not two.") }
}

/// Checks that the name of a picture says what it is.
///
/// - Throws: `usage`.
func checkPicture(_ path: String?) throws(FileFormatError) {
  guard let path, !StandardOutput.isDevice(path), !path.lowercased().hasSuffix(".svg") else { return }
  throw FileFormatError(.usage, file: path, "pictures are SVG; the name must end in .svg")
}

/// The path without links and detours, so that one file has one name.
private func canonical(_ path: String) -> String {
  URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath().path
}
