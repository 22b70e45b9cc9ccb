// What a truncated SVD must satisfy, computed from A, U, s and V alone.

import Numerics
import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

/// A decomposition brought to the driver.
struct CollectedSVD<S: Scalar>: Sendable {
  let values: [S.Real]
  let left: DenseMatrix<S>
  let right: DenseMatrix<S>
  let residuals: [S.Real]
  let converged: Bool
  let method: SVDMethod
  let passes: Int
  let frobeniusNorm: S.Real

  init(_ svd: TruncatedSVD<S>) async throws {
    values = svd.singularValues
    right = svd.right
    left = try await svd.left?.collect().dense() ?? DenseMatrix(zeros: 0, 0)
    (residuals, converged, method) = (svd.residuals, svd.converged, svd.method)
    (passes, frobeniusNorm) = (svd.passes, svd.frobeniusNorm)
  }

  var fingerprint: Fingerprint {
    var bits = Fingerprint()
    bits.add(values)
    bits.add(left)
    bits.add(right)
    bits.add(residuals + [frobeniusNorm])
    bits.add([converged ? 1.0 : 0, Double(passes)])
    return bits
  }

  /// Checks everything but how many triplets there are.
  ///
  /// - Parameters:
  ///   - expected: the singular values, descending.
  ///   - accuracy: the error of a value, relative to the largest.
  func check(
    _ a: DenseMatrix<S>, expected: [S.Real], accuracy: S.Real, _ name: String
  ) throws {
    let (m, n, r) = (a.rows, a.columns, values.count)
    #expect(left.shape == Shape(m, r) && right.shape == Shape(n, r) && residuals.count == r, "\(name)")
    guard left.shape == Shape(m, r), right.shape == Shape(n, r), residuals.count == r else { return }
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 >= $1 }, "\(name)")
    #expect(try TestRatio.orthogonality(left) < 60, "U of \(name)")
    #expect(try TestRatio.orthogonality(right) < 60, "V of \(name)")
    let largest = expected.first ?? 0
    for (found, value) in zip(values, expected) {
      #expect((found - value).magnitude <= accuracy * largest, "\(found) for \(value), \(name)")
    }
    // Work near 1, where no square leaves the range of the scalar.
    let scale = largest > 0 ? S.Real(sign: .plus, exponent: -largest.exponent, significand: 1) : 1
    let unit = a.map { S(real: scale) * $0 }
    let s = values.map { $0 * scale }
    let defects = [
      try unit * right - left.timesDiagonal(s), try unit.adjoint() * left - right.timesDiagonal(s),
    ]
    let rounding = 8 * S.Real(max(m, n)) * S.Real.ulpOfOne * (largest * scale)
    for j in 0..<r {
      let defect = S.Real.hypot(norm(defects[0].column(j)), norm(defects[1].column(j)))
      let reported = residuals[j] * scale
      // Computed with u = A v / s, the reported one carries the rounding of s1^2 / s.
      let slack = rounding * max(1, s[0] / max(s[j], S.Real.ulpOfOne * s[0]))
      #expect(defect <= 2 * reported + rounding, "residual \(j) of \(name) is \(defect), not \(reported)")
      #expect(reported <= 2 * defect + slack, "residual \(j) of \(name) is \(defect), not \(reported)")
      let pivot = right.column(j).max { $0.modulus < $1.modulus } ?? 1
      #expect(
        pivot.realPart > 0 && pivot.imaginaryPart.magnitude <= 4 * S.Real.ulpOfOne, "sign \(j) of \(name)")
    }
    let size = a.norm()
    #expect((frobeniusNorm - size).magnitude <= S.Real(max(m, n)) * S.Real.ulpOfOne * size, "\(name)")
  }
}

extension DenseMatrix {
  fileprivate func timesDiagonal(_ d: [S.Real]) -> DenseMatrix {
    DenseMatrix(rows: rows, columns: columns) { self[$0, $1] * S(real: d[$1]) }
  }
}

/// The decomposition of `local` on a cluster of its own.
func decompose<S: Scalar>(
  _ local: LocalMatrix<S>, count: Int, method: SVDMethod = .auto, tolerance: S.Real? = nil,
  partitions: Int? = nil, workers: Int = 2, encodes: Bool = false
) async throws -> CollectedSVD<S> {
  try await withCluster(workers: workers, encodes: encodes, registry: .distributedMatrices) { cluster in
    let a = try await RowMatrix(local, partitions: partitions, on: cluster)
    return try await CollectedSVD(
      try await a.svd(count: count, method: method, tolerance: tolerance, leftVectors: true))
  }
}
