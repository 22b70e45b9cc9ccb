// IDX files (LeCun, Cortes and Burges, The MNIST database): big-endian arrays of any rank.
//
//   0 0 type rank, `rank` sizes of 4 bytes, the elements, the last index fastest
//
// The first index numbers the rows; the others are flattened, in their order, to columns.

import TesseraLocalMatrices

/// What the header of an IDX file declares.
struct IdxHeader {
  /// The code of each element type, and its spelling.
  private static let types: [UInt8: String] = [
    0x08: "|u1", 0x09: "|i1", 0x0b: ">i2", 0x0c: ">i4", 0x0d: ">f4", 0x0e: ">f8",
  ]

  let element: StoredElement
  let rows: Int
  let columns: Int
  /// Where the data begins in the file.
  let dataOffset: Int

  /// Reads the header from the beginning of `source`.
  ///
  /// - Throws: `badData` with the byte that is not as it should be.
  init(from source: any ByteSource) throws(FileFormatError) {
    let start = try source.bytes(4, of: "header", offset: 0)
    guard start[0] == 0, start[1] == 0 else {
      throw FileFormatError(
        file: source.name, at: .byte(0), expected: "an IDX file's first bytes, 0 0", found: quoted(start))
    }
    guard let type = IdxHeader.types[start[2]], let element = try? StoredElement(type) else {
      throw FileFormatError(
        file: source.name, at: .byte(2), expected: "an element type, 8, 9, 11, 12, 13 or 14",
        found: "\(start[2])")
    }
    self.element = element
    let rank = Int(start[3])
    guard rank >= 1 else {
      throw FileFormatError(file: source.name, at: .byte(3), expected: "a rank of 1 or more", found: "0")
    }
    let bytes = try source.bytes(4 * rank, of: "header", offset: 4)
    let sizes = (0..<rank).map { d in bytes[4 * d..<4 * d + 4].reduce(0) { $0 << 8 | Int($1) } }
    var (count, overflowed) = (element.size, false)
    for size in sizes {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      (count, overflowed) = (product, overflowed || overflow)
    }
    // Sizes whose product is zero may overflow on the way to it.
    guard !overflowed || sizes.contains(0) else {
      throw FileFormatError(
        file: source.name, at: .byte(4), expected: "an array of fewer than 2^63 bytes",
        found: "sizes \(sizes)")
    }
    rows = sizes[0]
    // Without rows the product of the others may be anything; a local matrix has no room for .max columns.
    columns =
      sizes.dropFirst().contains(0)
      ? 0
      : sizes.dropFirst().reduce(1) { product, size in
        let (larger, overflow) = product.multipliedReportingOverflow(by: size)
        return overflow ? .max : larger
      }
    dataOffset = 4 + 4 * rank
  }

  /// The header as every format has it.
  var fileHeader: MatrixFileHeader {
    MatrixFileHeader(
      rows: rows, columns: columns, storedEntries: rows * columns, format: .idx, layout: .array(.rowMajor),
      scalar: element.scalar, elementType: element.name, symmetry: .general)
  }
}

/// Reads one IDX file.
struct IdxReader {
  private let source: any ByteSource

  init(_ source: any ByteSource) { self.source = source }

  /// The header alone.
  ///
  /// - Throws: `badData` for a header that is not IDX's.
  func header() throws(FileFormatError) -> MatrixFileHeader { try IdxHeader(from: source).fileHeader }

  /// The whole matrix: a vector is a column.
  ///
  /// - Throws: `badData` for a header as above, for more or fewer bytes than it declares, and for a shape
  ///   that a local matrix does not hold.
  func matrix<S: Scalar>(as: S.Type, progress: ((ReadProgress) -> Void)?) throws(FileFormatError)
    -> (MatrixFileHeader, MatrixContents<S>)
  {
    let header = try IdxHeader(from: source)
    try checkLocalShape(header.rows, header.columns, file: source.name)
    let elements = try source.elements(
      header.element, count: header.rows * header.columns, offset: header.dataOffset, as: S.self,
      progress: progress
    ).values
    do throws(LinearAlgebraError) {
      let matrix = try DenseMatrix(
        rows: header.rows, columns: header.columns, order: .rowMajor, elements: elements)
      return (header.fileHeader, .dense(matrix))
    } catch {
      throw FileFormatError(.badData, file: source.name, "\(error)")
    }
  }
}

/// Writes IDX files of rank two.
enum IdxWriter {
  /// Writes all elements of `contents` to the sink that `open` returns; triplets become dense first.
  ///
  /// - Throws: `badData` for a complex matrix, and when the dense form does not fit this machine; what the
  ///   sink throws.
  static func write<S: Scalar>(
    _ contents: MatrixContents<S>, file: String, open: () throws(FileFormatError) -> any ByteSink
  ) throws(FileFormatError) {
    guard !S.isComplex else {
      throw FileFormatError(.badData, file: file, "an IDX file cannot hold complex numbers")
    }
    let matrix = try contents.dense(file: file)
    let sink = try open()
    let type: UInt8 = S.kind == .float ? 0x0d : 0x0e
    try sink.send { output in
      for byte in [0, 0, type, 2] { output.append(byte) }
      output.append(bigEndian: UInt32(truncatingIfNeeded: matrix.rows))
      output.append(bigEndian: UInt32(truncatingIfNeeded: matrix.columns))
    }
    let elements = matrix.elements(in: .rowMajor)
    try sink.send(pieces: pieceCount(elements.count)) { number, output in
      for q in piece(number, of: elements.count) {
        if S.kind == .float {
          output.append(bigEndian: Float(elements[q].realPart).bitPattern)
        } else {
          output.append(bigEndian: Double(elements[q].realPart).bitPattern)
        }
      }
    }
    try sink.finish()
  }
}
