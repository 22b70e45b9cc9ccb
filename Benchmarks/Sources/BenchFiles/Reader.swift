// The memory that reading a file takes, in a process that does nothing else: in one that has worked before, memory that
// was freed and not given back hides what is asked for anew.

import ArgumentParser
import BenchSupport
import Foundation
import Tessera

/// What a file is read to.
enum ReadingTarget: String, CaseIterable, ExpressibleByArgument {
  /// What the reader returns.
  case entries
  case compressedRows = "compressed-rows"

  var title: String { self == .entries ? "" : ", to compressed rows" }
}

/// What a reader says when it is done.
struct ReadingMemory: Codable {
  /// The most that the process has had; nil where the kernel does not say.
  let peakBytes: Int?
  /// Of the matrix.
  let matrixBytes: Int
}

/// Reads a file in a process of its own.
func readingApart(_ file: String, _ target: ReadingTarget) throws -> ReadingMemory {
  let output = try run(
    Bundle.main.executablePath ?? CommandLine.arguments[0], ["reader", file, target.rawValue])
  return try JSONDecoder().decode(ReadingMemory.self, from: output)
}

/// That process.
struct Reader: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read a file and say what memory that took.", shouldDisplay: false)

  @Argument var file: String
  @Argument var target: ReadingTarget

  func run() throws {
    let matrixBytes = try self.matrixBytes()
    let found = ReadingMemory(peakBytes: PeakMemory.bytes, matrixBytes: matrixBytes)
    print(String(decoding: try JSONEncoder().encode(found), as: UTF8.self))
  }

  private func matrixBytes() throws -> Int {
    switch (target, try MatrixFile.read(file, as: Double.self).contents) {
    case (.entries, .triplets(let a)): return 16 * a.entryCount
    case (.entries, .dense(let a)): return 8 * a.rows * a.columns
    case (.compressedRows, let contents):
      let rows = try LocalMatrix(contents)
      return 12 * rows.storedCount + 8 * (rows.rows + 1)
    }
  }
}
