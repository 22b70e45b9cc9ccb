// Headers of .npy files: what is accepted, what is refused, and at which byte.

import Testing
import TesseraLocalMatrices

@testable import TesseraMatrixFiles

/// A version 1.0 file with the given header text and data.
private func npy(_ header: String, _ data: [UInt8] = [], version: UInt8 = 1) -> [UInt8] {
  let text = Array(header.utf8)
  var length = [UInt8(text.count & 0xff), UInt8(text.count >> 8)]
  if version > 1 { length += [0, 0] }
  return NpyHeader.magic + [version, 0] + length + text + data
}

private func header(_ descr: String, _ shape: String, fortran: String = "False") -> String {
  "{'descr': '\(descr)', 'fortran_order': \(fortran), 'shape': \(shape), }"
}

private let eight: [UInt8] = [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]

@Suite struct NpyTests {
  private static let accepted: [(String, [UInt8])] = [
    ("numpy's own", npy(header("<f8", "(1, 1)") + "   \n", eight)),
    ("version 2", npy(header("<f8", "(1, 1)"), eight, version: 2)),
    ("version 3", npy(header("<f8", "(1, 1)"), eight, version: 3)),
    ("a scalar", npy(header("<f8", "()"), eight)),
    ("a vector", npy(header("<f8", "(1,)"), eight)),
    ("native order", npy(header("=f8", "(1,1)"), eight)),
    ("no order", npy(header("|f8", "(1,1)"), eight)),
    ("big-endian", npy(header(">f8", "(1,1)"), eight.reversed())),
    ("another order of fields", npy("{\"shape\":(1,1),'fortran_order':True,'descr':'<f8'}", eight)),
    ("Python 2's long", npy(header("<f8", "(1L, 1L)"), eight)),
    ("a boolean", npy(header("|b1", "(1, 1)"), [1])),
    ("half", npy(header("<f2", "(1, 1)"), [0, 0x3c])),
    ("single", npy(header("<f4", "(1, 1)"), [0, 0, 0x80, 0x3f])),
    ("signed bytes", npy(header("|i1", "(1, 1)"), [1])),
    ("big-endian words", npy(header(">u2", "(1, 1)"), [0, 1])),
    ("long integers", npy(header("<i8", "(1, 1)"), [1, 0, 0, 0, 0, 0, 0, 0])),
  ]

  @Test(arguments: accepted)
  func legalHeadersGiveTheNumberOne(_ name: String, _ bytes: [UInt8]) throws {
    #expect(try read(bytes, .npy).entries == [Entry(0, 0, 1.0)])
  }

  private static let refused: [(String, [UInt8], Int)] = [
    ("empty", [], 0),
    ("five bytes", Array(NpyHeader.magic.prefix(5)), 5),
    ("text", Array("%%MatrixMarket matrix".utf8), 0),
    ("version 4", npy(header("<f8", "(1, 1)"), eight, version: 4), 6),
    ("length cut short", NpyHeader.magic + [1, 0, 5], 9),
    ("length of 4 GB", NpyHeader.magic + [2, 0, 255, 255, 255, 255], 8),
    ("length beyond the file", NpyHeader.magic + [1, 0, 100, 0, 123], 11),
    ("no dictionary", npy("[]"), 10),
    ("empty header", npy(""), 10),
    ("dictionary not closed", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)"), 64),
    ("word behind it", npy(header("<f8", "(1,)") + " x", eight), 68),
    ("field missing", npy("{'descr': '<f8', 'shape': (1,), }", eight), 43),
    ("field twice", npy("{'descr': '<f8', 'descr': '<f8', }", eight), 27),
    ("field unknown", npy("{'dtype': '<f8', }", eight), 11),
    ("call instead of a tuple", npy(header("<f8", "range(2)"), eight), 60),
    ("number instead of a tuple", npy(header("<f8", "(1)"), eight), 62),
    ("list instead of a tuple", npy(header("<f8", "[1, 1]"), eight), 60),
    ("negative dimension", npy(header("<f8", "(-1, 1)"), eight), 61),
    ("fractional dimension", npy(header("<f8", "(1.0, 1)"), eight), 62),
    ("dimension beyond 64 bits", npy(header("<f8", "(18446744073709551617,)"), eight), 61),
    ("product that overflows", npy(header("<f8", "(4294967296, 4294967296)"), eight), 10),
    ("product that wraps to a byte", npy(header("<f8", "(2305843009213693953, 1)"), eight), 10),
    ("three dimensions", npy(header("<f8", "(1, 1, 1)"), eight), 10),
    ("order not a boolean", npy(header("<f8", "(1,)", fortran: "1"), eight), 44),
    ("not ASCII", npy(header("<f8\u{e9}", "(1,)"), eight), 24),
    ("escape", npy(header("<f\\x38", "(1,)"), eight), 23),
    ("object", npy(header("|O", "(1,)"), eight), 20),
    ("structure", npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", eight), 20),
    ("text elements", npy(header("<U3", "(1,)"), eight), 20),
    ("dates", npy(header("<M8[ns]", "(1,)"), eight), 20),
    ("long double", npy(header("<f16", "(1,)"), eight + eight), 20),
    ("three bytes", npy(header("<f3", "(1,)"), eight), 20),
    ("signed size", npy(header("<f+8", "(1,)"), eight), 20),
    ("two orders", npy(header("<>f8", "(1,)"), eight), 20),
    ("no data", npy(header("<f8", "(1, 1)")), 69),
    ("data cut short", npy(header("<f8", "(1, 1)"), [0, 0, 0]), 72),
    ("bytes behind the data", npy(header("<f8", "(1, 1)"), eight + [0]), 77),
    ("array that is not there", npy(header("<f8", "(2000000000, 500000000)"), eight), 94),
    ("bytes behind nothing", npy(header("<f8", "(0, 9)"), [0]), 69),
  ]

  @Test(arguments: refused)
  func liesAreRefusedAtTheirByte(_ name: String, _ bytes: [UInt8], _ offset: Int) {
    let error = #expect(throws: FileFormatError.self) { try read(bytes, .npy) }
    #expect(error?.position == .byte(offset), "\(error?.description ?? "")")
    #expect(error?.kind == .badData)
  }

  @Test func shapesBeyondALocalMatrixAreRefused() {
    #expect(throws: FileFormatError.self) { try read(npy(header("<f8", "(0, 3000000000)")), .npy) }
  }

  @Test func integersBeyondTheSignificandRoundToNearest() throws {
    let bytes = npy(header("<u8", "(2,)"), [UInt8](repeating: 255, count: 8) + [1, 0, 0, 0, 0, 0, 32, 0])
    #expect(try read(bytes, .npy).entries == [Entry(0, 0, 0x1p64), Entry(1, 0, 0x1p53)])
    let single = try read(bytes, as: Float.self, .npy)
    #expect(single.entries == [Entry(0, 0, Float(0x1p64)), Entry(1, 0, Float(0x1p53))])
  }

  @Test func everyHalfIsExact() throws {
    let bits = (0..<65536).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    guard case .dense(let matrix) = try read(npy(header("<f2", "(65536,)"), bits), .npy) else { return }
    #expect(matrix[1, 0] == 0x1p-24 && matrix[0x3ff, 0] == 1023 * 0x1p-24 && matrix[0x400, 0] == 0x1p-14)
    #expect(matrix[0x3c01, 0] == 1 + 0x1p-10 && matrix[0x7bff, 0] == 65504 && matrix[0xbc00, 0] == -1)
    #expect(matrix[0x7c00, 0] == .infinity && matrix[0xfc00, 0] == -.infinity && matrix[0x7e00, 0].isNaN)
    #expect(matrix[0x8000, 0].sign == .minus)
  }

  @Test func dataBeginsAtAMultipleOf64() throws {
    for columns in [1, 10, 123_456_789] {
      let bytes = try written(.dense(DenseMatrix<Float>(zeros: 0, columns)), .npy)
      #expect(bytes.count % 64 == 0 && bytes.last == UInt8(ascii: "\n"))
    }
  }
}
