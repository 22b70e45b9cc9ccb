// Cosine similarities of all pairs of columns: the Gram matrix of the columns divided by their norms, of which
// only the pairs that reach a threshold come to the driver. Exact, or of sampled columns (DIMSUM): of column j
// an element is kept with probability
//
//   p_j = min(1, sqrt(g) / |a_j|),   elements divided by the largest modulus first,
//
// and divided by p_j |a_j|, so that an inner product of two columns estimates their cosine without bias. Its
// variance is sum_r |a_ri a_rj|^2 (1 / (p_i p_j) - 1) / (|a_i| |a_j|)^2, which is at most 1/g: with both p < 1 it
// is below sum_r |a_ri a_rj|^2 / (g |a_i| |a_j|), and with p_i = 1 below sum_r |a_ri a_rj|^2 / (|a_i|^2 |a_j|
// sqrt(g)), with |a_j| > sqrt(g); elements are at most 1. So g = 1 / e^2 for a standard error of e. Source:
// Zadeh, Goel, Dimension Independent Similarity Computation, JMLR 14, 2013; Zadeh, Carlsson, Dimension
// Independent Matrix Square using MapReduce, 2013. Spark takes g = 10 log(n) / threshold.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices
import Numerics

extension RowMatrix {
  /// The pairs of columns whose cosine similarity has a modulus of at least `threshold`.
  ///
  /// One pass, for the Gram matrix of the columns, whose diagonal has their norms: m n^2 flops, or sum over rows of
  /// nnz(row)^2. For n <= 4096 all inner products come to the driver, n(n+1)/2 words from every worker. Beyond, the Gram
  /// matrix stays in tiles on the workers, sparse where it is, and only the pairs move. Another pass, for
  /// the norms, where n > 4096 or a column is zero; two more where columns are so large or small that they are scaled
  /// by powers of two, or when they are sampled. Zero columns are similar to none.
  ///
  /// - Parameters:
  ///   - threshold: 0 to 1; at 0 all pairs that are not orthogonal.
  ///   - standardError: the accepted standard deviation of a similarity; 0 for exact ones. Elements are then
  ///     sampled, which pays where columns have many more than 1 / standardError^2 elements.
  ///   - seed: of the sample, which does not depend on how the matrix is cut.
  ///   - limit: how many pairs may come to the driver; by default what fits a quarter of its memory.
  /// - Throws: `LinearAlgebraError.notFinite` with row and column, `invalidArgument` for a threshold outside 0
  ///   to 1 or a negative error, `tooLarge` for more pairs than the limit (in a task for n > 4096),
  ///   `outOfMemory`, `PlanError` where the Gram matrix does not fit the workers, `ExecutionError`.
  public func columnSimilarities(
    threshold: S.Real = 0, standardError: S.Real = 0, seed: UInt64 = 0, limit: Int? = nil
  ) async throws -> Similarities<S> {
    guard threshold >= 0, threshold <= 1 else {
      throw LinearAlgebraError.invalidArgument("the threshold of cosines is \(threshold), expected 0 to 1")
    }
    guard standardError >= 0, standardError.isFinite else {
      throw LinearAlgebraError.invalidArgument("the standard error is \(standardError)")
    }
    let most = limit ?? MemoryGuard.physicalBytes / 4 / (MemoryLayout<S>.stride + 8)
    let isPacked = columns <= 4096
    var a = try await materialized()
    var products: [S]?
    if isPacked, standardError == 0 {
      let packed = try await a.packedGram()
      if let norms = Self.norms(ofPackedGram: packed, order: columns) {
        return try Similarities(
          ColumnPairs(packed: packed, inverses: inverses(norms), threshold: threshold, limit: most), norms)
      }
      products = packed
    }
    var found = try await a.safeColumnMoments()
    let norms = ColumnStatistics<S>(found.moments, found.scales, ddof: 1).twoNorms
    let tame = try await ScaledColumns(a, found)
    if tame.isScaled {
      a = tame.matrix
      products = nil
      if standardError > 0 { found = try await a.safeColumnMoments() }
    }
    var divisors = tame.norms
    let sample =
      standardError > 0
      ? a.sample(ColumnStatistics(found.moments, found.scales, ddof: 1), standardError) : nil
    if let sample {
      a = try await a.samplingColumns(
        factors: sample.factors, probabilities: sample.probabilities, seed: seed)
      divisors = divisors.map { _ in 1 }
    }
    let pairs: ColumnPairs<S>
    if isPacked {
      let packed = if let products { products } else { try await a.packedGram() }
      let exact = sample == nil ? Self.norms(ofPackedGram: packed, order: columns) : nil
      pairs = try ColumnPairs(
        packed: packed, inverses: inverses(exact ?? divisors), threshold: threshold, limit: most)
    } else {
      pairs = try await a.similarPairs(
        norms: divisors.map { $0 > 0 ? $0 : 1 }, threshold: threshold, limit: most)
    }
    return try Similarities(pairs, norms, standardError: sample == nil ? 0 : standardError)
  }

  /// The pairs of rows whose cosine similarity reaches the threshold: `columnSimilarities` of the transpose, whose
  /// stored elements move once.
  ///
  /// - Throws: as `columnSimilarities`.
  public func rowSimilarities(
    threshold: S.Real = 0, standardError: S.Real = 0, seed: UInt64 = 0, limit: Int? = nil
  ) async throws -> Similarities<S> {
    do {
      return try await transposed().columnSimilarities(
        threshold: threshold, standardError: standardError, seed: seed, limit: limit)
    } catch LinearAlgebraError.notFinite(let row, let column) {
      throw LinearAlgebraError.notFinite(row: column, column: row)
    }
  }

  /// What to keep and by what to multiply it; nil when everything would be kept.
  private func sample(_ statistics: ColumnStatistics<S>, _ standardError: S.Real) -> (
    factors: [S.Real], probabilities: [Double]
  )? {
    var largest: S.Real = 0
    for j in 0..<columns where statistics.count > 0 {
      largest = max(largest, statistics.minimum[j].magnitude, statistics.maximum[j].magnitude)
    }
    let probabilities = statistics.twoNorms.map { norm in
      // The norm of a column whose elements are at most 1.
      let unit = Double(norm / largest)
      return norm > 0 ? min(1, 1 / Double(standardError) / unit) : 1
    }
    if probabilities.allSatisfy({ $0 == 1 }) { return nil }
    return (
      (0..<columns).map { j in
        let norm = statistics.twoNorms[j]
        return norm > 0 ? 1 / norm / S.Real(probabilities[j]) : 0
      }, probabilities
    )
  }

  /// The norms of the columns, by the diagonal of the Gram matrix; nil where a square is zero, leaves the range of the
  /// scalar, or comes so near to its ends that products lose digits.
  private static func norms(ofPackedGram packed: [S], order n: Int) -> [S.Real]? {
    let range = Int(S.Real.greatestFiniteMagnitude.exponent) / 2
    let squares = (0..<n).map { packed[$0 + $0 * ($0 + 1) / 2].realPart }
    guard squares.allSatisfy({ $0.isNormal && Int($0.exponent).magnitude <= range }) else { return nil }
    return squares.map { $0.squareRoot() }
  }
}

/// A zero column has inner products of zero, whatever they are divided by.
private func inverses<Real: RealScalar>(_ norms: [Real]) -> [Real] { norms.map { $0 > 0 ? 1 / $0 : 1 } }

extension Similarities {
  fileprivate init(_ found: ColumnPairs<S>, _ norms: [S.Real], standardError: S.Real = 0) throws {
    pairs = try TripletMatrix(
      rows: norms.count, columns: norms.count, rowIndices: found.rows, columnIndices: found.columns,
      values: found.values)
    (self.norms, self.standardError) = (norms, standardError)
  }
}
