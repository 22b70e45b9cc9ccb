// C = A B, A m x k sparse, B k x n and C m x n dense and row-major: every nonzero a_ij adds a_ij times row
// j of B to row i of C, n contiguous multiply-adds. 2 z n flops, z the nonzeros of A; n elements of B are
// read per nonzero. y = A x is the case n = 1 with its own loop. Source: Saad, Iterative Methods, 3.5.

import Numerics

internal import COpenBLAS

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
    var c = DenseMatrix<S>(zeros: a.rows, b.columns, order: .rowMajor)
    let panel = b.elements(in: .rowMajor)
    sparseTimesPanel(a.resolved(), panel, width: b.columns, &c.storage)
    return c
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

/// C += A B with B and C row-major panels of `width` columns.
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
func sparseTimesPanel<S: Scalar>(_ a: SparseMatrix<S>, _ b: [S], width: Int, _ c: inout [S]) {
  S.count(multiplyAdds: a.nonzeroCount * width)
  let major = a.majorCount
  let byRows = a.axis == .rows
  a.offsets.withUnsafeBufferPointer { offsets in
    a.indices.withUnsafeBufferPointer { indices in
      a.storage.withUnsafeBufferPointer { values in
        b.withUnsafeBufferPointer { b in
          c.withUnsafeMutableBufferPointer { c in
            guard width > 0, let b = b.baseAddress, let c = c.baseAddress else { return }
            // The rows of B that are gathered lie anywhere: they are asked for some nonzeros ahead.
            let (ahead, line) = (8, max(1, 64 / MemoryLayout<S>.stride))
            for p in 0..<major {
              for q in offsets[p]..<offsets[p + 1] {
                let minor = Int(indices[q])
                if byRows, q + ahead < indices.count {
                  let next = b + Int(indices[q + ahead]) * width
                  for l in stride(from: 0, to: width, by: line) { tessera_prefetch(next + l) }
                }
                let target = c + (byRows ? p : minor) * width
                let source = b + (byRows ? minor : p) * width
                let factor = values[q]
                for l in 0..<width { target[l] += factor * source[l] }
              }
            }
          }
        }
      }
    }
  }
}
