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
    let matrix = try contents.dense(file: file)
    let sink = try open()
    try send(matrix, to: sink)
    try sink.finish()
  }

  /// Sends `matrix` in its own order to `sink`, which is not finished.
  static func send<S: Scalar>(_ matrix: DenseMatrix<S>, to sink: any ByteSink) throws(FileFormatError) {
    try sendHeader(matrix.shape, matrix.order, of: S.self, to: sink)
    try sink.send(matrix.elements(in: matrix.order))
  }

  /// Sends what stands before the elements of a matrix.
  static func sendHeader<S: Scalar>(
    _ shape: Shape, _ order: StorageOrder, of: S.Type, to sink: any ByteSink
  ) throws(FileFormatError) {
    try sink.send(
      header(
        elementName(S.self), isFortranOrder: order == .columnMajor, shape: "(\(shape.rows), \(shape.columns))"
      ))
  }

  /// Sends a vector of scalars.
  static func send<S: Scalar>(_ vector: [S], to sink: any ByteSink) throws(FileFormatError) {
    try sink.send(header(elementName(S.self), isFortranOrder: false, shape: "(\(vector.count),)"))
    try sink.send(vector)
  }

  /// Sends a vector of whole numbers.
  static func send<I: FixedWidthInteger & BitwiseCopyable>(_ vector: [I], to sink: any ByteSink)
    throws(FileFormatError)
  {
    let name = "\(byteOrder)i\(MemoryLayout<I>.size)"
    try sink.send(header(name, isFortranOrder: false, shape: "(\(vector.count),)"))
    try sink.send(vector)
  }

  /// Sends one text of ASCII characters.
  static func send(text: String, to sink: any ByteSink) throws(FileFormatError) {
    try sink.send(header("|S\(text.utf8.count)", isFortranOrder: false, shape: "()"))
    try sink.send(Array(text.utf8))
  }

  #if _endian(little)
    private static let byteOrder = "<"
  #else
    private static let byteOrder = ">"
  #endif

  private static func elementName<S: Scalar>(_: S.Type) -> String {
    "\(byteOrder)\(S.isComplex ? "c" : "f")\(MemoryLayout<S>.size)"
  }

  private static func header(_ element: String, isFortranOrder: Bool, shape: String) -> [UInt8] {
    let order = isFortranOrder ? "True" : "False"
    let fields = "{'descr': '\(element)', 'fortran_order': \(order), 'shape': \(shape), }"
    let unpadded = NpyHeader.magic.count + 4 + fields.utf8.count + 1
    let padding = (64 - unpadded % 64) % 64
    let length = fields.utf8.count + padding + 1
    return NpyHeader.magic + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + Array(fields.utf8)
      + [UInt8](repeating: UInt8(ascii: " "), count: padding) + [newline]
  }
}
