// A linear operator, of which nothing is known but its products with vectors, as the source of a truncated SVD.
// Q of A X comes from Gram and Schmidt's method, each vector against those before it until nothing is taken off
// any more ("twice is enough": Parlett, The Symmetric Eigenvalue Problem, 6.9): k products and about 2 k^2 inner
// products of range vectors, which stay where they are. A column without a part of its own gets a random
// direction, and a zero in R.

import Numerics
public import TesseraDistributedMatrices
public import TesseraLocalMatrices

struct OperatorSource<S: Scalar>: SVDSource {
  /// A / factor.
  let operand: any LinearOperator<S>
  /// A power of two.
  let factor: S

  init(_ operand: any LinearOperator<S>, times factor: S = 1) {
    (self.operand, self.factor) = (operand, factor)
  }

  var shape: Shape { operand.shape }
  var storedCount: Int { shape.rows + shape.columns }
  var tileCount: Int { 1 }
  var traffic: SlabTraffic? { nil }
  var access: SVDPlan.Access { .products }
  func passes(width: Int) -> Int { width }

  func apply(_ x: [S]) async throws -> RangeVector<S> { try await operand.apply(x.map { factor * $0 }) }

  func applyAdjoint(_ y: RangeVector<S>) async throws -> [S] {
    try await operand.applyAdjoint(y).map { factor * $0 }
  }

  // One factor on each side: A^H A alone may leave the range of the scalar.
  func applyGram(_ x: [S]) async throws -> [S] {
    try await operand.applyGram(x.map { factor * $0 }).map { factor * $0 }
  }

  /// How large A is: |A x| / |x| for a random x. That the operator's numbers are finite is seen in this pass.
  func magnitudes() async throws -> (largest: S.Real, frobenius: S.Real) {
    let n = shape.columns
    guard n > 0, shape.rows > 0 else { return (0, 0) }
    let x: [S] = CounterBasedRandom(seed: 0).symmetricVector(count: n, stream: 1)
    let size = try await apply(x).norm()
    guard size.isFinite else {
      throw LinearAlgebraError.invalidArgument(
        "the operator of \(shape) maps a vector of finite numbers to one that has NaN or infinity")
    }
    return (size / norm(x), .nan)
  }

  func scaled(by factor: S) async throws -> OperatorSource {
    OperatorSource(operand, times: self.factor * factor)
  }
  func flipped() async throws -> OperatorSource { OperatorSource(AdjointOperator(operand), times: factor) }

  func gram() async throws -> DenseMatrix<S> { throw Self.noElements("gram") }

  func triangle(of x: DenseMatrix<S>?) async throws -> DenseMatrix<S> {
    guard let x else { throw Self.noElements("tsqr") }
    return try await factors(ofImageOf: x).r
  }

  private static func noElements(_ method: String) -> LinearAlgebraError {
    .invalidArgument(
      "the method \(method) needs a matrix's elements; of an operator there are lanczos, randomized and dense"
    )
  }

  /// Column by column, by n products.
  func wholeMatrix() async throws -> DenseMatrix<S> {
    let (m, n) = (shape.rows, shape.columns)
    try MemoryGuard.check("an operator's matrix", m, n, bytesPerElement: MemoryLayout<S>.stride)
    var elements: [S] = []
    elements.reserveCapacity(m * n)
    for j in 0..<n {
      var unit = [S](repeating: 0, count: n)
      unit[j] = 1
      elements += try await apply(unit).collect()
    }
    return try DenseMatrix(rows: m, columns: n, elements: elements)
  }

  func factors(ofImageOf x: DenseMatrix<S>) async throws -> (q: [RangeVector<S>], r: DenseMatrix<S>) {
    let k = x.columns
    var r = DenseMatrix<S>(zeros: k, k)
    var basis: [RangeVector<S>] = []
    var largest: S.Real = 0
    let random = CounterBasedRandom(seed: 1)
    for j in 0..<k {
      let image = try await apply(x.column(j))
      let size = try await image.norm()
      largest = max(largest, size)
      var (vector, length, taken) = try await Self.complement(of: image, size, in: basis)
      for i in 0..<j { r[i, j] = taken[i] }
      let isDependent = !(length > S.Real(k) * S.Real.ulpOfOne * largest)
      r[j, j] = isDependent ? 0 : S(real: length)
      if isDependent {
        let direction = RangeVector(
          onDriver: random.symmetricVector(count: shape.rows, stream: UInt64(j)) as [S])
        // Beside the image, and without it.
        vector = try await image.combined(0, direction, 1)
        (vector, length, taken) = try await Self.complement(of: vector, vector.norm(), in: basis)
      }
      let unit = S(real: 1 / length)
      basis.append(try await vector.combined(unit, vector, 0))
    }
    return (basis, r)
  }

  /// What is left of a vector without its parts along the orthonormal `basis`, its length, and those parts.
  private static func complement(
    of vector: RangeVector<S>, _ size: S.Real, in basis: [RangeVector<S>]
  ) async throws -> (vector: RangeVector<S>, length: S.Real, parts: [S]) {
    var (rest, length) = (vector, size)
    var parts = [S](repeating: 0, count: basis.count)
    for _ in 0..<4 where length > 0 {
      let before = length
      for (i, direction) in basis.enumerated() {
        let part = try await direction.dot(rest)
        parts[i] += part
        rest = try await rest.combined(1, direction, -part)
      }
      length = try await rest.norm()
      if 2 * length > before { break }
    }
    return (rest, length, parts)
  }

  func adjoint(times q: [RangeVector<S>]) async throws -> DenseMatrix<S> {
    var elements: [S] = []
    for vector in q { elements += try await applyAdjoint(vector) }
    return try DenseMatrix(rows: shape.columns, columns: q.count, elements: elements)
  }

  func orthogonality(of q: [RangeVector<S>]) async throws -> S.Real {
    var defect: S.Real = 0
    for i in q.indices {
      for j in i..<q.count {
        let product = try await q[i].dot(q[j])
        // Off the diagonal every product stands for two.
        let error = i == j ? (product - 1).modulus : S.Real.sqrt(2) * product.modulus
        defect = .hypot(defect, error)
      }
    }
    return defect
  }

  func onDriver(_ q: [RangeVector<S>]) async throws -> DenseMatrix<S> {
    var elements: [S] = []
    for vector in q { elements += try await vector.collect() }
    return try DenseMatrix(rows: shape.rows, columns: q.count, elements: elements)
  }

  func beside(_ q: DenseMatrix<S>) async throws -> [RangeVector<S>] {
    (0..<q.columns).map { RangeVector(onDriver: q.column($0)) }
  }
}

/// A^H of an operator whose range vectors then are on the driver.
private struct AdjointOperator<S: Scalar>: LinearOperator {
  let operand: any LinearOperator<S>

  init(_ operand: any LinearOperator<S>) { self.operand = operand }

  var shape: Shape { Shape(operand.shape.columns, operand.shape.rows) }

  func apply(_ x: [S]) async throws -> RangeVector<S> {
    RangeVector(onDriver: try await operand.applyAdjoint(RangeVector(onDriver: x)))
  }

  func applyAdjoint(_ y: RangeVector<S>) async throws -> [S] {
    try await operand.apply(try await y.collect()).collect()
  }
}

extension LinearOperator {
  /// The `count` largest singular values of this m x n operator, and their vectors, from its products with
  /// vectors: as `RowMatrix.svd`, with a range vector for each left vector.
  ///
  /// | method | chosen when | passes |
  /// | --- | --- | --- |
  /// | dense | its n products are predicted to cost less than an iteration | 1 + n + 2k |
  /// | lanczos | otherwise | 1 + 2k + one per step |
  /// | randomized | asked for | 1 + 2k + (k + 10) for each block |
  ///
  /// A wide operator (n > m) is decomposed by its adjoint, whose range vectors are on the driver. On the driver: m n
  /// numbers and more for `dense`, else those of `SVDPlan`. The first pass, of a random vector, tells whether the operator's
  /// numbers are finite; its Frobenius norm is not known.
  ///
  /// - Parameters:
  ///   - count: how many; more than min(m, n) asks for all.
  ///   - method: how; `gram` and `tsqr` need elements and are refused.
  ///   - tolerance: the relative accuracy; by default 1e-10, or 10 ulp in single precision.
  ///   - seed: of Lanczos's first vector, or of the random block.
  ///   - passes: how many blocks `randomized` may apply the operator to.
  ///   - leftVectors: whether to compute U: k more products, and about 2 k^2 inner products.
  ///   - progress: called with the number of passes so far.
  /// - Returns: the triplets that converged, with their residuals.
  /// - Throws: `LinearAlgebraError.invalidArgument`, also where products are not finite, `notConverged`,
  ///   `outOfMemory`, and what the operator throws.
  public func svd(
    count: Int, method: SVDMethod = .auto, tolerance: Element.Real? = nil, seed: UInt64 = 0,
    passes: Int = 100,
    leftVectors: Bool = false, progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> OperatorSVD<Element> {
    try await SVDRequest(
      count: count, method: method, tolerance: tolerance, seed: seed, passLimit: passes,
      leftVectors: leftVectors, progress: progress
    ).run(OperatorSource(self))
  }
}
