// Principal components of the rows of a matrix in slabs: one front door, three ways behind it, one certificate
// for all. The centred matrix is not formed where it would not be as sparse as the matrix (`CentredMatrix`).
// Source: Jolliffe, Principal Component Analysis, 2nd edition, 3.1 and 3.5; the division of labour between driver
// and workers is that of the SVD.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices
import Numerics

extension RowMatrix {
  /// The `count` directions of largest variance of the m rows of this m x n matrix.
  ///
  /// Shapes: components n x r on the driver, scores m x r beside the rows (on request), r <= k = min(count, m,
  /// n). The covariance's divisor is m - 1.
  ///
  /// | method | chosen when | passes | driver memory | from each worker |
  /// | --- | --- | --- | --- | --- |
  /// | gram | n <= 2048, or 3k >= n, or k + 2 > n | 4 | 2 n^2 + n k | n(n+1)/2 words |
  /// | tsqr | n <= 4096, and the least variance is below eps^(2/3) times the largest | 4, or 5 | 4 n^2 | n(n+1)/2 words |
  /// | lanczos | otherwise | 3 + one per step, 2k to a few hundred | n(4k + 11), at least n(2k + 30) | n words a pass |
  ///
  /// The first pass finds the means, the second takes them off where they are large, the last one certifies. Where the
  /// least variance is below eps^(2/3) times the largest, or a residual is not small, the singular triplets of the centred
  /// matrix are certified instead, as those of an SVD: 2 to 4 passes more.
  ///
  /// - Parameters:
  ///   - count: how many; more than min(m, n) asks for all.
  ///   - unitVariance: whether every column is divided by its standard deviation first, unless it is constant.
  ///   - method: how; `auto` chooses by the table.
  ///   - tolerance: the relative accuracy asked of Lanczos; by default 1e-10, or 10 ulp in single precision.
  ///   - seed: of Lanczos's first vector.
  ///   - scores: whether to compute the rows' coordinates: one more pass.
  ///   - progress: called with the number of passes so far.
  /// - Returns: the components that converged; fewer than asked for is not an error.
  /// - Throws: `LinearAlgebraError.notFinite` with row and column, `invalidArgument` for a negative count or
  ///   where Lanczos cannot find as many, `outOfMemory`, `notConverged`, `ExecutionError`.
  public func pca(
    count: Int, unitVariance: Bool = false, method: PCAMethod = .auto, tolerance: S.Real? = nil,
    seed: UInt64 = 0, scores: Bool = false, progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> PrincipalComponents<S> {
    guard count >= 0 else {
      throw LinearAlgebraError.invalidArgument("\(count) components were asked for")
    }
    let wanted = min(count, rows, columns)
    let centred = try await CentredMatrix(self, unitVariance: unitVariance, together: !unitVariance)
    var finder = ComponentFinder(
      centred: centred, count: wanted, tolerance: tolerance ?? max(S.Real(1e-10), 10 * S.Real.ulpOfOne),
      seed: seed, progress: progress, passes: 2)
    progress?(finder.passes)
    let found = try await finder.certified(try await finder.find(method))
    // Back from the scaled matrix: variances go with the square of the factor.
    let divisor = S.Real(max(1, rows - 1))
    let back = unitVariance ? 1 : 1 / (centred.factors.first ?? 1)
    func variance(_ squares: S.Real) -> S.Real { squares / divisor * back * back }
    let total = centred.squares.reduce(0, +)
    let isInRange = total == 0 || variance(total).isNormal
    return PrincipalComponents(
      components: found.vectors, explainedVariance: found.squares.map(variance),
      explainedVarianceRatio: found.squares.map { total > 0 ? $0 / total : 0 },
      singularValues: found.squares.map { S.Real.sqrt($0) * back }, totalVariance: variance(total),
      mean: centred.mean, deviation: centred.deviations, residuals: found.residuals.map(variance),
      converged: isInRange && found.squares.count == wanted, isInRange: isInRange,
      unresolved: found.unresolved, method: found.method,
      predicted: centred.prediction(found.method, count: wanted), passes: finder.passes,
      scores: scores ? try await centred.multiplied(by: found.vectors).scaled(by: S(real: back)) : nil)
  }
}

/// Eigenvectors of C^H C.
private struct ComponentFinder<S: Scalar> {
  let centred: CentredMatrix<S>
  let count: Int
  let tolerance: S.Real
  let seed: UInt64
  let progress: (@Sendable (Int) -> Void)?
  var passes: Int

  /// Orders up to which the covariance is formed whatever the count, and a triangle when it hides too much.
  private var smallOrder: Int { 2048 }
  private var denseOrder: Int { 4096 }

  struct Found {
    /// n x r.
    var vectors: DenseMatrix<S>
    /// Eigenvalues of C^H C, descending, not negative.
    var squares: [S.Real]
    var method: PCAMethod
    /// |C^H C v - l v|, known once certified.
    var residuals: [S.Real] = []
    /// Pairs that were found but not certified, and are not among them any more.
    var unresolved = 0
  }

  mutating func find(_ method: PCAMethod) async throws -> Found {
    let n = centred.columns
    let canIterate = LanczosEigenpairs<S>.canRun(order: n, count: count)
    if count == 0 {
      return Found(
        vectors: DenseMatrix(zeros: n, 0), squares: [], method: method == .auto ? .gram : method)
    }
    switch method {
    case .gram: return try await gram()
    case .tsqr: return try await tsqr()
    case .lanczos:
      guard canIterate else {
        throw LinearAlgebraError.invalidArgument(
          "Lanczos finds at most \(max(0, n - 2)) of \(n) components, not \(count)")
      }
      return try await lanczos()
    case .auto:
      guard n <= smallOrder || 3 * count >= n || !canIterate else { return try await lanczos() }
      let found = try await gram()
      guard n <= denseOrder, let first = found.squares.first, let last = found.squares.last else {
        return found
      }
      return first > 0 && isHidden(last, beside: first) ? try await tsqr() : found
    }
  }

  private mutating func read() {
    passes += 1
    progress?(passes)
  }

  private var memories: RouteMemories { RouteMemories(centred.shape, of: S.self) }

  private mutating func gram() async throws -> Found {
    try memories.gram(count: count).check("the covariance matrix")
    let pairs = try await centred.gram().largestEigenpairs(count)
    read()
    return Found(vectors: pairs.vectors, squares: pairs.values.map { max(0, $0) }, method: .gram)
  }

  private mutating func tsqr() async throws -> Found {
    let n = centred.columns
    try memories.triangle.check("the triangle")
    let svd = try await centred.triangle().svd()
    read()
    return Found(
      vectors: try svd.v[0..<n, 0..<count],
      squares: svd.singularValues.prefix(count).map { $0 * $0 }, method: .tsqr)
  }

  private mutating func lanczos() async throws -> Found {
    let before = passes
    try memories.lanczos(
      basis: LanczosEigenpairs<S>.basis(order: centred.columns, count: count), count: count
    ).check("Lanczos's basis")
    let pairs = try await LanczosEigenpairs(
      ofGramOf: centred, count: count, tolerance: tolerance, seed: seed,
      progress: progress.map { progress in { progress(before + $0) } })
    passes += pairs.applications
    return Found(vectors: pairs.vectors, squares: pairs.values.map { max(0, $0) }, method: .lanczos)
  }

  /// The pairs that satisfy their equation, the largest element of each vector positive. Eigenvalues that squaring cannot
  /// have hidden by it alone; others by the singular triplets of C, from which they are computed anew.
  mutating func certified(_ found: Found) async throws -> Found {
    var found = found
    guard let first = found.squares.first, let last = found.squares.last else { return found }
    found.vectors = found.vectors.scalingColumns(by: found.vectors.columnPhases())
    if first > 0, isHidden(last, beside: first) { return try await certifiedByTriplets(found) }
    let image = try await centred.applyGram(found.vectors)
    read()
    found.residuals = found.squares.indices.map {
      distance(image.column($0), found.squares[$0], found.vectors.column($0))
    }
    // |C^H u - s v| of a triplet is that residual divided by s.
    let limit = 100 * max(tolerance, 10 * S.Real.ulpOfOne) * first.squareRoot()
    let isGood = zip(found.residuals, found.squares).allSatisfy { $0 <= limit * $1.squareRoot() }
    return first == 0 || isGood ? found : try await certifiedByTriplets(found)
  }

  private mutating func certifiedByTriplets(_ found: Found) async throws -> Found {
    let before = passes
    var triplets = try await CertifiedTriplets(
      of: centred, found.vectors, found.method.squares ? .squared : .whole, tolerance: tolerance,
      progress: progress.map { progress in { progress(before + $0) } })
    passes += triplets.passes
    if triplets.hasNoise {
      read()
      if try await triplets.restIsZero(of: centred, seed: seed) { try triplets.acceptNoise() }
    }
    // |C^H C v - s^2 v| <= |C| |C v - s u| + s |C^H u - s v|
    let first = triplets.values.first ?? 0
    return Found(
      vectors: triplets.right, squares: triplets.values.map { $0 * $0 }, method: found.method,
      residuals: zip(triplets.values, triplets.residuals).map { S.Real.hypot(first, $0) * $1 },
      unresolved: found.method.squares ? triplets.hidden : 0)
  }

  /// Whether an eigenvalue is so small that the covariance matrix cannot have shown it well.
  private func isHidden(_ value: S.Real, beside first: S.Real) -> Bool {
    value < first * S.Real.pow(S.Real.ulpOfOne, S.Real(2) / 3)
  }
}
