// Text that is not what it should be from its first line on is called by its name: UTF-16, and lines that end in a
// carriage return alone. A mark of UTF-8 is no part of the text.

import Foundation
import Testing
import TesseraLocalMatrices

@testable import TesseraMatrixFiles

@Suite struct TextStartTests {
  private static let texts: [(MatrixFileFormat, String)] = [
    (.matrixMarket, "%%MatrixMarket matrix coordinate real general\n% c\n2 2 2\n1 1 1\n2 2 2\n"),
    (.csv, "1,2\n3,4\n5,6\n"), (.csv, "x,y\n3,4\n5,6\n"), (.tsv, "1\t2\n3\t4\n"), (.csv, "# c\n1,2\n3,4\n"),
    (.svmlight, "1 1:2\n2 2:3\n"),
  ]

  private func error(_ bytes: [UInt8], _ format: MatrixFileFormat, pieces: Int, blockSize: Int)
    -> FileFormatError?
  {
    do throws(FileFormatError) {
      _ = try MatrixFile.read(
        Pieces(bytes, of: pieces), format, as: Double.self, MatrixReadOptions(threads: 1),
        blockSize: blockSize
      )
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: texts) func whatATextIsNotIsSaid(format: MatrixFileFormat, text: String) throws {
    let firstLine = text.split(separator: "\n")[0].utf8.count
    let unusual: [(bytes: [UInt8], place: FileFormatError.Position, word: String)] = [
      (
        [0xff, 0xfe] + text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }, .line(1, column: 1), "UTF-16"
      ),
      (
        [0xfe, 0xff] + text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }, .line(1, column: 1), "UTF-16"
      ),
      (Array(text.replacing("\n", with: "\r").utf8), .line(1, column: firstLine + 1), "CR alone"),
    ]
    for (bytes, place, word) in unusual {
      for (pieces, blockSize) in [(Int.max, 1 << 20), (1, 1 << 20), (.max, 1), (3, 7), (.max, 24)] {
        let error = error(bytes, format, pieces: pieces, blockSize: blockSize)
        #expect(error?.kind == .badData && error?.position == place && error?.message.contains(word) == true)
      }
      try withFolder { folder in
        let path = folder + "a"
        try Data(bytes).write(to: URL(filePath: path))
        for read in [
          { _ = try MatrixFile.readHeader(path, format: format) },
          { _ = try MatrixFile.readHead(path, count: 1, as: Double.self, format: format) },
          { _ = try MatrixFile.headerOfParts(path, format: format) },
          { _ = try MatrixFile.read(path, part: 1, of: 2, as: Double.self, format: format) },
        ] as [() throws -> Void] {
          let error = #expect(throws: FileFormatError.self) { try read() }
          #expect(error?.position == place && error?.message.contains(word) == true)
        }
      }
    }
    for usual in [
      text, "\u{feff}" + text, text.replacing("\n", with: "\r\n"), text.replacing("\n", with: "\r\r\n"),
    ] {
      for (pieces, blockSize) in [(Int.max, 1 << 20), (1, 1)] {
        #expect(error(Array(usual.utf8), format, pieces: pieces, blockSize: blockSize) == nil)
      }
    }
  }

  /// One line that only the end of the file ends may end as it likes.
  @Test func aCarriageReturnAtTheEndIsABlank() throws {
    #expect(try read(Array("1,2\r".utf8), .csv).shape == Shape(1, 2))
    #expect(try read(Array("1 1:2\r".utf8), .svmlight).shape == Shape(1, 1))
  }
}
