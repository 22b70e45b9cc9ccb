// C = (A - 1 m^T) D for the means m of A's columns, without C: A - 1 s^T where s is m in the columns whose mean
// is large against their deviation, and zero elsewhere, so that
//
//   C^H C = D ((A - 1 s^T)^H (A - 1 s^T) - M conj(d) d^T) D,   d = m - s,   M rows,
//
// cancels no more than a small factor. A column of which the part f is not zero has M |mean|^2 at most 1/(1-f)
// times its squared deviations: a sparse column whose mean must be taken off is nearly full, so that A - 1 s^T
// is as sparse as A. Of a dense matrix all means are taken off as soon as one is not small.

import Numerics
import TesseraDistributedMatrices
import TesseraLocalMatrices

struct CentredMatrix<S: Scalar>: Sendable {
  /// A, each column times a power of two.
  let original: RowMatrix<S>
  /// A - 1 s^T, times the same powers of two.
  let shifted: RowMatrix<S>
  /// The means of A itself.
  let mean: [S]
  /// What `shifted` lacks of being centred: m - s.
  let remainder: [S]
  /// D, by which columns are multiplied.
  let scales: [S.Real]
  /// What the columns of A itself are divided by.
  let deviations: [S.Real]
  /// The powers of two by which A's columns were multiplied.
  let factors: [S.Real]
  /// The squared deviations of C's columns from zero: the diagonal of C^H C.
  let squares: [S.Real]

  /// Whether means were taken off the elements, which made another matrix.
  var isShifted: Bool { shifted.tiles !== original.tiles }
  var rows: Int { original.rows }
  var columns: Int { original.columns }

  /// Two passes, of which the second copies A where means are taken off. One more each for moments and for a copy where
  /// columns are scaled by powers of two first.
  ///
  /// - Parameters:
  ///   - unitVariance: whether D brings columns to unit variance; otherwise it is the identity.
  ///   - together: whether columns keep their proportions, as principal components need them; otherwise each has its own
  ///     power of two.
  /// - Throws: `LinearAlgebraError.notFinite`, `ExecutionError`.
  init(_ a: RowMatrix<S>, unitVariance: Bool = false, together: Bool = false) async throws {
    let a = try await a.materialized()
    let found = try await a.safeColumnMoments()
    let (moments, powers) = found
    let tame = try await ScaledColumns(a, found, together: together)
    (original, factors) = (tame.matrix, tame.factors)

    let (n, parts) = (a.columns, S.isComplex ? 2 : 1)
    func number(_ part: (Int) -> Double, _ j: Int) -> S {
      S(real: S.Real(part(j * parts)), imaginary: parts == 2 ? S.Real(part(j * parts + 1)) : 0)
    }
    // Moments of columns times one power are those times another, exactly.
    let ratios = zip(tame.factors, powers).map { Double($0) / $1 }
    mean = (0..<n).map { j in number({ moments.mean[$0] / powers[j] }, j) }
    let means = (0..<n).map { j in number({ moments.mean[$0] * ratios[j] }, j) }
    let raw = (0..<n).map { j in
      (0..<parts).reduce(0.0) { $0 + moments.squares[j * parts + $1] * ratios[j] * ratios[j] }
    }
    let loads = (0..<n).map { Double(moments.rows) * Double(means[$0].modulus) * Double(means[$0].modulus) }
    let isDense = 2 * Double(a.storedCount) >= Double(a.rows) * Double(n)
    let shiftsAll = isDense && (0..<n).contains { loads[$0] > raw[$0] / 64 }
    let shift = (0..<n).map { shiftsAll || loads[$0] > 4 * raw[$0] ? means[$0] : 0 }
    remainder = (0..<n).map { j in
      number(
        { q in
          let whole = q % parts == 0 ? shift[j].realPart : shift[j].imaginaryPart
          return (moments.mean[q] * ratios[j] - Double(whole)) + moments.meanTail[q] * ratios[j]
        }, j)
    }
    shifted = shift.allSatisfy { $0 == 0 } ? original : try await original.subtractingFromRows(shift)
    // A column that varies by no more than its mean was rounded does not vary.
    let isConstant = (0..<n).map { j in
      let rounding = Double(S.Real.ulpOfOne) * Double(means[j].modulus)
      return raw[j] <= Double(moments.rows) * rounding * rounding
    }
    let scaled = (0..<n).map { unitVariance && !isConstant[$0] && moments.rows > 1 }
    let scales = (0..<n).map { j in
      scaled[j] ? S.Real((Double(moments.rows - 1) / raw[j]).squareRoot()) : 1
    }
    deviations = (0..<n).map { scaled[$0] ? 1 / scales[$0] / tame.factors[$0] : 1 }
    self.scales = scales
    squares = (0..<n).map { S.Real(raw[$0]) * scales[$0] * scales[$0] }
  }

  /// C^H C, n x n, on the driver. One pass; n(n+1)/2 words from every worker.
  ///
  /// - Throws: `LinearAlgebraError.outOfMemory`, `ExecutionError`.
  func gram() async throws -> DenseMatrix<S> {
    try centredGram(try await shifted.gram(), rows: rows, means: remainder, scales: scales)
  }

  /// R with R^H R = X^H C^H C X, or of C alone, min(m, n) x n, computed without squaring. One pass, a slab of C at a
  /// time.
  ///
  /// - Throws: `LinearAlgebraError.outOfMemory`, `ExecutionError`.
  func triangle(of x: DenseMatrix<S>? = nil) async throws -> DenseMatrix<S> {
    if let x { return try await multiplied(by: x).triangle() }
    return try await shifted.triangle(subtracting: remainder, scaling: scales.map { S(real: $0) })
  }

  /// C B beside the rows, for B of n x k on the driver. One pass.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  func multiplied(by b: DenseMatrix<S>) async throws -> RowMatrix<S> {
    let scaled = scalingRows(b)
    let row = try DenseMatrix(rows: 1, columns: columns, elements: remainder) * scaled
    return try await shifted.multiplied(by: scaled, subtractingFromRows: row.row(0))
  }

  /// C^H (C X) for X of n x k on the driver. One fused pass; nk words to and from every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  func applyGram(_ x: DenseMatrix<S>) async throws -> DenseMatrix<S> {
    let scaled = scalingRows(x)
    let y = try await shifted.applyGram(scaled)
    let row = try DenseMatrix(rows: 1, columns: columns, elements: remainder) * scaled
    let weight = S(real: S.Real(rows))
    return DenseMatrix(rows: columns, columns: x.columns) { i, j in
      S(real: scales[i]) * (y[i, j] - weight * remainder[i].conjugate * row[0, j])
    }
  }

  /// D B.
  private func scalingRows(_ b: DenseMatrix<S>) -> DenseMatrix<S> {
    DenseMatrix(rows: b.rows, columns: b.columns) { S(real: scales[$0]) * b[$0, $1] }
  }
}

/// D (G - M conj(d) d^T) D for the Gram matrix G of M rows, their means d and the diagonal D.
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
private func centredGram<S: Scalar>(_ g: DenseMatrix<S>, rows: Int, means: [S], scales: [S.Real])
  throws(LinearAlgebraError) -> DenseMatrix<S>
{
  let (n, weight) = (means.count, S(real: S.Real(rows)))
  var elements = g.elements(in: .columnMajor)
  elements.withUnsafeMutableBufferPointer { x in
    for j in 0..<n {
      for i in 0..<n {
        let value = x[i + j * n] - weight * (means[i].conjugate * means[j])
        x[i + j * n] = S(real: scales[i]) * (S(real: scales[j]) * value)
      }
    }
  }
  return try DenseMatrix(rows: n, columns: n, elements: elements)
}

extension CentredMatrix: LinearOperator {
  var shape: Shape { original.shape }

  func apply(_ x: [S]) async throws -> RangeVector<S> {
    let column = try DenseMatrix(rows: x.count, columns: 1, elements: x)
    return RangeVector(onDriver: try await multiplied(by: column).collect().dense().column(0))
  }

  func applyAdjoint(_ y: RangeVector<S>) async throws -> [S] {
    let product = try await shifted.applyAdjoint(y)
    let sum = try await RangeVector(onDriver: [S](repeating: 1, count: rows)).dot(y)
    return product.indices.map {
      S(real: scales[$0]) * (product[$0] - remainder[$0].conjugate * sum)
    }
  }

  func applyGram(_ x: [S]) async throws -> [S] {
    try await applyGram(try DenseMatrix(rows: x.count, columns: 1, elements: x)).column(0)
  }
}

extension CentredMatrix: TripletSource {
  typealias Left = RowMatrix<S>

  func factors(ofImageOf x: DenseMatrix<S>) async throws -> (q: RowMatrix<S>, r: DenseMatrix<S>) {
    try await multiplied(by: x).orthogonalFactors()
  }

  func adjoint(times q: RowMatrix<S>) async throws -> DenseMatrix<S> {
    let product = try await shifted.adjoint(times: q)
    // 1^T Q
    let moments = try await q.columnMoments()
    let parts = S.isComplex ? 2 : 1
    let sums = (0..<q.columns).map { j in
      let part = { (p: Int) in
        S.Real(moments.weight * (moments.mean[j * parts + p] + moments.meanTail[j * parts + p]))
      }
      return S(real: part(0), imaginary: parts == 2 ? part(1) : 0)
    }
    return DenseMatrix(rows: columns, columns: q.columns) { i, j in
      S(real: scales[i]) * (product[i, j] - remainder[i].conjugate * sums[j])
    }
  }
}
