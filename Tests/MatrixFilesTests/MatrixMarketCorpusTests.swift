// Odd and malformed Matrix Market files, each with its verdict: the sum of its entries, or the place of the
// first lie.

import Numerics
import Testing
import TesseraLocalMatrices

@testable import TesseraMatrixFiles

/// A file and what is to become of it.
private struct Case: CustomTestStringConvertible, Sendable {
  enum Verdict: Sendable, Equatable {
    case sum(Double)
    case notANumber
    case lie(line: Int, column: Int)
  }

  let name: String
  let text: String
  let verdict: Verdict

  init(_ name: String, _ text: String, _ verdict: Verdict) {
    self.name = name
    self.text = text
    self.verdict = verdict
  }

  var testDescription: String { name }
}

private func lie(_ line: Int, _ column: Int) -> Case.Verdict { .lie(line: line, column: column) }

/// A coordinate file of 3 x 3 whose entry lines, from line 3, are `lines`.
private func entries(
  _ lines: String, _ count: Int = 1, field: String = "real", symmetry: String = "general"
) -> String {
  "%%MatrixMarket matrix coordinate \(field) \(symmetry)\n3 3 \(count)\n\(lines)"
}

/// An array file of n x n whose values, from line 3, are `lines`.
private func array(
  _ lines: String, _ rows: Int = 2, _ columns: Int = 1, field: String = "real",
  symmetry: String = "general"
) -> String {
  "%%MatrixMarket matrix array \(field) \(symmetry)\n\(rows) \(columns)\n\(lines)"
}

private let banner = "%%MatrixMarket matrix coordinate real general\n"

private let odd: [Case] = [
  Case("plain", entries("1 2 3.5\n"), .sum(3.5)),
  Case("no last newline", entries("1 2 3.5"), .sum(3.5)),
  Case("CR LF", "%%MatrixMarket matrix coordinate real general\r\n3 3 1\r\n1 2 3.5\r\n", .sum(3.5)),
  Case("tabs", entries("1\t2\t\t3.5\t\n"), .sum(3.5)),
  Case("leading blanks", entries("   1  2   3.5  \n"), .sum(3.5)),
  Case("blank lines", entries("\n\n 1 2 3.5\n\n  \n"), .sum(3.5)),
  Case("comments between entries", entries("% one\n1 2 3.5\n%two\n  % three\n"), .sum(3.5)),
  Case("comments before sizes", banner + "%\n%%GraphBLAS type double\n\n3 3 1\n1 1 1", .sum(1)),
  Case("NUL in a comment", banner + "% \0\n3 3 1\n1 1 1", .sum(1)),
  Case("capitals", "%%MATRIXMARKET Matrix COORDINATE Real General\n3 3 1\n1 1 1\n", .sum(1)),
  Case("byte order mark", "\u{feff}" + entries("1 1 1\n"), .sum(1)),
  Case("leading plus", entries("+1 +2 +3.5\n"), .sum(3.5)),
  Case("exponent", entries("1 1 1.5E+3\n"), .sum(1500)),
  Case("small exponent letter", entries("1 1 15e-1\n"), .sum(1.5)),
  Case("Fortran exponent", entries("1 1 1.0D+02\n"), .sum(100)),
  Case("small Fortran exponent", entries("1 1 1d2\n"), .sum(100)),
  Case("long Fortran number", entries("1 1 1.00000000000000000000000001D+02\n"), .sum(100)),
  Case("no digit before the point", entries("1 1 .5\n"), .sum(0.5)),
  Case("no digit behind the point", entries("1 1 5.\n"), .sum(5)),
  Case("leading zeros", entries("001 0000000000000000000000002 0003.50\n"), .sum(3.5)),
  Case("nan", entries("1 1 nan\n"), .notANumber),
  Case("-NaN", entries("1 1 -NaN\n"), .notANumber),
  Case("Inf", entries("1 1 Inf\n"), .sum(.infinity)),
  Case("-INF", entries("1 1 -INF\n"), .sum(-.infinity)),
  Case("infinity", entries("1 1 +Infinity\n"), .sum(.infinity)),
  Case("too large is infinite", entries("1 1 1e999\n"), .sum(.infinity)),
  Case("too small is zero", entries("1 1 1e-999999999999999999999\n"), .sum(0)),
  Case("unsorted", entries("3 3 1\n1 1 2\n2 1 4\n", 3), .sum(7)),
  Case("duplicates add up", entries("1 1 1\n1 1 2\n", 2), .sum(3)),
  Case("integer", entries("1 1 -7\n", field: "integer"), .sum(-7)),
  Case("large integer", entries("1 1 9223372036854775807\n", field: "integer"), .sum(0x1p63)),
  Case("pattern", entries("1 1\n3 2\n", 2, field: "pattern"), .sum(2)),
  Case("symmetric", entries("1 1 1\n3 2 4\n", 2, symmetry: "symmetric"), .sum(9)),
  Case("skew-symmetric", entries("3 2 4\n", symmetry: "skew-symmetric"), .sum(0)),
  Case("skew zero diagonal", entries("2 2 0\n", symmetry: "skew-symmetric"), .sum(0)),
  Case("symmetric pattern", entries("3 1\n", field: "pattern", symmetry: "symmetric"), .sum(2)),
  Case("no entries", entries("", 0), .sum(0)),
  Case("no rows", banner + "0 5 0\n", .sum(0)),
  Case("array", array("1\n2\n"), .sum(3)),
  Case("integer array", array("1\n-2\n", field: "integer"), .sum(-1)),
  Case("symmetric array", array("1\n2\n3\n", 2, 2, symmetry: "symmetric"), .sum(8)),
  Case("skew-symmetric array", array("5\n", 2, 2, symmetry: "skew-symmetric"), .sum(0)),
  Case("empty array", array("", 0, 7), .sum(0)),
  Case("empty symmetric array", array("% nothing\n", 0, 0, symmetry: "symmetric"), .sum(0)),
  Case("long comment", banner + "%" + String(repeating: "x", count: 3 << 20) + "\n3 3 1\n1 1 1\n", .sum(1)),
  Case("long last comment", entries("1 1 1\n%" + String(repeating: "y", count: 3 << 20)), .sum(1)),
  Case("long number", entries("1 1 1." + String(repeating: "0", count: 2 << 20) + "\n"), .sum(1)),
]

private let malformed: [Case] = [
  Case("empty file", "", lie(1, 1)),
  Case("no banner", "3 3 1\n1 1 1\n", lie(1, 1)),
  Case("one percent sign", "%MatrixMarket matrix coordinate real general\n1 1 0\n", lie(1, 1)),
  Case("blank line before the banner", "\n" + entries("1 1 1\n"), lie(1, 1)),
  Case("UTF-16", "\u{fffe}%\0%\0", lie(1, 1)),
  Case("banner cut short", "%%MatrixMarket", lie(1, 15)),
  Case("a vector", "%%MatrixMarket vector coordinate real general\n", lie(1, 16)),
  Case("unknown layout", "%%MatrixMarket matrix sparse real general\n", lie(1, 23)),
  Case("unknown field", "%%MatrixMarket matrix coordinate double general\n", lie(1, 34)),
  Case("unknown symmetry", "%%MatrixMarket matrix coordinate real lower\n", lie(1, 39)),
  Case("symmetry missing", "%%MatrixMarket matrix coordinate real\n3 3 0\n", lie(1, 38)),
  Case("word too many", "%%MatrixMarket matrix coordinate real general x\n", lie(1, 47)),
  Case("pattern array", array("1\n1\n", field: "pattern"), lie(1, 29)),
  Case("real Hermitian", entries("1 1 1\n", symmetry: "hermitian"), lie(1, 39)),
  Case("skew pattern", entries("2 1\n", field: "pattern", symmetry: "skew-symmetric"), lie(1, 42)),
  Case("nothing but a banner", banner, lie(2, 1)),
  Case("nothing but comments", banner + "% a\n% b", lie(4, 1)),
  Case("mark before the sizes", banner + "!\n3 3 1\n1 1 1\n", lie(2, 1)),
  Case("two sizes", banner + "3 3\n1 1 1\n", lie(2, 4)),
  Case("four sizes", banner + "3 3 1 1\n1 1 1\n", lie(2, 7)),
  Case("three sizes of an array", "%%MatrixMarket matrix array real general\n1 1 1\n1\n", lie(2, 5)),
  Case("more rows than a matrix has", banner + "% c\n2147483648 1 0\n", lie(3, 1)),
  Case("more columns than a matrix has", banner + "1 4294967296 0\n", lie(2, 1)),
  Case("negative size", banner + "-3 3 1\n", lie(2, 1)),
  Case("fractional size", banner + "3.0 3 1\n", lie(2, 1)),
  Case("size beyond 64 bits", banner + "3 3 18446744073709551616\n", lie(2, 5)),
  Case("array beyond 64 bits", array("1\n", 4_294_967_296, 4_294_967_296), lie(2, 12)),
  Case("symmetric but not square", "%%MatrixMarket matrix coordinate real symmetric\n3 4 0\n", lie(2, 3)),
  Case("too few entries", entries("1 1 1\n", 2), lie(4, 1)),
  Case("far too few entries", entries("1 1 1\n", 1 << 62), lie(4, 1)),
  Case("too many entries", entries("1 1 1\n2 2 2\n"), lie(4, 1)),
  Case("too many after blanks", entries("1 1 1\n\n%\n  2 2 2\n"), lie(6, 3)),
  Case("entry of an empty matrix", banner + "0 0 1\n1 1 1\n", lie(3, 1)),
  Case("row zero", entries("0 1 1\n"), lie(3, 1)),
  Case("column zero", entries("1 0 1\n"), lie(3, 3)),
  Case("row beyond the last", entries("4 1 1\n"), lie(3, 1)),
  Case("column beyond the last", entries("1 4 1\n"), lie(3, 3)),
  Case("negative row", entries("-1 1 1\n"), lie(3, 1)),
  Case("row beyond 64 bits", entries("18446744073709551617 1 1\n"), lie(3, 1)),
  Case("row that wraps to one", entries("36893488147419103233 1 1\n"), lie(3, 1)),
  Case("fractional row", entries("1.0 1 1\n"), lie(3, 1)),
  Case("row is a word", entries("x 1 1\n"), lie(3, 1)),
  Case("row with letters", entries("1x 1 1\n"), lie(3, 1)),
  Case("nothing but a sign", entries("+ 1 1\n"), lie(3, 1)),
  Case("two signs", entries("1 1 +-1\n"), lie(3, 5)),
  Case("column missing", entries("1\n"), lie(3, 2)),
  Case("value missing", entries("1 1\n"), lie(3, 4)),
  Case("value missing before blanks", entries("1 1  \n"), lie(3, 6)),
  Case("number with letters", entries("1 1 1.5abc\n"), lie(3, 5)),
  Case("number with underscore", entries("1 1 1_000\n"), lie(3, 5)),
  Case("hexadecimal", entries("1 1 0x1p3\n"), lie(3, 5)),
  Case("decimal comma", entries("1 1 1,5\n"), lie(3, 5)),
  Case("two points", entries("1 1 1.5.2\n"), lie(3, 5)),
  Case("nothing but a point", entries("1 1 .\n"), lie(3, 5)),
  Case("nothing but an exponent", entries("1 1 e5\n"), lie(3, 5)),
  Case("exponent without digits", entries("1 1 1e\n"), lie(3, 5)),
  Case("exponent of a sign", entries("1 1 1e+\n"), lie(3, 5)),
  Case("exponent with a point", entries("1 1 1e1.5\n"), lie(3, 5)),
  Case("NUL behind a number", entries("1 1 1\0\n"), lie(3, 5)),
  Case("NUL within a number", entries("1 1 1\05\n"), lie(3, 5)),
  Case("NUL in a row", entries("1\0 1 1\n"), lie(3, 1)),
  Case("form feed", entries("1 1\u{c}1\n"), lie(3, 3)),
  Case("no-break space", entries("1 1\u{a0}1\n"), lie(3, 3)),
  Case("other minus", entries("1 1 \u{2212}1\n"), lie(3, 5)),
  Case("nan with letters", entries("1 1 nano\n"), lie(3, 5)),
  Case("nan with payload", entries("1 1 nan(1)\n"), lie(3, 5)),
  Case("half of infinity", entries("1 1 infin\n"), lie(3, 5)),
  Case("column too many", entries("1 1 1 1\n"), lie(3, 7)),
  Case("comment behind an entry", entries("1 1 1 % one\n"), lie(3, 7)),
  Case("value in a pattern", entries("1 1 1\n", field: "pattern"), lie(3, 5)),
  Case("fraction in an integer file", entries("1 1 1.5\n", field: "integer"), lie(3, 5)),
  Case("whole fraction in an integer file", entries("1 1 1.0\n", field: "integer"), lie(3, 5)),
  Case("exponent in an integer file", entries("1 1 1e5\n", field: "integer"), lie(3, 5)),
  Case("nan in an integer file", entries("1 1 nan\n", field: "integer"), lie(3, 5)),
  Case("upper half of symmetric", entries("1 2 1\n", symmetry: "symmetric"), lie(3, 3)),
  Case("both halves of symmetric", entries("2 1 1\n1 2 1\n", 2, symmetry: "symmetric"), lie(4, 3)),
  Case("upper half of skew", entries("1 2 1\n", symmetry: "skew-symmetric"), lie(3, 3)),
  Case("diagonal of skew", entries("2 2 1\n", symmetry: "skew-symmetric"), lie(3, 3)),
  Case("nan on the diagonal of skew", entries("2 2 nan\n", symmetry: "skew-symmetric"), lie(3, 3)),
  Case("array too short", array("1\n"), lie(4, 1)),
  Case("array too long", array("1\n2\n3\n"), lie(5, 1)),
  Case("array with two values in a line", array("1 2\n"), lie(3, 3)),
  Case("word in an array", array("1\nx\n"), lie(4, 1)),
  Case("array that is not there", array("", 2_000_000_000, 2_000_000_000), lie(3, 1)),
  Case("skew array with diagonal", array("0\n5\n0\n", 2, 2, symmetry: "skew-symmetric"), lie(4, 1)),
  Case("carriage returns only", "%%MatrixMarket matrix coordinate real general\r3 3 0\r", lie(1, 46)),
  Case("line of 17 MiB", entries("1 1 1" + String(repeating: "0", count: 17 << 20)), lie(3, 1 << 24)),
]

@Suite struct MatrixMarketCorpusTests {
  @Test(arguments: odd + malformed)
  fileprivate func verdictAndPlaceAreRight(_ file: Case) {
    do throws(FileFormatError) {
      let sum = read64(try read(file.text)).reduce(0, +)
      #expect(sum.isNaN ? file.verdict == .notANumber : file.verdict == .sum(sum))
    } catch {
      guard case .line(let line, let column) = error.position else {
        Issue.record("\(error)")
        return
      }
      #expect(file.verdict == lie(line, column), "\(error)")
      #expect(error.kind == .badData)
      #expect(!error.description.contains { $0.isNewline || $0 == "\0" })
      #expect(error.description.utf8.count < 250)
    }
  }

  @Test func complexFilesHaveTheirOwnRules() throws {
    func complex(_ lines: String, _ symmetry: String = "general") -> String {
      entries(lines, field: "complex", symmetry: symmetry)
    }
    let mirrored = try read(complex("2 1 3 -4\n", "hermitian"), as: Complex<Double>.self).entries
    #expect(mirrored == [Entry(1, 0, Complex(3.0, -4.0)), Entry(0, 1, Complex(3.0, 4.0))])
    let packed = try read(
      array("1 0\n2 3\n4 -0\n", 2, 2, field: "complex", symmetry: "hermitian"), as: Complex<Float>.self)
    #expect(packed.entries[2] == Entry(0, 1, Complex<Float>(2, -3)))
    for (text, line, column) in [
      (complex("1 1 3\n"), 3, 6), (complex("1 1 3 4 5\n"), 3, 9), (complex("1 1 3+4i\n"), 3, 5),
      (complex("2 2 3 1\n", "hermitian"), 3, 3), (complex("1 2 3 1\n", "hermitian"), 3, 3),
      (array("1 0\n2 3\n4 5\n", 2, 2, field: "complex", symmetry: "hermitian"), 5, 1),
      (array("1 0\n2 3\n4 5\n6 nan\n7 8\n9 0\n", 3, 3, field: "complex", symmetry: "hermitian"), 6, 1),
    ] {
      let error = #expect(throws: FileFormatError.self) { try read(text, as: Complex<Double>.self) }
      #expect(error?.position == .line(line, column: column), "\(text): \(error?.description ?? "")")
    }
    let error = #expect(throws: FileFormatError.self) { try read(complex("1 1 3 0\n"), as: Float.self) }
    #expect(error?.description == "A: the file is complex and cannot be read as float")
  }

  @Test func messagesNameFilePlaceAndBothSides() {
    let error = #expect(throws: FileFormatError.self) { try read(entries("1 1 1\n11 1 1\n", 2)) }
    #expect(error?.description == "A:4:1: expected a row index in 1...3, found \"11\"")
    let odd = #expect(throws: FileFormatError.self) { try read(entries("1 1 1\u{1b}[0m\0\n")) }
    #expect(odd?.description == "A:3:5: expected a number, found \"1\\x1b[0m\\x00\"")
  }

  @Test func shapesBeyondALocalMatrixAreRefusedButDescribed() throws {
    let text = "%%MatrixMarket matrix coordinate real general\n3000000000 5 0\n"
    #expect(throws: FileFormatError.self) { try read(text) }
    let header = try MatrixMarketReader(Pieces(Array(text.utf8))).header()
    #expect(header.rows == 3_000_000_000)
  }

  /// The values as doubles.
  private func read64(_ contents: MatrixContents<Double>) -> [Double] {
    contents.entries.map { Double(bitPattern: $0.real) }
  }
}
