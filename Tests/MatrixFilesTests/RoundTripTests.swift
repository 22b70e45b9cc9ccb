// What is written reads back bit for bit: every scalar, order, shape and odd number, in every format; in any
// pieces; compressed or not.

import Numerics
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

@testable import TesseraMatrixFiles

/// Numbers that formats get wrong.
private func oddNumbers<R: RealScalar>(_: R.Type) -> [R] {
  [
    0, -0.0, 1, -1, 0.1, 1 / 3, .pi, .nan, .infinity, -.infinity, .leastNonzeroMagnitude,
    -.leastNormalMagnitude, .greatestFiniteMagnitude, 16_777_216, 16_777_217, 1e10, 1e15, 123_456_789,
    9_007_199_254_740_992, 1e16, 1e22, 5e-7, .ulpOfOne, 1 + .ulpOfOne,
  ]
}

private func matrix<S: Scalar>(_ rows: Int, _ columns: Int, _ order: StorageOrder, _: S.Type) throws
  -> DenseMatrix<S>
{
  let odd = oddNumbers(S.Real.self)
  var random = SeededGenerator(seed: rows * 1000 + columns)
  return try DenseMatrix(
    rows: rows, columns: columns, order: order,
    elements: (0..<rows * columns).map { k in
      S(
        real: k < odd.count ? odd[k] : S.Real(Double.random(in: -1...1, using: &random)),
        imaginary: odd[Int.random(in: 0..<odd.count, using: &random)])
    })
}

@Suite struct RoundTripTests {
  private static let shapes = [(0, 0), (0, 5), (5, 0), (1, 1), (1, 7), (7, 1), (13, 5), (31, 37)]

  @Test(arguments: shapes, [StorageOrder.columnMajor, .rowMajor])
  func denseMatricesSurviveBitForBit(_ shape: (Int, Int), _ order: StorageOrder) throws {
    func check<S: Scalar>(_: S.Type) throws {
      let a = try matrix(shape.0, shape.1, order, S.self)
      for b in [a, a.conjugated(), a.transposed(), a.adjoint()] {
        let columnMajor = MatrixContents.dense(
          try DenseMatrix(rows: b.rows, columns: b.columns, elements: b.elements(in: .columnMajor)))
        let text = try read(written(.dense(b), .matrixMarket), as: S.self)
        #expect(text.shape == b.shape && text.entries == columnMajor.entries)
        let array = try read(written(.dense(b), .npy), as: S.self, .npy)
        #expect(array.shape == b.shape && array.entries == MatrixContents.dense(b).entries)
        let archived = try read(written(.dense(b), .npz), as: S.self, .npz)
        #expect(archived.shape == b.shape && archived.entries == MatrixContents.dense(b).entries)
        let collected = try read(written(.dense(b), .archive), as: S.self, .archive)
        #expect(collected.shape == b.shape && collected.entries == columnMajor.entries)
        let rowMajor = MatrixContents.dense(
          try DenseMatrix(
            rows: b.rows, columns: b.columns, order: .rowMajor, elements: b.elements(in: .rowMajor)))
        for format in [MatrixFileFormat.csv, .tsv] where b.columns > 0 || b.rows == 0 {
          let table = try read(written(.dense(b), format), as: S.self, format)
          #expect(table.shape == b.shape && table.entries == rowMajor.entries, "\(format) \(b.shape)")
        }
        if !S.isComplex {
          let idx = try read(written(.dense(b), .idx), as: S.self, .idx)
          #expect(idx.shape == b.shape && idx.entries == rowMajor.entries)
          // What is zero without a sign is not in a file of entries.
          let rows = MatrixContents.triplets(b.sparseWithSignedZeros().compressed(by: .rows).triplets())
          let svm = try MatrixFile.read(
            Pieces(written(.dense(b), .svmlight)), .svmlight, as: S.self,
            MatrixReadOptions(columns: b.columns)
          ).contents
          #expect(svm.shape == rows.shape && svm.entries == rows.entries)
        }
      }
    }
    try check(Float.self)
    try check(Double.self)
    try check(Complex<Float>.self)
    try check(Complex<Double>.self)
  }

  @Test(arguments: shapes)
  func tripletsSurviveBitForBitWithDuplicatesAndOrder(_ shape: (Int, Int)) throws {
    func check<S: Scalar>(_: S.Type) throws {
      let values = try matrix(shape.0, shape.1, .rowMajor, S.self)
      var random = SeededGenerator(seed: 3)
      var list = try TripletMatrix<S>(rows: shape.0, columns: shape.1)
      values.forEach { _, _, value in
        list.append(
          Int.random(in: 0..<shape.0, using: &random), Int.random(in: 0..<shape.1, using: &random), value)
      }
      for a in [list, list.adjoint()] {
        let back = try read(written(.triplets(a), .matrixMarket), as: S.self)
        #expect(back.shape == a.shape && back.entries == MatrixContents.triplets(a).entries)
      }
      let rows = MatrixContents.triplets(try list.compressed().triplets())
      let npz = try read(written(.triplets(list), .npz), as: S.self, .npz)
      #expect(npz.shape == rows.shape && npz.entries == rows.entries)
      if !S.isComplex {
        let svm = try MatrixFile.read(
          Pieces(written(.triplets(list), .svmlight)), .svmlight, as: S.self,
          MatrixReadOptions(columns: shape.1)
        ).contents
        #expect(svm.shape == rows.shape && svm.entries == rows.entries)
      }
      let dense = try read(written(.triplets(list), .npy), as: S.self, .npy)
      #expect(dense.entries == MatrixContents.dense(try list.dense()).entries)
    }
    try check(Float.self)
    try check(Double.self)
    try check(Complex<Float>.self)
    try check(Complex<Double>.self)
  }

  @Test func symmetricHalvesSurviveInBothLayouts() throws {
    func check<S: Scalar>(_: S.Type, _ symmetry: MatrixSymmetry) throws {
      var random = SeededGenerator(seed: 4)
      var list = try TripletMatrix<S>(rows: 6, columns: 6)
      for (i, j) in [(1, 0), (3, 2), (5, 0), (4, 4), (2, 2)] where i != j || symmetry != .skewSymmetric {
        let real = S.Real(Double.random(in: -1...1, using: &random))
        let value = S(real: real, imaginary: i == j && symmetry == .hermitian ? 0 : real / 3)
        list.append(i, j, value)
        if i != j { list.append(j, i, symmetry.mirrored(value)) }
      }
      let dense = try list.dense(order: .rowMajor)
      for contents in [MatrixContents.triplets(list), .dense(dense)] {
        let bytes = try written(contents, .matrixMarket, symmetry: symmetry)
        let back = try read(bytes, as: S.self)
        switch back {
        case .triplets(let b): #expect(try b.entryCount == list.entryCount && b.dense() == dense)
        case .dense(let b): #expect(b == dense)
        }
      }
    }
    for symmetry in MatrixSymmetry.allCases {
      try check(Float.self, symmetry)
      try check(Double.self, symmetry)
      try check(Complex<Float>.self, symmetry)
      try check(Complex<Double>.self, symmetry)
    }
  }

  @Test func aSymmetryThatIsNotTrueIsRefused() throws {
    let cases: [(MatrixSymmetry, [[Complex<Double>]])] = [
      (.symmetric, [[1, 2], [3, 4]]), (.skewSymmetric, [[0, 2], [2, 0]]),
      (.skewSymmetric, [[1, 2], [-2, 0]]),
      (.hermitian, [[Complex(1, 1), 2], [2, 4]]), (.hermitian, [[1, .i], [.i, 4]]), (.symmetric, [[1, 2]]),
    ]
    for (symmetry, rows) in cases {
      let dense = DenseMatrix(rows)
      for contents in [MatrixContents.dense(dense), .triplets(dense.triplets())] {
        let error = #expect(throws: FileFormatError.self) {
          try written(contents, .matrixMarket, symmetry: symmetry)
        }
        #expect(error?.kind == .badData)
      }
    }
  }

  @Test func textHasTheFewestDigits() throws {
    let list = try TripletMatrix<Double>(
      rows: 9, columns: 9, rowIndices: [0, 1, 2, 3, 8], columnIndices: [0, 0, 0, 0, 8],
      values: [1, -0.0, 0.1, 1e300, .nan])
    let text = String(decoding: try written(.triplets(list), .matrixMarket), as: UTF8.self)
    #expect(
      text == """
        %%MatrixMarket matrix coordinate real general
        9 9 5
        1 1 1
        2 1 -0
        3 1 0.1
        4 1 1e+300
        9 9 nan

        """)
  }

  @Test func realFilesAreReadAsAnyScalarRoundedOnce() throws {
    let text = "%%MatrixMarket matrix array real general\n2 1\n1.00000017881393432617187501\n-2\n"
    let single = try read(text, as: Complex<Float>.self)
    let above = Complex<Float>(Float(1).nextUp.nextUp, 0)
    #expect(single.entries == [Entry(0, 0, above), Entry(1, 0, Complex<Float>(-2, 0))])
  }

  @Test func anyPiecesGiveTheSameMatrix() throws {
    let lines = (0..<40).map { "\($0 % 9 + 1) \($0 % 7 + 1) \(Double($0) / 7)\r\n% comment \($0)\n" }
    let text = Array(("%%MatrixMarket matrix coordinate real general\n%\n9 9 40\n" + lines.joined()).utf8)
    let packed = try compressed(text)
    let array = try written(.dense(matrix(5, 7, .rowMajor, Double.self)), .npy)
    let (wholeText, wholeArray) = (try read(text).entries, try read(array, .npy).entries)
    for pieces in 1...17 {
      #expect(try read(text, pieces: pieces).entries == wholeText)
      #expect(try read(array, .npy, pieces: pieces).entries == wholeArray)
      let unpacked = try MatrixFile.read(
        InflateSource(Pieces(packed, of: pieces), as: .gzip), .matrixMarket, as: Double.self)
      #expect(unpacked.contents.entries == wholeText)
    }
  }

  /// A file of holes may have any length, and promises what no number holds.
  @Test func whatAPackedFileMayHoldStaysANumber() throws {
    final class Holes: ByteSource {
      let base: Pieces
      init(_ bytes: [UInt8]) { base = Pieces(bytes) }
      var name: String { base.name }
      var progress: ReadProgress { base.progress }
      var remainingBytes: Int? { .max - 4096 }
      func read(into buffer: UnsafeMutableRawBufferPointer) -> Int { base.read(into: buffer) }
    }
    let gap = String(repeating: "\n", count: 9_000_000)
    let text = "%%MatrixMarket matrix coordinate real general\n2 2 1\n\(gap)1 1 1\n"
    let packed = try compressed(Array(text.utf8))
    let source = try InflateSource(Holes(packed), as: .gzip)
    #expect(try MatrixFile.read(source, .matrixMarket, as: Double.self).contents.entries == [Entry(0, 0, 1)])
  }

  @Test func linesLongerThanTheBufferAreWholeInAnyPieces() throws {
    let long = String(repeating: "0", count: 2_500_000)
    let text =
      "%%MatrixMarket matrix array real general\n%\(long)\n3 1\n1\n2.\(long)\n%\(long)\n%\(long)\n3\n"
    for pieces in [1 << 16, 999_999, .max] {
      #expect(
        try read(Array(text.utf8), pieces: pieces).entries.map(\.real) == [1.0, 2, 3].map(\.bitPattern))
    }
  }

  @Test func gzipMembersFollowOneAnotherAndDamageIsFound() throws {
    let text = Array("%%MatrixMarket matrix array real general\n2 1\n1\n2\n".utf8)
    func unpack(_ bytes: [UInt8]) throws(FileFormatError) -> MatrixContents<Double> {
      try MatrixFile.read(InflateSource(Pieces(bytes, of: 5), as: .gzip), .matrixMarket, as: Double.self)
        .contents
    }
    let halves = try compressed(Array(text[..<20])) + compressed(Array(text[20...]))
    #expect(try unpack(halves).entries == read(text).entries)
    let whole = try compressed(text)
    for length in 0..<whole.count {
      let error = #expect(throws: FileFormatError.self) { try unpack(Array(whole[..<length])) }
      #expect(error?.position == .byte(length), "\(length)")
    }
    for k in [0, 1, 2, 15, 30, whole.count - 8, whole.count - 1] {
      var damaged = whole
      damaged[k] ^= 0x55
      #expect(throws: FileFormatError.self, "byte \(k)") { try unpack(damaged) }
    }
    #expect(throws: FileFormatError.self) { try unpack(whole + [1, 2, 3]) }
  }

  private func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
    let kept = Kept()
    let gzip = try DeflateSink(kept, as: .gzip, name: "A")
    try bytes.withUnsafeBytes { try gzip.write($0) }
    try gzip.finish()
    return kept.bytes
  }
}
