// Odd and malformed files of every format but Matrix Market, each with its verdict: shape and sum, or the place
// of the first lie. Archives are made here byte by byte, so that every field can lie.

import Foundation
import Numerics
import Testing
import TesseraLocalMatrices

@testable import TesseraMatrixFiles

/// A file and what is to become of it.
private struct Case: CustomTestStringConvertible, Sendable {
  enum Verdict: Sendable {
    case matrix(Int, Int, count: Int, sum: Double)
    case lie(FileFormatError.Position)
  }

  let name: String
  let format: MatrixFileFormat
  let bytes: [UInt8]
  let options: MatrixReadOptions
  let verdict: Verdict

  init(
    _ name: String, _ format: MatrixFileFormat, _ bytes: [UInt8], _ verdict: Verdict,
    _ options: MatrixReadOptions = MatrixReadOptions()
  ) {
    (self.name, self.format, self.bytes, self.verdict, self.options) = (name, format, bytes, verdict, options)
  }

  init(
    _ name: String, _ format: MatrixFileFormat, _ text: String, _ verdict: Verdict,
    _ options: MatrixReadOptions = MatrixReadOptions()
  ) {
    self.init(name, format, Array(text.utf8), verdict, options)
  }

  var testDescription: String { "\(format.rawValue): \(name)" }
}

private func lie(_ line: Int, _ column: Int) -> Case.Verdict { .lie(.line(line, column: column)) }
private func lie(byte: Int) -> Case.Verdict { .lie(.byte(byte)) }
private func holds(_ rows: Int, _ columns: Int, _ count: Int, _ sum: Double) -> Case.Verdict {
  .matrix(rows, columns, count: count, sum: sum)
}

// MARK: tables

private let present = MatrixReadOptions(headerRow: .present)
private let absent = MatrixReadOptions(headerRow: .absent)
private let semicolon = MatrixReadOptions(delimiter: UInt8(ascii: ";"))

private let tables: [Case] = [
  Case("plain", .csv, "1,2\n3,4\n", holds(2, 2, 4, 10)),
  Case("no last newline", .csv, "1,2\n3,4", holds(2, 2, 4, 10)),
  Case("CR LF", .csv, "1,2\r\n3,4\r\n", holds(2, 2, 4, 10)),
  Case("blanks around fields", .csv, " 1 ,\t2 \n3, 4\n", holds(2, 2, 4, 10)),
  Case("quotation marks", .csv, "\"1\",2\n3,\" 4\"\n", lie(2, 3)),
  Case("quoted numbers", .csv, "\"1\",2\n3,\"4\"\n", holds(2, 2, 4, 10)),
  Case("names", .csv, "x,y\n1,2\n", holds(1, 2, 2, 3)),
  Case("quoted names with delimiters", .csv, "\"x,1\",\"y \"\"2\"\"\"\n1,2\n", holds(1, 2, 2, 3)),
  Case("names only", .csv, "x,y,z\n", holds(0, 3, 0, 0)),
  Case("names that are numbers", .csv, "1,2\n3,4\n", holds(1, 2, 2, 7), present),
  Case("names that are to be numbers", .csv, "x,2\n3,4\n", lie(1, 1), absent),
  Case("half a line of names", .csv, "x,2\n3,4\n", lie(1, 1)),
  Case("empty", .csv, "", holds(0, 0, 0, 0)),
  Case("blank", .csv, "\n \n\t\n", holds(0, 0, 0, 0)),
  Case("comments and blank lines", .csv, "# 1,2\n\n1,2\n  # three\n3,4\n\n", holds(2, 2, 4, 10)),
  Case("one column", .csv, "1\n2\n3\n", holds(3, 1, 3, 6)),
  Case("exponents and signs", .csv, "+1e1,-2.5E-1,.5\n", holds(1, 3, 3, 10.25)),
  Case("tabs", .tsv, "1\t2\n3\t4\n", holds(2, 2, 4, 10)),
  Case("tabs and blanks", .tsv, " 1 \t 2\n", holds(1, 2, 2, 3)),
  Case("semicolons", .csv, "1;2\n3;4\n", holds(2, 2, 4, 10), semicolon),
  Case("a complex number alone", .csv, "(1+2j),3\n-1-2i,4j\n", holds(2, 2, 4, 3)),
  Case("an empty field", .csv, "1,,3\n", lie(1, 3)),
  Case("an empty field of a later line", .csv, "1,2\n3,\n", lie(2, 3)),
  Case("an empty first field", .tsv, "1\t2\n\t4\n", lie(2, 1)),
  Case("a short row", .csv, "1,2\n3\n", lie(2, 1)),
  Case("a long row", .csv, "1,2\n3,4,5\n", lie(2, 1)),
  Case("fewer names than fields", .csv, "x\n3,4\n", lie(2, 1)),
  Case("a word", .csv, "1,2\n3,four\n", lie(2, 3)),
  Case("two numbers in a field", .csv, "1,2\n3 4,5\n", lie(2, 3)),
  Case("digits and letters", .csv, "1,2\n3,4abc\n", lie(2, 3)),
  Case("an underscore", .csv, "1,1_000\n", lie(1, 3)),
  Case("a decimal comma", .tsv, "1,5\t2\n", lie(1, 1), absent),
  Case("hexadecimal", .csv, "1,0x10\n", lie(1, 3)),
  Case("NUL", .csv, "1,2\n3,\0\n", lie(2, 3)),
  Case("a quotation that does not end", .csv, "1,2\n3,\"4\n", lie(2, 3)),
  Case("a name whose quotation does not end", .csv, "x,\"y\n1,2\n", lie(1, 3)),
  Case("text behind a quotation", .csv, "1,2\n\"3\"x,4\n", lie(2, 4)),
  Case("two signs", .csv, "1,--2\n", lie(1, 3)),
  Case("a complex number without a unit", .csv, "1,1+2\n", lie(1, 3)),
  Case("a byte order mark", .csv, "\u{feff}1,2\n", holds(1, 2, 2, 3), absent),
  Case("a byte order mark before names", .csv, "\u{feff}x,y\n1,2\n", holds(1, 2, 2, 3)),
  Case("a byte order mark further on", .csv, "1,2\n\u{feff}3,4\n", lie(2, 1)),
  Case("old Macintosh line ends", .csv, "1,2\r3,4\r", lie(1, 4)),
  Case("infinities and NaN", .tsv, "inf\t-inf\n0\t1\n", holds(2, 2, 4, .nan)),
  Case("a comment behind a row", .csv, "1,2 # x\n", lie(1, 5)),
  Case("a delimiter at the end of a line", .csv, "1,2,\n", lie(1, 5)),
  Case("names, then a line of words", .csv, "x,y\nu,v\n", lie(2, 1)),
]

// MARK: svmlight

private let zeroBased = MatrixReadOptions(isZeroBased: true)
private let ofFive = MatrixReadOptions(columns: 5)

private let svmlight: [Case] = [
  Case("plain", .svmlight, "1 1:2 3:4\n-1 2:1\n", holds(2, 3, 3, 7)),
  Case("no last newline", .svmlight, "1 1:2", holds(1, 1, 1, 2)),
  Case("CR LF", .svmlight, "1 1:2\r\n0 2:3\r\n", holds(2, 2, 2, 5)),
  Case("plus signs", .svmlight, "+1 1:+2\n", holds(1, 1, 1, 2)),
  Case("real labels", .svmlight, "0.5 1:2\n-1e3 1:1\n", holds(2, 1, 2, 3)),
  Case("rows without entries", .svmlight, "1\n0\n1 2:1\n", holds(3, 2, 1, 1)),
  Case("comments", .svmlight, "# first\n1 1:2 # 3:4\n1 1:1#x\n", holds(2, 1, 2, 3)),
  Case("queries", .svmlight, "1 qid:3 1:2\n2 qid:3 1:1\n", holds(2, 1, 2, 3)),
  Case("columns in any order, one twice", .svmlight, "1 3:1 1:2 3:5\n", holds(1, 3, 3, 8)),
  Case("from zero", .svmlight, "1 0:1 4:2\n", holds(1, 5, 2, 3), zeroBased),
  Case("the number of columns", .svmlight, "1 1:1\n", holds(1, 5, 1, 1), ofFive),
  Case("empty", .svmlight, "", holds(0, 0, 0, 0)),
  Case("empty with a number of columns", .svmlight, "\n", holds(0, 5, 0, 0), ofFive),
  Case("blanks at the end", .svmlight, "1 1:2  \t \n", holds(1, 1, 1, 2)),
  Case("column zero", .svmlight, "1 1:1\n1 0:1\n", lie(2, 3)),
  Case("a negative column", .svmlight, "1 -1:1\n", lie(1, 3)),
  Case("a column too far", .svmlight, "1 6:1\n", lie(1, 3), ofFive),
  Case("a column beyond 2^31", .svmlight, "1 2147483649:1\n", lie(1, 3)),
  Case("a column beyond 2^64", .svmlight, "1 99999999999999999999:1\n", lie(1, 3)),
  Case("no colon", .svmlight, "1 3 1\n", lie(1, 3)),
  Case("no value", .svmlight, "1 3:\n", lie(1, 5)),
  Case("a blank behind the colon", .svmlight, "1 3: 1\n", lie(1, 5)),
  Case("no label", .svmlight, "1:2 3:4\n", lie(1, 1)),
  Case("a word as label", .svmlight, "yes 1:1\n", lie(1, 1)),
  Case("several labels", .svmlight, "1,2 1:1\n", lie(1, 1)),
  Case("a value with letters", .svmlight, "1 1:1x\n", lie(1, 5)),
  Case("a qid in some rows", .svmlight, "1 1:1\n1 qid:1 1:1\n", lie(2, 3)),
  Case("a qid in the first rows only", .svmlight, "1 qid:1 1:1\n1 1:1\n", lie(2, 3)),
  Case("a qid of letters", .svmlight, "1 qid:x 1:1\n", lie(1, 7)),
  Case("a qid behind a column", .svmlight, "1 1:1 qid:1\n", lie(1, 7)),
  Case("a label beyond the largest number", .svmlight, "1e999 1:1\n", holds(1, 1, 1, 1)),
  Case("a column with a point", .svmlight, "1 1.5:1\n", lie(1, 3)),
  Case("two colons", .svmlight, "1 1:2:3\n", lie(1, 5)),
  Case("NUL", .svmlight, "1 1:\0\n", lie(1, 5)),
]

// MARK: IDX

private func idx(_ type: UInt8, _ sizes: [UInt32], _ data: [UInt8], rank: UInt8? = nil) -> [UInt8] {
  var bytes: [UInt8] = [0, 0, type, rank ?? UInt8(sizes.count)]
  for size in sizes { withUnsafeBytes(of: size.bigEndian) { bytes += $0 } }
  return bytes + data
}

private let idxFiles: [Case] = [
  Case("bytes", .idx, idx(8, [2, 2], [1, 2, 3, 255]), holds(2, 2, 4, 261)),
  Case("signed bytes", .idx, idx(9, [3], [1, 2, 255]), holds(3, 1, 3, 2)),
  Case("16-bit", .idx, idx(11, [1, 2], [1, 0, 255, 255]), holds(1, 2, 2, 255)),
  Case("32-bit", .idx, idx(12, [1], [0, 0, 1, 0]), holds(1, 1, 1, 256)),
  Case("float", .idx, idx(13, [1], [0x3f, 0x80, 0, 0]), holds(1, 1, 1, 1)),
  Case("double", .idx, idx(14, [1], [0x3f, 0xf0, 0, 0, 0, 0, 0, 0]), holds(1, 1, 1, 1)),
  Case("three dimensions", .idx, idx(8, [2, 1, 2], [1, 2, 3, 4]), holds(2, 2, 4, 10)),
  Case("no rows", .idx, idx(8, [0, 3], []), holds(0, 3, 0, 0)),
  Case("no columns", .idx, idx(8, [3, 0], []), holds(3, 0, 0, 0)),
  Case("empty file", .idx, [UInt8](), lie(byte: 0)),
  Case("half a magic number", .idx, [0, 0, 8], lie(byte: 3)),
  Case("another magic number", .idx, idx(8, [1], [1]).map { $0 == 8 ? 8 : $0 | 1 }, lie(byte: 0)),
  Case("an unknown type", .idx, idx(10, [1], [1]), lie(byte: 2)),
  Case("rank zero", .idx, idx(8, [], [1]), lie(byte: 3)),
  Case("rank 255 in a short file", .idx, idx(8, [1], [1], rank: 255), lie(byte: 9)),
  Case("too few bytes", .idx, idx(8, [2, 2], [1, 2, 3]), lie(byte: 15)),
  Case("too many bytes", .idx, idx(8, [2, 2], [1, 2, 3, 4, 5]), lie(byte: 16)),
  Case("sizes whose product wraps", .idx, idx(8, [.max, .max, .max], [1]), lie(byte: 4)),
  Case("far more than the file holds", .idx, idx(8, [1 << 30, 1 << 30], [1]), lie(byte: 13)),
  Case("more rows than a matrix has", .idx, idx(8, [1 << 31, 1], [1]), .lie(.none)),
  Case("no rows of columns that wrap", .idx, idx(8, [0, .max, .max, .max], []), .lie(.none)),
  Case(
    "a NaN and an infinity", .idx, idx(13, [2], [0x7f, 0xc0, 0, 0, 0x7f, 0x80, 0, 0]), holds(2, 1, 2, .nan)),
  Case("a cut element", .idx, idx(14, [1], [0x3f, 0xf0, 0]), lie(byte: 11)),
]

// MARK: archives

/// A zip archive of `members`, after `change` has had its way with the bytes.
private func zip(_ members: [(String, [UInt8])], _ change: (inout [UInt8]) -> Void = { _ in }) -> [UInt8] {
  let kept = Kept()
  let writer = ZipWriter(kept, name: "A")
  do {
    for (name, bytes) in members {
      try writer.append(name) { sink throws(FileFormatError) in try sink.send(bytes) }
    }
    try writer.finish()
  } catch {
    Issue.record(error)
  }
  change(&kept.bytes)
  return kept.bytes
}

/// An .npy file of version 1.
private func npy(_ type: String, _ shape: String, _ data: [UInt8]) -> [UInt8] {
  let literal = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }\n"
  return NpyHeader.magic + [1, 0, UInt8(literal.utf8.count), 0] + Array(literal.utf8) + data
}

private func integers(_ values: [Int32]) -> [UInt8] {
  var data: [UInt8] = []
  for value in values { withUnsafeBytes(of: value.littleEndian) { data += $0 } }
  return npy("<i4", "(\(values.count),)", data)
}

private func doubles(_ values: [Double], _ shape: String? = nil) -> [UInt8] {
  var data: [UInt8] = []
  for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { data += $0 } }
  return npy("<f8", shape ?? "(\(values.count),)", data)
}

/// A sparse archive of a 2 x 3 matrix [[1, 0, 2], [0, 3, 0]], with some arrays replaced.
private func sparse(
  _ changes: [String: [UInt8]] = [:], without missing: String? = nil, format: String = "csr"
) -> [UInt8] {
  var arrays: [String: [UInt8]] = [
    "indptr": integers([0, 2, 3]), "indices": integers([0, 2, 1]), "data": doubles([1, 2, 3]),
    "shape": integers([2, 3]), "format": npy("|S\(format.utf8.count)", "()", Array(format.utf8)),
  ]
  for (name, bytes) in changes { arrays[name] = bytes }
  if let missing { arrays[missing] = nil }
  return zip(arrays.sorted { $0.key < $1.key }.map { ($0.key + ".npy", $0.value) })
}

/// Where `pattern` is last.
private func lastPlace(of pattern: [UInt8], in bytes: [UInt8]) -> Int {
  (0...bytes.count - pattern.count).last { bytes[$0...].starts(with: pattern) } ?? 0
}

private let one = [("arr_0.npy", doubles([1, 2, 3], "(1, 3)"))]
private let endRecord: [UInt8] = [0x50, 0x4b, 5, 6]
private let entry: [UInt8] = [0x50, 0x4b, 1, 2]
private let unicodeFormat = npy("<U3", "()", "csr".utf8.flatMap { [$0, 0, 0, 0] })

private let archives: [Case] = [
  Case("one array", .npz, zip(one), holds(1, 3, 3, 6)),
  Case(
    "a comment", .npz,
    zip(one) {
      $0[$0.count - 2] = 3; $0 += [1, 2, 3]
    }, holds(1, 3, 3, 6)),
  Case("a vector", .npz, zip([("x.npy", doubles([1, 2]))]), holds(2, 1, 2, 3)),
  Case(
    "a member by name", .npz, zip([("a.npy", doubles([1])), ("b.npy", doubles([2, 3]))]),
    holds(2, 1, 2, 5), MatrixReadOptions(member: "b")),
  Case("names that are paths", .npz, zip([("../../a.npy", doubles([7]))]), holds(1, 1, 1, 7)),
  Case("several arrays", .npz, zip([("a.npy", doubles([1])), ("b.npy", doubles([2]))]), .lie(.none)),
  Case("a name that is not there", .npz, zip(one), .lie(.none), MatrixReadOptions(member: "x")),
  Case("no array", .npz, zip([("a.txt", [1, 2, 3])]), .lie(.none)),
  Case("no member", .npz, zip([]), .lie(.none)),
  Case("a member without a name", .npz, zip([(".npy", doubles([3]))]), holds(1, 1, 1, 3)),
  Case("one name twice", .npz, zip([("a.npy", doubles([1])), ("a.npy", doubles([2]))]), .lie(.none)),
  Case("an array of three dimensions", .npz, zip([("a.npy", doubles([1], "(1, 1, 1)"))]), lie(byte: 10)),
  Case("a shape that wraps", .npz, zip([("a.npy", doubles([1], "(4611686018427387904, 4)"))]), lie(byte: 10)),
  Case(
    "more than the archive holds", .npz, zip([("a.npy", doubles([1], "(1000000, 1000000)"))]), lie(byte: 90)),
  Case("a pickle", .npz, zip([("a.npy", npy("|O", "(1,)", [0x80, 4, 0x4e, 0x2e]))]), lie(byte: 20)),
  Case("not an archive", .npz, "%%MatrixMarket matrix array real general\n1 1\n1\n", lie(byte: 47)),
  Case("empty file", .npz, [UInt8](), lie(byte: 0)),
  Case("a cut archive", .npz, Array(zip(one).dropLast(30)), lie(byte: zip(one).count - 30)),
  Case("a wrong checksum", .npz, zip(one) { $0[lastPlace(of: entry, in: $0) + 16] ^= 1 }, .lie(.none)),
  Case("csr", .npz, sparse(), holds(2, 3, 3, 6)),
  Case("csr, format as text", .npz, sparse(["format": unicodeFormat]), holds(2, 3, 3, 6)),
  Case(
    "csr, 64-bit", .npz,
    sparse(["indices": npy("<i8", "(3,)", [0, 2, 1].flatMap { [$0, 0, 0, 0, 0, 0, 0, 0] })]),
    holds(2, 3, 3, 6)),
  Case(
    "csc", .npz,
    sparse(
      ["indptr": integers([0, 1, 2, 3]), "indices": integers([0, 1, 0])], format: "csc"),
    holds(2, 3, 3, 6)),
  Case(
    "coo", .npz,
    sparse(["row": integers([0, 0, 1]), "col": integers([0, 2, 1])], format: "coo"), holds(2, 3, 3, 6)),
  Case(
    "coo of truth values, one twice", .npz,
    sparse(
      ["row": integers([0, 1, 0]), "col": integers([0, 2, 0]), "data": npy("|b1", "(3,)", [1, 1, 1])],
      format: "coo"), holds(2, 3, 2, 2)),
  Case(
    "coo of truth values, one true and false", .npz,
    sparse(
      ["row": integers([0, 1, 0]), "col": integers([0, 2, 0]), "data": npy("|b1", "(3,)", [1, 0, 0])],
      format: "coo"), holds(2, 3, 2, 1)),
  Case(
    "bsr", .npz,
    sparse(
      [
        "indptr": integers([0, 1]), "indices": integers([0]),
        "data": doubles([1, 2, 3, 4, 5, 6], "(1, 2, 3)"),
      ],
      format: "bsr"), holds(2, 3, 6, 21)),
  Case(
    "dia", .npz,
    sparse(["offsets": integers([0, -1]), "data": doubles([1, 2, 9, 4, 9, 9], "(2, 3)")], format: "dia"),
    holds(2, 3, 3, 7)),
  Case(
    "dia outside", .npz,
    sparse(["offsets": integers([5]), "data": doubles([1, 2, 9], "(1, 3)")], format: "dia"),
    holds(2, 3, 0, 0)),
  Case("an unknown sparse format", .npz, sparse(format: "lil"), .lie(.none)),
  Case("an index too far", .npz, sparse(["indices": integers([0, 3, 1])]), .lie(.none)),
  Case("a negative index", .npz, sparse(["indices": integers([0, -1, 1])]), .lie(.none)),
  Case("too few starts", .npz, sparse(["indptr": integers([0, 3])]), .lie(.none)),
  Case("descending starts", .npz, sparse(["indptr": integers([0, 4, 3])]), .lie(.none)),
  Case("starts not from zero", .npz, sparse(["indptr": integers([1, 2, 3])]), .lie(.none)),
  Case("starts beyond the data", .npz, sparse(["indptr": integers([0, 2, 4])]), .lie(.none)),
  Case("fewer indices than data", .npz, sparse(["indices": integers([0, 2])]), .lie(.none)),
  Case("indices that are real", .npz, sparse(["indices": doubles([0, 2, 1])]), .lie(.byte(68))),
  Case("no indices", .npz, sparse(without: "indices"), .lie(.none)),
  Case("a negative shape", .npz, sparse(["shape": integers([-2, 3])]), .lie(.none)),
  Case("three dimensions", .npz, sparse(["shape": integers([2, 3, 1])]), .lie(.none)),
  Case("two-dimensional data", .npz, sparse(["data": doubles([1, 2, 3], "(3, 1)")]), .lie(.none)),
  Case(
    "blocks that do not fit", .npz,
    sparse(["data": doubles([1, 2, 3, 4], "(1, 2, 2)")], format: "bsr"), .lie(.none)),
  Case("blocks of no size", .npz, sparse(["data": doubles([], "(3, 0, 1)")], format: "bsr"), .lie(.none)),
  Case(
    "a diagonal twice", .npz,
    sparse(["offsets": integers([1, 1]), "data": doubles([1, 2, 3, 4, 5, 6], "(2, 3)")], format: "dia"),
    .lie(.none)),
]

/// A tar archive with a member of the given name, type and content.
private func tar(_ members: [(String, UInt8, String)], _ change: (inout [UInt8]) -> Void = { _ in })
  -> [UInt8]
{
  var bytes: [UInt8] = []
  for (name, type, text) in members {
    func octal(_ value: Int, _ digits: Int) -> [UInt8] {
      Array((String(repeating: "0", count: digits) + String(value, radix: 8)).suffix(digits).utf8) + [0]
    }
    var block = [UInt8](repeating: 0, count: 512)
    block.replaceSubrange(0..<name.utf8.count, with: name.utf8)
    block.replaceSubrange(124..<136, with: octal(text.utf8.count, 11))
    block.replaceSubrange(148..<156, with: Array("        ".utf8))
    block[156] = type
    block.replaceSubrange(148..<155, with: octal(block.reduce(0) { $0 + Int($1) }, 6))
    bytes += block + Array(text.utf8) + [UInt8](repeating: 0, count: -text.utf8.count & 511)
  }
  bytes += [UInt8](repeating: 0, count: 1024)
  change(&bytes)
  return bytes
}

private let file = UInt8(ascii: "0")
private let market = "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n2 2 2\n"

private let collections: [Case] = [
  Case("plain", .archive, tar([("m/m.mtx", file, market)]), holds(2, 2, 2, 3)),
  Case(
    "a folder first", .archive, tar([("m/", UInt8(ascii: "5"), ""), ("m/m.mtx", file, market)]),
    holds(2, 2, 2, 3)),
  Case(
    "a right side first", .archive, tar([("m/m_b.mtx", file, "x"), ("m/m.mtx", file, market)]),
    holds(2, 2, 2, 3)),
  Case("an old type", .archive, tar([("m/m.mtx", 0, market)]), holds(2, 2, 2, 3)),
  Case("a dot in front", .archive, tar([("./m/m.mtx", file, market)]), holds(2, 2, 2, 3)),
  Case(
    "a long name", .archive,
    tar([("long", UInt8(ascii: "L"), "m/m.mtx\0"), ("m/cut", file, market)]), holds(2, 2, 2, 3)),
  Case(
    "a pax name", .archive,
    tar([("pax", UInt8(ascii: "x"), "16 path=m/m.mtx\n"), ("m/cut", file, market)]), holds(2, 2, 2, 3)),
  Case(
    "a member by name", .archive, tar([("a/b.mtx", file, market)]), holds(2, 2, 2, 3),
    MatrixReadOptions(member: "b.mtx")),
  Case(
    "a second matrix", .archive,
    tar([("m/m.mtx", file, market), ("m/m_b.mtx", file, "x"), ("n/n.mtx", file, market)]), .lie(.none)),
  Case(
    "a second matrix that is not the one meant", .archive,
    tar([("m/m.mtx", file, market), ("n/n.mtx", file, market)]), holds(2, 2, 2, 3),
    MatrixReadOptions(member: "m/m.mtx")),
  Case(
    "a right side behind", .archive, tar([("m/m.mtx", file, market), ("m/m_b.mtx", file, "x")]),
    holds(2, 2, 2, 3)),
  Case("no such member", .archive, tar([("a/b.mtx", file, market)]), .lie(.none)),
  Case("a link by that name", .archive, tar([("m/m.mtx", UInt8(ascii: "2"), "")]), .lie(.none)),
  Case("no member", .archive, tar([]), .lie(.none)),
  Case("empty file", .archive, [UInt8](), lie(byte: 0)),
  Case("a wrong checksum", .archive, tar([("m/m.mtx", file, market)]) { $0[3] ^= 1 }, lie(byte: 0)),
  Case("a size of letters", .archive, tar([("m/m.mtx", file, market)]) { $0[130] = 0x78 }, lie(byte: 0)),
  Case("a cut header", .archive, Array(tar([("m/m.mtx", file, market)]).prefix(300)), lie(byte: 0)),
  Case("a cut member", .archive, Array(tar([("m/m.mtx", file, market)]).prefix(540)), .lie(.none)),
  Case("a lie in the matrix", .archive, tar([("m/m.mtx", file, market + "3 3 3\n")]), lie(5, 1)),
]

@Suite struct FormatCorpusTests {
  @Test(arguments: tables + svmlight + idxFiles + archives + collections)
  fileprivate func everyFileGetsItsVerdict(_ file: Case) throws {
    for pieces in [1, 7, .max] {
      let source = Pieces(file.bytes, of: pieces)
      switch file.verdict {
      case .matrix(let rows, let columns, let count, let sum):
        let (header, contents) = try MatrixFile.read(
          source, file.format, as: Complex<Double>.self, file.options)
        #expect(contents.shape == Shape(rows, columns) && header.rows == rows && header.columns == columns)
        #expect(header.format == file.format)
        let entries = contents.entries
        #expect(entries.count == count)
        let found = entries.reduce(0) { $0 + Double(bitPattern: $1.real) }
        #expect(found == sum || found.isNaN && sum.isNaN, "\(found)")
      case .lie(let position):
        let error = #expect(throws: FileFormatError.self) {
          try MatrixFile.read(source, file.format, as: Complex<Double>.self, file.options)
        }
        #expect(error?.kind == .badData && error?.position == position, "\(error?.description ?? "")")
      }
    }
  }

  @Test func thereAreMoreThanAHundredAndFiftyFilesBesideThoseOfMatrixMarketAndHDF5() {
    #expect(tables.count + svmlight.count + idxFiles.count + archives.count + collections.count > 150)
  }

  @Test func membersThatUnpackToMoreThanTheyDeclareAreRefusedWithoutBeingHeld() throws {
    // 64 MiB of zeros, deflated to a few kilobytes, of which the directory declares one.
    let bytes = zip([("a.npy", npy("|u1", "(67108864,)", [UInt8](repeating: 0, count: 1 << 26)))]) { bytes in
      let place = lastPlace(of: entry, in: bytes) + 46 + 5 + 4
      bytes.replaceSubrange(place..<place + 8, with: [0, 4, 0, 0, 0, 0, 0, 0])
    }
    #expect(bytes.count < 1 << 19)
    let error = #expect(throws: FileFormatError.self) {
      try MatrixFile.read(Pieces(bytes), .npz, as: Double.self)
    }
    #expect(error?.message.contains("1024 bytes") == true, "\(error?.description ?? "")")
  }

  @Test func fieldsOfAnArchiveThatPointOutsideAreRefused() throws {
    let whole = zip(one)
    let directory = lastPlace(of: entry, in: whole)
    for place in directory..<whole.count {
      for value: UInt8 in [0, 0x7f, 0xff] {
        var bytes = whole
        bytes[place] = value
        do throws(FileFormatError) {
          let contents = try MatrixFile.read(Pieces(bytes), .npz, as: Double.self).contents
          #expect(contents.entries.count == 3)
        } catch {
          #expect(error.kind == .badData)
        }
      }
    }
  }

  @Test func labelsAndQueriesSurvive() throws {
    try withFolder { folder in
      let text = "1.5 qid:2 1:1 3:2\n-1 qid:2\n0 qid:7 2:4\n"
      try Data(text.utf8).write(to: URL(filePath: folder + "a.svm"))
      let rows = try MatrixFile.readLabeled(folder + "a.svm", as: Double.self)
      #expect(rows.labels == [1.5, -1, 0] && rows.queries == [2, 2, 7])
      try MatrixFile.writeLabeled(rows, to: folder + "b.svm.gz")
      let again = try MatrixFile.readLabeled(folder + "b.svm.gz", as: Double.self)
      #expect(again.labels == rows.labels && again.queries == rows.queries)
      #expect(
        MatrixContents.triplets(again.features).entries == MatrixContents.triplets(rows.features).entries)
    }
  }
}
