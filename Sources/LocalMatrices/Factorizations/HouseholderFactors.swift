// From what geqrf and geqp3 leave (R over the upper triangle, reflectors below it) to explicit thin Q and R.
// Row i of R and column i of Q change sign together so that r_ii >= 0, which makes the factorization of a
// matrix of full rank unique (Golub, Van Loan, Matrix Computations, 5.2.1). 4mk^2 - 4k^3/3 flops.

import Numerics

/// Thin Q (m by k) and R (k by n), k = min(m, n), both column-major.
///
/// - Throws: `outOfMemory` when LAPACK finds no workspace, `invalidArgument` when numbers overflowed.
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
func explicitFactors<S: Scalar>(_ m: Int, _ n: Int, _ reflectors: [S], _ tau: [S]) throws(LinearAlgebraError)
  -> (q: DenseMatrix<S>, r: DenseMatrix<S>)
{
  let k = min(m, n)
  let r = upperFactor(m, n, reflectors)
  var q = Array(reflectors.prefix(m * k))
  if k > 0 {
    let info = q.withUnsafeMutableBufferPointer { q in
      tau.withUnsafeBufferPointer { S.orgqr(m, k, k, q.baseAddress!, m, $0.baseAddress!) }
    }
    guard info == 0 else {
      throw lapackFailure(info, "QR", workspaceBytes: m * k * MemoryLayout<S>.stride)
    }
  }
  for i in 0..<k where reflectors[i * m + i].realPart.sign == .minus {
    for l in i * m..<(i + 1) * m { q[l] = -q[l] }
  }
  return (DenseMatrix(unchecked: m, k, order: .columnMajor, q), r)
}

/// R, min(m, n) by n, from over the reflectors, its rows turned so that the diagonal is not negative.
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
func upperFactor<S: Scalar>(_ m: Int, _ n: Int, _ reflectors: [S]) -> DenseMatrix<S> {
  let k = min(m, n)
  var r = [S](repeating: 0, count: k * n)
  r.withUnsafeMutableBufferPointer { r in
    for j in 0..<n {
      for i in 0..<min(j + 1, k) {
        let turns = reflectors[i * m + i].realPart.sign == .minus
        r[j * k + i] = turns ? -reflectors[j * m + i] : reflectors[j * m + i]
      }
    }
  }
  return DenseMatrix(unchecked: k, n, order: .columnMajor, r)
}
