// A dense matrix to a NumPy array file, version 1.0: a header padded so that the data begins at a multiple
// of 64 bytes, then the buffer as it lies in memory. O(bytes).

import TesseraLocalMatrices

/// Writes .npy files.
enum NpyWriter {
  /// Writes all elements of `contents` to the sink that `open` returns; triplets become dense first.
  ///
  /// - Throws: `badData` when the dense form of triplets does not fit this machine; what the sink throws.
  static func write<S: Scalar>(
    _ contents: MatrixContents<S>, file: String, open: () throws(FileFormatError) -> any ByteSink
  ) throws(FileFormatError) {
    let matrix = try dense(contents, file: file)
    let sink = try open()
    try send(header(of: matrix), to: sink)
    try send(matrix.elements(in: matrix.order), to: sink)
    try sink.finish()
  }

  private static func dense<S: Scalar>(_ contents: MatrixContents<S>, file: String)
    throws(FileFormatError) -> DenseMatrix<S>
  {
    switch contents {
    case .dense(let matrix): return matrix
    case .triplets(let matrix):
      do throws(LinearAlgebraError) {
        return try matrix.dense()
      } catch {
        throw FileFormatError(.badData, file: file, "\(error)")
      }
    }
  }

  private static func header<S: Scalar>(of matrix: DenseMatrix<S>) -> [UInt8] {
    #if _endian(little)
      let byteOrder = "<"
    #else
      let byteOrder = ">"
    #endif
    let element = "\(byteOrder)\(S.isComplex ? "c" : "f")\(MemoryLayout<S>.size)"
    let order = matrix.order == .columnMajor ? "True" : "False"
    let fields =
      "{'descr': '\(element)', 'fortran_order': \(order), 'shape': (\(matrix.rows), \(matrix.columns)), }"
    let unpadded = NpyHeader.magic.count + 4 + fields.utf8.count + 1
    let padding = (64 - unpadded % 64) % 64
    let length = fields.utf8.count + padding + 1
    return NpyHeader.magic + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + Array(fields.utf8)
      + [UInt8](repeating: UInt8(ascii: " "), count: padding) + [newline]
  }

  private static func send<T>(_ elements: [T], to sink: any ByteSink) throws(FileFormatError) {
    var failure: FileFormatError?
    elements.withUnsafeBytes { bytes in
      do throws(FileFormatError) { try sink.write(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
