// A NumPy array file to a dense matrix in the file's own order. O(bytes) time; memory is that of the
// matrix, as far as the file really reaches, plus a buffer of 1 MiB.

import TesseraLocalMatrices

/// Reads one .npy file.
struct NpyReader {
  private let source: any ByteSource

  init(_ source: any ByteSource) { self.source = source }

  /// The header alone.
  ///
  /// - Throws: `badData` for a header that is not NumPy's or not a matrix of numbers.
  func header() throws(FileFormatError) -> MatrixFileHeader { try NpyHeader(from: source).fileHeader() }

  /// The whole matrix: a vector is a column, a scalar is 1 by 1.
  ///
  /// - Throws: `badData` for a header as above, for more or fewer bytes than it declares, for a complex file
  ///   when `S` is real, and for a shape that a local matrix does not hold.
  func matrix<S: Scalar>(as: S.Type, progress: ((ReadProgress) -> Void)?) throws(FileFormatError)
    -> (MatrixFileHeader, MatrixContents<S>)
  {
    let header = try NpyHeader(from: source)
    let (rows, columns) = try header.matrixShape()
    try checkLocalShape(rows, columns, file: source.name)
    let (elements, rounded) = try elements(of: header, as: S.self, progress: progress)
    var fileHeader = try header.fileHeader()
    do throws(LinearAlgebraError) {
      let matrix = try DenseMatrix(rows: rows, columns: columns, order: header.order, elements: elements)
      fileHeader.roundedIntegers = RoundedIntegers(rounded, in: .dense(matrix))
      return (fileHeader, .dense(matrix))
    } catch {
      throw FileFormatError(.badData, file: source.name, "\(error)")
    }
  }

  /// The elements behind `header`, in the order in which they are stored, and the whole numbers among them that were
  /// rounded.
  ///
  /// - Throws: `badData` for more or fewer bytes than the header declares, and for a complex file when `S` is
  ///   real.
  func elements<S: Scalar>(
    of header: NpyHeader, as: S.Type, progress: ((ReadProgress) -> Void)? = nil
  ) throws(FileFormatError) -> (values: [S], rounded: RoundingTally) {
    guard S.isComplex || header.element.kind != .complex else {
      throw FileFormatError.complexAsReal(source.name, S.kind)
    }
    return try source.elements(
      header.element, count: header.count, offset: header.dataOffset, as: S.self, progress: progress)
  }
}
