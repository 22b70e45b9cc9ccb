// C = A B, A m x k sparse, B k x n and C m x n dense and row-major: every nonzero a_ij adds a_ij times row
// j of B to row i of C, n contiguous multiply-adds. 2 z n flops, z the nonzeros of A; n elements of B are
// read per nonzero, which bounds the speed: they lie anywhere, and are asked for in advance. y = A x is the
// case n = 1 with its own loop. Source: Saad, Iterative Methods, 3.5.

import Numerics

internal import CSparseKernels

extension SparseMatrix {

  /// A B, row-major.
  ///
  /// - Throws: `shapeMismatch` when A's columns are not B's rows, `outOfMemory` when C does not fit.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func * (a: SparseMatrix, b: DenseMatrix<S>) throws(LinearAlgebraError)
    -> DenseMatrix<S>
  {
    guard a.columns == b.rows else {
      throw .shapeMismatch(operation: "product", left: a.shape, right: b.shape)
    }
    try MemoryGuard.check(
      "the product", a.rows, b.columns, bytesPerElement: MemoryLayout<S>.stride)
    let panel = b.elements(in: .rowMajor)
    let storage = sparseTimesPanel(a.resolved(), panel, width: b.columns)
    return DenseMatrix(unchecked: a.rows, b.columns, order: .rowMajor, storage)
  }

  /// A x, an array of A's rows. 2 z flops.
  ///
  /// - Throws: `shapeMismatch` when x does not have A's columns.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func * (a: SparseMatrix, x: [S]) throws(LinearAlgebraError) -> [S] {
    guard a.columns == x.count else {
      throw .shapeMismatch(operation: "product", left: a.shape, right: Shape(x.count, 1))
    }
    return sparseTimesVector(a.resolved(), x)
  }
}

/// A x, rows gathered or columns scattered as A is compressed. Gathered rows are written once, into memory
/// that nobody has zeroed before.
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
func sparseTimesVector<S: Scalar>(_ a: SparseMatrix<S>, _ x: [S]) -> [S] {
  S.count(multiplyAdds: a.nonzeroCount)
  return [S](unsafeUninitializedCapacity: a.rows) { y, count in
    a.offsets.withUnsafeBufferPointer { offsets in
      a.indices.withUnsafeBufferPointer { indices in
        a.storage.withUnsafeBufferPointer { values in
          x.withUnsafeBufferPointer { x in
            if a.axis == .rows {
              for i in 0..<a.rows {
                var sum: S = 0
                for q in offsets[i]..<offsets[i + 1] { sum += values[q] * x[Int(indices[q])] }
                y.initializeElement(at: i, to: sum)
              }
            } else {
              y.initialize(repeating: 0)
              for j in 0..<a.columns {
                let factor = x[j]
                for q in offsets[j]..<offsets[j + 1] { y[Int(indices[q])] += values[q] * factor }
              }
            }
          }
        }
      }
    }
    count = a.rows
  }
}

/// A B with B and the result row-major panels of `width` columns. The loop over A's rows is in CSparseKernels.
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
func sparseTimesPanel<S: Scalar>(_ a: SparseMatrix<S>, _ b: [S], width: Int) -> [S] {
  S.count(multiplyAdds: a.nonzeroCount * width)
  let size = a.rows * width
  return [S](inLargePages: size) { c, count in
    count = size
    guard size > 0 else { return }
    a.offsets.withUnsafeBufferPointer { offsets in
      a.indices.withUnsafeBufferPointer { indices in
        a.storage.withUnsafeBufferPointer { values in
          b.withUnsafeBufferPointer { b in
            if a.axis == .rows {
              tessera_rows_times_panel(
                S.kind.letter, a.rows, offsets.baseAddress, indices.baseAddress, values.baseAddress, width,
                b.baseAddress, c.baseAddress)
            } else {
              c.initialize(repeating: 0)
              for j in 0..<a.columns {
                for q in offsets[j]..<offsets[j + 1] {
                  let (target, factor) = (Int(indices[q]) * width, values[q])
                  for l in 0..<width { c[target + l] += factor * b[j * width + l] }
                }
              }
            }
          }
        }
      }
    }
  }
}
