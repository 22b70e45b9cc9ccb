// T[row.., column..] = region, T row-major: row by row where the region's matrix is row-major too, else in
// blocks of 16 x 16 so that both sides stay in cache. One read and one write per element.

import Numerics
import TesseraLocalMatrices

extension DenseRegion {
  /// Copies the region to its place, or to another, in a row-major buffer.
  ///
  /// The buffer may be uninitialized: elements are plain values. Pointers, because checked indexing keeps the
  /// compiler from copying rows as blocks; the bounds are checked once for all.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  func copy(to target: UnsafeMutableBufferPointer<S>, leadingDimension: Int, row: Int, column: Int) {
    let (height, width) = (rows.count, columns.count)
    guard height > 0, width > 0, let base = target.baseAddress else { return }
    precondition(
      row >= 0 && column >= 0 && column + width <= leadingDimension
        && (row + height - 1) * leadingDimension + column + width <= target.count)
    let corner = base + row * leadingDimension + column
    let stride = matrix.leadingDimension
    matrix.storage.withUnsafeBufferPointer { buffer in
      guard let source = buffer.baseAddress else { return }
      if matrix.order == .rowMajor {
        let start = source + rows.lowerBound * stride + columns.lowerBound
        for i in 0..<height {
          (corner + i * leadingDimension).initialize(from: start + i * stride, count: width)
        }
      } else {
        let start = source + columns.lowerBound * stride + rows.lowerBound
        for firstRow in Swift.stride(from: 0, to: height, by: 16) {
          for firstColumn in Swift.stride(from: 0, to: width, by: 16) {
            for i in firstRow..<min(firstRow + 16, height) {
              for j in firstColumn..<min(firstColumn + 16, width) {
                (corner + i * leadingDimension + j).initialize(to: start[j * stride + i])
              }
            }
          }
        }
      }
    }
    if matrix.isConjugated {
      for i in 0..<height {
        for j in 0..<width { corner[i * leadingDimension + j] = corner[i * leadingDimension + j].conjugate }
      }
    }
  }
}
