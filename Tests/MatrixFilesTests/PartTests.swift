// The parts of a file, put together, are the file, whatever their number; and their errors name lines of the
// whole file.

import Foundation
import Numerics
import Testing
import TesseraLocalMatrices

@testable import TesseraMatrixFiles

@Suite(.timeLimit(.minutes(30))) struct PartTests {
  @Test func partsOfCoordinateFilesAreTheFile() throws {
    let texts = [
      "%%MatrixMarket matrix coordinate real general\n% c\n3 4 6\n1 1 1.5\n\n2 3 -2e3\n% x\n3 2 4\n1 4 .5\n"
        + "2 2 123456789.123456789\n 3 1   0.1234567890123456 \n",
      "%%MatrixMarket matrix coordinate complex hermitian\n3 3 3\n1 1 3 0\n2 1 1 -1\n3 3 -0 0",
      "%%MatrixMarket matrix coordinate pattern general\n0 7 0",
      "%%MatrixMarket matrix coordinate pattern general\n% long comment\n\n5 7 1\n\n\n5 7\n\n\n",
    ]
    try withFolder { folder in
      for unix in texts {
        for text in [unix, unix.replacing("\n", with: "\r\n")] {
          let path = folder + "a.mtx"
          try text.write(toFile: path, atomically: false, encoding: .utf8)
          let whole = try MatrixFile.read(path, as: Complex<Double>.self)
          for parts in [1, 2, 3, 7, text.utf8.count, 2 * text.utf8.count] {
            var (entries, stored): ([Entry], Int) = ([], 0)
            for part in 0..<parts {
              let read = try MatrixFile.read(path, part: part, of: parts, as: Complex<Double>.self)
              #expect(read.contents.shape == whole.contents.shape && read.firstRow == 0)
              entries += read.contents.entries
              stored += read.storedEntries
            }
            #expect(stored == whole.header.storedEntries)
            if whole.header.symmetry == .general {
              #expect(entries == whole.contents.entries)
            } else {
              #expect(Set(entries) == Set(whole.contents.entries))
            }
          }
        }
      }
    }
  }

  @Test func partsOfArraysAreRowsOfEitherOrder() throws {
    try withFolder { folder in
      for order in [StorageOrder.rowMajor, .columnMajor] {
        for (rows, columns) in [(7, 3), (0, 3), (5, 0), (1, 1)] {
          var dense = DenseMatrix<Double>(zeros: rows, columns, order: order)
          for i in 0..<rows { for j in 0..<columns { dense[i, j] = Double(10 * i + j) } }
          for path in [folder + "a.npy", folder + "a.idx"] {
            try MatrixFile.write(.dense(dense), to: path)
            #expect(try MatrixFile.headerOfParts(path)?.rows == rows)
            for parts in [1, 2, 5, 9] {
              var next = 0
              for part in 0..<parts {
                let read = try MatrixFile.read(path, part: part, of: parts, as: Double.self)
                guard case .dense(let slab) = read.contents else {
                  Issue.record("not dense")
                  continue
                }
                #expect(read.firstRow == next && slab.columns == columns)
                for i in 0..<slab.rows {
                  for j in 0..<columns { #expect(slab[i, j] == Double(10 * (next + i) + j)) }
                }
                next += slab.rows
              }
              #expect(next == rows)
            }
          }
        }
      }
    }
  }

  @Test func partsOfRowsAreTheFile() throws {
    let texts: [(String, String, MatrixReadOptions)] = [
      ("a.csv", "x,\"y z\",w\n# c\n1, 2.5,3\n\n-3e2,4,-0\n7,8,\"9\"\n\n#\n1,2,3", MatrixReadOptions()),
      ("a.csv", "(1+2j),2\n3,4j\n5,nan\n", MatrixReadOptions()),
      ("a.csv", "1;2\n3;4\n5;6\n", MatrixReadOptions(delimiter: UInt8(ascii: ";"), headerRow: .present)),
      ("a.tsv", "1\t2\n\n\t\n3\tnan\n5\t6\n", MatrixReadOptions()),
      ("a.csv", "x,y\n", MatrixReadOptions()), ("a.csv", "", MatrixReadOptions()),
      ("a.svm", "1 qid:1 1:2.5 4:1 # c\n-1 qid:2 3:.5\n# d\n2 qid:2\n3 qid:4 2:1 2:3\n", MatrixReadOptions()),
      ("a.svm", "1 0:1\n\n 2 3:4 0:1\n1", MatrixReadOptions(isZeroBased: true, columns: 7)),
      ("a.svm", "", MatrixReadOptions()),
    ]
    try withFolder { folder in
      for (name, unix, options) in texts {
        for text in [unix, unix.replacing("\n", with: "\r\n")] {
          let path = folder + name
          try text.write(toFile: path, atomically: false, encoding: .utf8)
          let whole = try MatrixFile.read(path, as: Complex<Double>.self, options: options)
          let header = try #require(try MatrixFile.headerOfParts(path, options: options))
          #expect(header.rows == whole.header.rows && header.columns == whole.header.columns)
          #expect(header.storedEntries == whole.header.storedEntries)
          for parts in 1...17 {
            var (entries, stored, rows): ([Entry], Int, Int) = ([], 0, 0)
            for part in 0..<parts {
              let read = try MatrixFile.read(
                path, part: part, of: parts, as: Complex<Double>.self, options: options)
              stored += read.storedEntries
              switch read.contents {
              case .triplets(let list):
                #expect(list.shape == whole.contents.shape && read.firstRow == 0)
                entries += read.contents.entries
              case .dense(let slab):
                #expect(read.firstRow == rows && slab.columns == whole.contents.shape.columns)
                slab.forEach { entries.append(Entry(rows + $0, $1, $2)) }
                rows += slab.rows
              }
            }
            #expect(stored == whole.header.storedEntries, "\(parts) parts of \(text)")
            #expect(entries == whole.contents.entries, "\(parts) parts of \(text)")
          }
        }
      }
    }
  }

  /// More than a block of lines, so that the places of rows are searched for; an error in the last part.
  @Test func partsOfLongTablesAreTheirRows() throws {
    try withFolder { folder in
      let path = folder + "a.csv"
      let count = 300_000
      var text = "n,square\n"
      for i in 0..<count { text += i % 7 == 0 ? "# c\n\(i),\(i % 1000)\n" : "\(i),\(i % 1000)\n" }
      try text.write(toFile: path, atomically: false, encoding: .utf8)
      var next = 0
      for part in 0..<5 {
        let read = try MatrixFile.read(path, part: part, of: 5, as: Double.self)
        guard case .dense(let slab) = read.contents else {
          Issue.record("not dense")
          return
        }
        #expect(read.firstRow == next && slab.rows == count / 5)
        for i in 0..<slab.rows where slab[i, 0] != Double(next + i) || slab[i, 1] != Double((next + i) % 1000)
        {
          Issue.record("row \(next + i)")
          return
        }
        next += slab.rows
      }
      try (text + "1,x\n").write(toFile: path, atomically: false, encoding: .utf8)
      let line = text.count { $0 == "\n" } + 1
      let error = #expect(throws: FileFormatError.self) {
        try MatrixFile.read(path, part: 4, of: 5, as: Double.self)
      }
      #expect(error?.position == .line(line, column: 3))
      #expect(throws: Never.self) { try MatrixFile.read(path, part: 3, of: 5, as: Double.self) }
    }
  }

  @Test func errorsOfAPartNameTheLineOfTheFile() throws {
    try withFolder { folder in
      let path = folder + "a.mtx"
      let lines = (1...100).map { $0 == 80 ? "1 1 x" : "1 1 1" }.joined(separator: "\n")
      try ("%%MatrixMarket matrix coordinate real general\n1 1 100\n" + lines + "\n").write(
        toFile: path, atomically: false, encoding: .utf8)
      for parts in [1, 3, 10] {
        var messages: [String] = []
        for part in 0..<parts {
          do throws(FileFormatError) {
            _ = try MatrixFile.read(path, part: part, of: parts, as: Double.self)
          } catch {
            messages.append(error.description)
          }
        }
        #expect(messages.count == 1 && messages[0].hasPrefix("\(path):82:5:"))
      }
    }
  }

  /// A byte order mark is one at the beginning of the file and nowhere else, wherever a part begins.
  @Test func marksAreMarksAtTheBeginningOnly() throws {
    let mark = "\u{feff}"
    let head = "%%MatrixMarket matrix coordinate real general\n"
    let texts = [
      ("a.mtx", mark + head + "2 2 2\n1 1 1\n2 2 2\n"), ("a.mtx", head + "2 2 2\n1 1 1\n\(mark)2 2 2\n"),
      ("a.mtx", head + "2 2 2\n\(mark)1 1 1\n2 2 2\n"), ("a.csv", mark + "1,2\n3,4\n5,6\n"),
      ("a.csv", mark + "x,y\n3,4\n5,6\n"), ("a.csv", mark + "# c\n3,4\n5,6\n"),
      ("a.csv", mark + " \n\n3,4\n5,6"), ("a.csv", "1,2\n\(mark)3,4\n5,6\n"),
      ("a.csv", "1,2\n3,4\n\(mark)5,6"), ("a.csv", "\n\(mark)1,2\n3,4\n"), ("a.csv", mark),
      ("a.svm", mark + "1 1:2\n2 2:3\n3 3:4\n"), ("a.svm", mark + "# c\n2 2:3\n3 3:4\n"),
      ("a.svm", "1 1:2\n\(mark)2 2:3\n3 3:4\n"), ("a.svm", "1 1:2\n2 2:3\n\(mark)3 3:4\n"),
    ]
    let options = MatrixReadOptions(columns: 3)
    try withFolder { folder in
      for (name, text) in texts {
        let path = folder + name
        try Data(text.utf8).write(to: URL(filePath: path))
        let whole = verdict {
          try MatrixFile.read(path, as: Double.self, options: options).contents.entries
        }
        let hasMark = text.utf8.contains(0xef)
        #expect((whole.message == nil) == (!hasMark || text.utf8.first == 0xef), "\(text)")
        for parts in 1...7 {
          let together = verdict {
            var (entries, rows): ([Entry], Int) = ([], 0)
            for part in 0..<parts {
              let read = try MatrixFile.read(path, part: part, of: parts, as: Double.self, options: options)
              switch read.contents {
              case .triplets: entries += read.contents.entries
              case .dense(let slab):
                slab.forEach { entries.append(Entry(rows + $0, $1, $2)) }
                rows += slab.rows
              }
            }
            return entries
          }
          #expect(together == whole, "\(parts) parts of \(text)")
        }
      }
    }
  }

  /// What reading ends in.
  private struct Verdict: Equatable {
    var entries: [Entry]?
    var message: String?
  }

  private func verdict(_ read: () throws -> [Entry]) -> Verdict {
    do {
      return Verdict(entries: try read())
    } catch {
      return Verdict(message: "\(error)")
    }
  }

  @Test func compressedFilesHaveNoParts() throws {
    try withFolder { folder in
      let path = folder + "a.mtx.gz"
      try MatrixFile.write(.dense(DenseMatrix<Double>(zeros: 2, 2)), to: path)
      #expect(try MatrixFile.headerOfParts(path) == nil)
      #expect(throws: FileFormatError.self) {
        try MatrixFile.read(path, part: 0, of: 1, as: Double.self)
      }
    }
  }
}
