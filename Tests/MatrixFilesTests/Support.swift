// Bytes as files, and the entries of what is read, for all tests of this folder.

import Foundation
import Numerics
import TesseraLocalMatrices

@testable import TesseraMatrixFiles

/// A source that delivers `bytes` in pieces of at most `pieceSize`.
final class Pieces: ByteSource {
  let name = "A"
  private let bytes: [UInt8]
  private let pieceSize: Int
  private var offset = 0

  init(_ bytes: [UInt8], of pieceSize: Int = .max) {
    self.bytes = bytes
    self.pieceSize = pieceSize
  }

  var progress: ReadProgress { ReadProgress(bytesRead: offset, totalBytes: bytes.count) }
  var remainingBytes: Int? { bytes.count - offset }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let piece = bytes[offset...].prefix(min(pieceSize, buffer.count))
    buffer.copyBytes(from: piece)
    offset += piece.count
    return piece.count
  }
}

/// A sink that keeps what it gets.
final class Kept: ByteSink {
  var bytes: [UInt8] = []
  func write(_ piece: UnsafeRawBufferPointer) { bytes += piece }
  func finish() {}
}

/// The matrix that `bytes` are in `format`.
func read<S: Scalar>(
  _ bytes: [UInt8], as scalar: S.Type = Double.self, _ format: MatrixFileFormat = .matrixMarket,
  pieces: Int = .max
) throws(FileFormatError) -> MatrixContents<S> {
  try MatrixFile.read(Pieces(bytes, of: pieces), format, as: S.self).contents
}

/// The matrix that `text` is in Matrix Market format.
func read<S: Scalar>(_ text: String, as scalar: S.Type = Double.self) throws(FileFormatError)
  -> MatrixContents<S>
{
  try read(Array(text.utf8), as: S.self)
}

/// The bytes that `contents` are in `format`.
func written<S: Scalar>(
  _ contents: MatrixContents<S>, _ format: MatrixFileFormat, symmetry: MatrixSymmetry = .general
) throws(FileFormatError) -> [UInt8] {
  let kept = Kept()
  try MatrixFile.write(contents, format, file: "A", symmetry: symmetry) { () throws(FileFormatError) in kept }
  return kept.bytes
}

/// An entry with its value bit for bit, except that every NaN is the same.
struct Entry: Hashable {
  var row: Int
  var column: Int
  var real: UInt64
  var imaginary: UInt64

  init<S: Scalar>(_ row: Int, _ column: Int, _ value: S) {
    func bits(_ x: S.Real) -> UInt64 { x.isNaN ? Double.nan.bitPattern : Double(x).bitPattern }
    self.row = row
    self.column = column
    real = bits(value.realPart)
    imaginary = bits(value.imaginaryPart)
  }
}

extension MatrixContents {
  /// All entries in the order of the file; of a dense matrix, in its storage order.
  var entries: [Entry] {
    var entries: [Entry] = []
    switch self {
    case .triplets(let matrix): matrix.forEach { entries.append(Entry($0, $1, $2)) }
    case .dense(let matrix): matrix.forEach { entries.append(Entry($0, $1, $2)) }
    }
    return entries
  }
}

/// A new empty folder, removed at the end of `body`.
func withFolder<R>(_ body: (String) throws -> R) throws -> R {
  let folder = NSTemporaryDirectory() + "tessera-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder + "/")
}

/// Whether python3 has the modules; where it has not, it is said that tests are skipped.
func pythonHas(_ modules: String) -> Bool {
  let isThere = output(of: ["python3", "-c", "import " + modules]) != nil
  if !isThere { print("skipped: python3 with \(modules) is not installed") }
  return isThere
}

/// Runs a program and returns what it printed, or nil when it failed.
func output(of arguments: [String]) -> String? {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  guard (try? process.run()) != nil else { return nil }
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
}
