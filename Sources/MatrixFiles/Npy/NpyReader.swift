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
    guard S.isComplex || header.element.kind != .complex else {
      throw FileFormatError.complexAsReal(source.name, S.kind)
    }
    try checkLocalShape(header.rows, header.columns, file: source.name)
    let elements: [S] = try readElements(header, progress)
    do throws(LinearAlgebraError) {
      let matrix = try DenseMatrix(
        rows: header.rows, columns: header.columns, order: header.order, elements: elements)
      return (header.fileHeader(), .dense(matrix))
    } catch {
      throw FileFormatError(.badData, file: source.name, "\(error)")
    }
  }

  private func readElements<S: Scalar>(_ header: NpyHeader, _ progress: ((ReadProgress) -> Void)?)
    throws(FileFormatError) -> [S]
  {
    let size = header.element.size
    let declared = header.rows * header.columns * size
    var elements: [S] = []
    if let rest = source.remainingBytes, rest >= declared {
      // The size of a file may be a hole: what cannot be held is refused before it is asked for.
      do throws(LinearAlgebraError) {
        try MemoryGuard.check(
          "a matrix of \(header.rows) x \(header.columns)", header.rows, header.columns,
          bytesPerElement: MemoryLayout<S>.stride)
      } catch {
        throw FileFormatError(.badData, file: source.name, at: .byte(header.dataOffset), "\(error)")
      }
      elements.reserveCapacity(declared / size)
    }
    // Elements are at most 16 bytes, so that none is cut by the end of the buffer.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    var taken = 0
    while taken < declared {
      let wanted = min(buffer.count, declared - taken)
      let filled = try source.fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
      guard filled == wanted else {
        throw FileFormatError(
          file: source.name, at: .byte(header.dataOffset + taken + filled),
          expected: "\(declared) bytes of data", found: "the end of the file after \(taken + filled)")
      }
      header.element.append(UnsafeRawBufferPointer(rebasing: buffer[..<wanted]), to: &elements)
      taken += wanted
      progress?(source.progress)
    }
    guard try source.read(into: buffer) == 0 else {
      throw FileFormatError(
        file: source.name, at: .byte(header.dataOffset + declared),
        expected: "the end of the file after \(declared) bytes of data", found: "more bytes")
    }
    return elements
  }
}
