// One matrix: made, read, decomposed.

import ArgumentParser
import BenchSupport
import Foundation
import Tessera

/// How the matrix is held.
enum Form: String, ExpressibleByArgument, CaseIterable {
  /// As rows; the decomposition prepares a second form beside it.
  case rows
  /// In the prepared form alone.
  case prepared
}

/// How often a column is chosen.
enum ColumnFrequency: String, ExpressibleByArgument, CaseIterable {
  case uniform, powerlaw
}

/// The scalar.
enum Precision: String, ExpressibleByArgument, CaseIterable {
  case float, double
}

/// Where columns' frequencies, precision and the like are chosen.
struct SVDOptions: ParsableArguments {
  @Option(help: "float or double.") var scalar = Precision.double
  @Option(help: "How columns are chosen: uniform or powerlaw.") var columnsBy = ColumnFrequency.powerlaw
  @Option(help: "rows or prepared: how the matrix is held.") var form: Form?
  @Option(help: "Number of singular triplets.") var count = 5
  @Option(help: "The relative accuracy asked of Lanczos (default: 1e-10, in float 10 ulp).") var tolerance:
    Double?
  @Option(help: "Number of slabs; by default chosen by the library.") var partitions: Int?
  @Option(help: "Seed of the matrix.") var seed: UInt64 = 1
  @Option(help: "Passes that are timed alone.") var passes = 5
  @OptionGroup var cluster: ClusterChoice
  @OptionGroup var output: OutputChoice

  func validate() throws {
    guard count >= 1, passes >= 1, partitions.map({ $0 >= 1 }) ?? true else {
      throw ValidationError("nothing to measure")
    }
    guard tolerance.map({ 0..<1 ~= $0 }) ?? true else { throw ValidationError("a tolerance is 0 to 1") }
  }

  /// Makes the matrix, reads it and decomposes it.
  func measure(_ shape: Shape, nonzeros: Int, form: Form) async throws -> Measurement {
    PeakMemory.reset()
    return try await cluster.run { cluster in
      switch scalar {
      case .float: try await measure(shape, nonzeros, form, on: cluster, as: Float.self)
      case .double: try await measure(shape, nonzeros, form, on: cluster, as: Double.self)
      }
    }
  }

  private func measure<S: RealScalar>(
    _ shape: Shape, _ nonzeros: Int, _ form: Form, on cluster: Cluster, as: S.Type
  ) async throws -> Measurement {
    let perRow = Double(nonzeros) / Double(shape.rows)
    // Rounded, a full row may be a little more than full.
    func density(_ entries: Double) -> Double { min(1, entries / Double(shape.columns)) }
    let kind: GeneratedMatrix =
      columnsBy == .uniform
      ? .sparse(density: density(perRow))
      : .powerLaw(density: density(draws(forEntries: perRow, columns: shape.columns)))
    let tolerance = S.Real(tolerance ?? max(1e-10, 10 * Double(S.Real.ulpOfOne)))
    switch form {
    case .rows:
      return try await measure(form, tolerance, cluster) {
        try await RowMatrix<S>.generated(kind, shape, seed: seed, partitions: partitions, on: cluster)
      } decompose: {
        try await $0.svd(count: count, method: .lanczos, tolerance: tolerance)
      } prepare: {
        try await $0.prepared()
      }
    case .prepared:
      return try await measure(form, tolerance, cluster) {
        try await PreparedRowMatrix<S>.generated(kind, shape, seed: seed, partitions: partitions, on: cluster)
      } decompose: {
        try await $0.svd(count: count, method: .lanczos, tolerance: tolerance)
      } prepare: {
        $0
      }
    }
  }

  /// Makes a matrix, decomposes it, and reads its prepared form, which passes go over.
  private func measure<Matrix, S: RealScalar>(
    _ form: Form, _ tolerance: S.Real, _ cluster: Cluster, generate: () async throws -> Matrix,
    decompose: (Matrix) async throws -> TruncatedSVD<S>,
    prepare: (Matrix) async throws -> PreparedRowMatrix<S>
  ) async throws -> Measurement {
    let (generation, matrix) = try await timed { try await generate() }
    let (decomposition, svd) = try await timed { try await decompose(matrix) }
    let a = try await prepare(matrix)
    return Measurement(
      title:
        "\(a.shape), \(a.storedCount) nonzeros, \(scalar), columns \(columnsBy), \(a.partitioning.tileCount) slabs, "
        + "\(cluster.title), held as \(form), tolerance \(tolerance)",
      bytes: a.storedCount * ((scalar == .double ? 8 : 4) + (a.columns <= 65_536 ? 2 : 4)),
      generation: generation, pass: try await pass(a), decomposition: decomposition, svd,
      isFound: svd.singularValues.count >= min(count, a.rows, a.columns),
      errorLimit: Double(max(tolerance, 1000 * S.Real.ulpOfOne)),
      hasAll: cluster.configuration.transport == .inProcess)
  }

  /// The median time of A'(A x).
  private func pass<S: RealScalar>(_ a: PreparedRowMatrix<S>) async throws -> Double {
    let x: [S] = CounterBasedRandom(seed: 1).symmetricVector(count: a.columns)
    return try await medianSeconds(passes) { _ = try await a.applyGram(x) }
  }
}

/// How many draws a row of a power-law matrix needs on average to have so many distinct columns. Of a Poisson number
/// of draws column j has a Poisson number with mean `draws` times its probability, independent of the others.
private func draws(forEntries entries: Double, columns: Int) -> Double {
  let total = log(Double(columns) + 1)
  let probabilities: [Double] = (0..<columns).map { (j: Int) -> Double in log1p(1 / Double(j + 1)) / total }
  var (low, high) = (entries, Double(columns))
  for _ in 0..<40 {
    let middle = (low + high) / 2
    let distinct = probabilities.reduce(0) { (sum: Double, p: Double) -> Double in sum - expm1(-middle * p) }
    if distinct < entries { low = middle } else { high = middle }
  }
  return low
}

/// What was measured.
struct Measurement {
  let title: String
  /// Of the entries in the form that passes read.
  let bytes: Int
  let generation: Double
  let pass: Double
  let decomposition: Double
  let passes: Int
  let values: [Double]
  /// |A'u - s v| to the largest s; infinite where not all that were asked for have been found.
  let error: Double
  /// What was asked for, and what rounding in passes over so many rows leaves of it.
  let errorLimit: Double
  let converged: Bool
  /// Of this process; nil where others have parts of the matrix.
  let peakBytes: Int?

  init<S: RealScalar>(
    title: String, bytes: Int, generation: Double, pass: Double, decomposition: Double,
    _ svd: TruncatedSVD<S>,
    isFound: Bool, errorLimit: Double, hasAll: Bool
  ) {
    (self.title, self.bytes, self.generation, self.pass) = (title, bytes, generation, pass)
    (self.decomposition, passes, converged) = (decomposition, svd.passes, svd.converged && isFound)
    values = svd.singularValues.map { Double($0) }
    let residual = largest(svd.residuals.lazy.map { Double($0) })
    error = converged ? residual / max(values.first ?? 0, .leastNonzeroMagnitude) : .infinity
    self.errorLimit = errorLimit
    peakBytes = hasAll ? PeakMemory.bytes : nil
  }

  /// Its rows beside what was published, and their limits.
  func rows(_ name: String, published: Published.Row?) -> [Row] {
    func beside(_ seconds: Double?) -> Row.Reference? {
      seconds.map { Row.Reference("published, 68 executors in 2014", seconds: $0) }
    }
    return [
      Row("\(name): made in memory, one run", seconds: generation),
      Row(
        "\(name): one pass A'(A x)", seconds: pass, rate: .giga(Double(bytes), in: pass, "GB/s of A"),
        reference: beside(published?.secondsPerPass),
        limits: published.map { .atMost($0.limitPerPass, .seconds) }),
      Row(
        "\(name): decomposition, one run", seconds: decomposition, reference: beside(published?.seconds),
        plan: "\(passes) passes", peakBytes: peakBytes, error: error,
        limits: published.map { .atMost($0.limit, .seconds) }, .atMost(errorLimit, .error),
        published?.limitBytes.map { .atMost($0, .memory) }),
    ]
  }

  /// What the matrix was, what was found, and what the columns mean.
  func notes(_ name: String) -> [String] {
    [
      "\(name): \(title). Values "
        + values.map { String(format: "%.10g", $0) }.joined(separator: ", ")
        + (converged ? "." : "; not all of them converged."),
      "The error is the largest |A'u - s v| to the largest s.",
      peakBytes == nil
        ? "Memory is not measured where workers are processes."
        : "Memory is the most that the process has had, with all workers in it.",
    ]
  }
}

/// The seconds that `body` takes, with its result.
private func timed<Result>(
  _ body: () async throws -> Result, isolation: isolated (any Actor)? = #isolation
) async throws -> (Double, Result) {
  let start = ContinuousClock.now
  let result = try await body()
  return ((ContinuousClock.now - start).inSeconds, result)
}
