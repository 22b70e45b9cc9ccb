// The names of a table's columns: they are read, written and read back as they are, whatever is in them.

import Foundation
import Testing
import TesseraLocalMatrices

@testable import TesseraMatrixFiles

@Suite struct ColumnNameTests {
  private static let odd = [
    "x", "y z", " blanks ", "", "a,b;c\td", "#", "say \"a\"", "\"", "caf\u{e9}", "-", "nan", "\u{feff}x",
  ]

  @Test(arguments: [
    (MatrixFileFormat.csv, nil), (.tsv, nil), (.csv, UInt8(ascii: ";")), (.csv, UInt8(ascii: " ")),
  ])
  func namesAreReadAsTheyWereWritten(_ format: MatrixFileFormat, _ delimiter: UInt8?) throws {
    // Each of them comes first once: what may not begin a line is in quotation marks.
    for first in Self.odd.indices {
      let names = Array(Self.odd[first...] + Self.odd[..<first])
      for rows in [0, 2] {
        let kept = Kept()
        let matrix = DenseMatrix<Double>(rows: rows, columns: names.count) { i, j in Double(i - j) / 4 }
        try MatrixFile.write(
          .dense(matrix), format, file: "A", MatrixWriteOptions(delimiter: delimiter, columnNames: names),
          symmetry: .general
        ) { () throws(FileFormatError) in kept }
        let options = MatrixReadOptions(delimiter: delimiter, headerRow: .present)
        let (header, contents) = try MatrixFile.read(Pieces(kept.bytes), format, as: Double.self, options)
        #expect(header.columnNames == names)
        #expect(contents.shape == matrix.shape)
        guard case .dense(let back) = contents else { throw FileFormatError(.badData, file: "A", "a list") }
        #expect(back.elements(in: .rowMajor) == matrix.elements(in: .rowMajor))
      }
    }
  }

  @Test func pieceAfterPieceMakesTheSameTable() throws {
    try withFolder { folder in
      let a = DenseMatrix<Double>(rows: 5, columns: 2) { i, j in Double(2 * i + j) }
      let options = MatrixWriteOptions(delimiter: UInt8(ascii: "|"), columnNames: ["x", "y|z"])
      let writer = try MatrixFileWriter<Double>(folder + "a.csv", .csv, a.shape, .array, options: options)
      for i in 0..<5 { try writer.write(.dense(try a[i..<i + 1, 0..<2])) }
      try writer.finish()
      try MatrixFile.write(.dense(a), to: folder + "b.csv", options: options)
      let text = try String(contentsOfFile: folder + "a.csv", encoding: .utf8)
      #expect(text == "x|\"y|z\"\n0|1\n2|3\n4|5\n6|7\n8|9\n")
      #expect(try String(contentsOfFile: folder + "b.csv", encoding: .utf8) == text)
    }
  }

  @Test func namesThatCannotBeThoseOfTheColumnsAreRefused() throws {
    try withFolder { folder in
      for names in [["x"], ["x", "y", "z"], ["x", "a\nb"], ["x", "a\rb"]] {
        let error = #expect(throws: FileFormatError.self) {
          try MatrixFile.write(
            .dense(DenseMatrix<Double>([[1, 2]])), to: folder + "a.csv",
            options: MatrixWriteOptions(columnNames: names))
        }
        #expect(error?.kind == .usage)
      }
    }
  }
}
