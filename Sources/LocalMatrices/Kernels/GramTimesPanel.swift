// Y += A^H (A X), A m x n one tile, X and Y n x b panels in row-major order: each row a_i of A is read once,
// for t = a_i X and then Y += a_i^H t. 4 z b flops for z stored elements; sparse: 12 bytes of A and 2b
// elements of X and Y touched per nonzero. Dense: two GEMMs over blocks of rows that stay in cache.
// The step of a Krylov method for the singular values of A.

import Numerics

extension LocalMatrix {
  /// Y + A^H A X, where `x` and `y` hold n x `width` panels in row-major order.
  ///
  /// - Precondition: both panels have `columns * width` elements.
  public func addGramProduct(_ x: [S], width: Int, to y: inout [S]) {
    precondition(x.count == columns * width && y.count == columns * width)
    guard rows > 0, columns > 0, width > 0 else { return }
    S.count(multiplyAdds: 2 * storedCount * width)
    switch self {
    case .dense(let a): denseGramTimesPanel(a, x, width: width, &y)
    case .sparse(let a):
      let a = a.compressed(by: .rows).resolved()
      if width == 1 {
        sparseGramTimesVector(a, x, &y)
      } else {
        sparseGramTimesPanel(a, x, width: width, &y)
      }
    }
  }
}

@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
private func sparseGramTimesVector<S: Scalar>(_ a: SparseMatrix<S>, _ x: [S], _ y: inout [S]) {
  a.offsets.withUnsafeBufferPointer { offsets in
    a.indices.withUnsafeBufferPointer { indices in
      a.storage.withUnsafeBufferPointer { values in
        x.withUnsafeBufferPointer { x in
          y.withUnsafeMutableBufferPointer { y in
            for i in 0..<offsets.count - 1 {
              var t: S = 0
              for q in offsets[i]..<offsets[i + 1] { t += values[q] * x[Int(indices[q])] }
              for q in offsets[i]..<offsets[i + 1] {
                y[Int(indices[q])] += values[q].conjugate * t
              }
            }
          }
        }
      }
    }
  }
}

@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
private func sparseGramTimesPanel<S: Scalar>(
  _ a: SparseMatrix<S>, _ x: [S], width: Int, _ y: inout [S]
) {
  var row = [S](repeating: 0, count: width)
  a.offsets.withUnsafeBufferPointer { offsets in
    a.indices.withUnsafeBufferPointer { indices in
      a.storage.withUnsafeBufferPointer { values in
        x.withUnsafeBufferPointer { x in
          y.withUnsafeMutableBufferPointer { y in
            row.withUnsafeMutableBufferPointer { t in
              for i in 0..<offsets.count - 1 {
                for l in 0..<width { t[l] = 0 }
                for q in offsets[i]..<offsets[i + 1] {
                  let (value, start) = (values[q], Int(indices[q]) * width)
                  for l in 0..<width { t[l] += value * x[start + l] }
                }
                for q in offsets[i]..<offsets[i + 1] {
                  let (value, start) = (values[q].conjugate, Int(indices[q]) * width)
                  for l in 0..<width { y[start + l] += value * t[l] }
                }
              }
            }
          }
        }
      }
    }
  }
}

/// Blocks of about 256 KiB: half of a common level-2 cache.
private func denseGramTimesPanel<S: Scalar>(
  _ a: DenseMatrix<S>, _ x: [S], width: Int, _ y: inout [S]
) {
  let (m, n) = (a.rows, a.columns)
  // A in row-major order is its transpose, n x m, to BLAS; panels are b x n.
  let rowMajor = a.elements(in: .rowMajor)
  let blockRows = max(1, (256 << 10) / (n * MemoryLayout<S>.stride))
  var t = [S](repeating: 0, count: min(blockRows, m) * width)
  rowMajor.withUnsafeBufferPointer { a in
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        t.withUnsafeMutableBufferPointer { t in
          for start in stride(from: 0, to: m, by: blockRows) {
            let block = min(blockRows, m - start)
            let rows = a.baseAddress! + start * n
            // T^T (b x block) := X^T (b x n) A^T (n x block)
            S.gemm(
              .identity, .identity, width, block, n, 1, x.baseAddress!, width, rows, n, 0,
              t.baseAddress!, width)
            // Y^T (b x n) += T^T (b x block) conj(A) (block x n); conj(A) is the adjoint of A^T.
            S.gemm(
              .identity, .adjoint, width, n, block, 1, t.baseAddress!, width, rows, n, 1,
              y.baseAddress!, width)
          }
        }
      }
    }
  }
}
