// How long a line may be: what is unpacked or piped is refused before it takes much, what stands on a disk is read.

import Foundation
import Testing
import TesseraLocalMatrices

@testable import TesseraMatrixFiles

/// A stream that goes on for ever in one line.
private final class Endless: ByteSource {
  let name = "A"
  private let text: [UInt8]
  /// How much of it has been asked for.
  private(set) var delivered = 0

  init(_ text: String) { self.text = Array(text.utf8) }

  var progress: ReadProgress { ReadProgress(bytesRead: delivered, totalBytes: nil) }
  var remainingBytes: Int? { nil }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    for place in buffer.indices { buffer[place] = text[(delivered + place) % text.count] }
    delivered += buffer.count
    return buffer.count
  }
}

@Suite(.timeLimit(.minutes(30))) struct LongLineTests {
  @Test(
    arguments: [
      (.csv, "12345678901234567,", 256), (.svmlight, "12345:1 ", 256), (.matrixMarket, "%%MatrixMarket ", 16),
    ] as [(MatrixFileFormat, String, Int)])
  func aStreamWithoutAnEndIsRefusedAtTheLongestLine(format: MatrixFileFormat, text: String, limit: Int) {
    let source = Endless(text)
    let error = #expect(throws: FileFormatError.self) {
      try MatrixFile.read(source, format, as: Double.self)
    }
    #expect(error?.position == .line(1, column: limit << 20))
    #expect(error?.message.contains("a line of at most \(limit) MiB") == true, "\(error?.description ?? "")")
    #expect(source.delivered <= limit << 20)
  }

  /// A row of a vector of 16 million numbers, as we would write it.
  @Test func aFileOnADiskIsItsOwnLimit() throws {
    try withFolder { folder in
      let path = folder + "a.csv"
      let columns = 16_000_000
      var text = [UInt8](repeating: 0, count: 0)
      text.reserveCapacity(18 * columns)
      for _ in 0..<columns { text += "0.123456789012345,".utf8 }
      text[text.count - 1] = newline
      try Data(text).write(to: URL(filePath: path))
      try #require(text.count > LineBlocks.longestStreamedRow)
      text = []
      let contents = try MatrixFile.read(path, as: Double.self).contents
      #expect(contents.shape == Shape(1, columns))
      #expect(try MatrixFile.headerOfParts(path)?.columns == columns)
    }
  }

  /// Lines of which each is alone on its way, among others of which several are: the same on any number of threads.
  @Test func longRowsStandAmongShortOnes() throws {
    let long = String(repeating: "1:1 3:2 ", count: 2_200_000)
    var text: [UInt8] = []
    for row in 0..<3000 {
      text += "\(row) 2:\(row)\n".utf8
      if row % 1000 == 500 { text += "-1 \(long)\n".utf8 }
    }
    text += "5 1:x\n".utf8
    let good = text.dropLast(6)
    let matrices = try [1, 2, 5].map { threads in
      let source = Pieces(Array(good))
      let rows = try SvmlightReader(source, MatrixReadOptions(threads: threads))
        .matrix(as: Float.self, progress: nil).matrix
      #expect(rows.labels.count == 3003 && rows.features.entryCount == 3000 + 3 * 4_400_000)
      return rows
    }
    for other in matrices.dropFirst() {
      #expect(other.labels == matrices[0].labels)
      #expect(other.features.rowIndices == matrices[0].features.rowIndices)
      #expect(other.features.columnIndices == matrices[0].features.columnIndices)
      #expect(other.features.storage == matrices[0].features.storage)
    }
    for threads in [1, 3] {
      let error = #expect(throws: FileFormatError.self) {
        try MatrixFile.read(Pieces(text), .svmlight, as: Float.self, MatrixReadOptions(threads: threads))
      }
      #expect(error?.position == .line(3004, column: 5))
    }
  }
}
