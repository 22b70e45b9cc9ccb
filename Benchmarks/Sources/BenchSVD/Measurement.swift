// One matrix: made, read, decomposed.

import ArgumentParser
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
  @Option(help: "Number of workers as threads; under mpirun as many as there are ranks.") var workers = 2
  @Option(help: "float or double.") var scalar = Precision.double
  @Option(help: "How columns are chosen: uniform or powerlaw.") var columnsBy = ColumnFrequency.uniform
  @Option(help: "rows or prepared: how the matrix is held.") var form: Form?
  @Option(help: "Number of singular triplets.") var count = 5
  @Option(help: "Number of slabs; by default chosen by the library.") var partitions: Int?
  @Option(help: "Seed of the matrix.") var seed: UInt64 = 1
  @Option(help: "Passes that are timed alone.") var passes = 5

  /// Makes the matrix, reads it and decomposes it.
  func measure(_ shape: Shape, nonzeros: Int, form: Form) async throws -> Measurement {
    switch scalar {
    case .float: try await measure(shape, nonzeros, form, as: Float.self)
    case .double: try await measure(shape, nonzeros, form, as: Double.self)
    }
  }

  private func measure<S: RealScalar>(_ shape: Shape, _ nonzeros: Int, _ form: Form, as: S.Type) async throws
    -> Measurement
  {
    let perRow = Double(nonzeros) / Double(shape.rows)
    let kind: GeneratedMatrix =
      columnsBy == .uniform
      ? .sparse(density: perRow / Double(shape.columns))
      : .powerLaw(density: draws(forEntries: perRow, columns: shape.columns) / Double(shape.columns))
    let configuration =
      ClusterConfiguration.launchedRank() != nil
      ? try ClusterConfiguration.fromEnvironment() : ClusterConfiguration(workers: workers)
    return try await Cluster.run(configuration) { cluster in
      var result = Measurement(
        shape: shape, scalar: scalar, columnsBy: columnsBy, form: form, workers: cluster.engine.workerCount)
      switch form {
      case .rows:
        var a: RowMatrix<S>?
        result.generation = try await seconds {
          let made = try await RowMatrix<S>.generated(
            kind, shape, seed: seed, partitions: partitions, on: cluster)
          // In the dataflow style nothing is made before it is asked for.
          result.nonzeros = try await made.magnitudes().largest > 0 ? made.storedCount : 0
          a = made
        }
        guard let a else { return result }
        result.slabs = a.partitioning.tileCount
        result.decomposition = try await seconds {
          try await result.take(a.svd(count: count, method: .lanczos))
        }
        try await result.timePasses(passes, of: a.prepared())
      case .prepared:
        var a: PreparedRowMatrix<S>?
        result.generation = try await seconds {
          let made = try await PreparedRowMatrix<S>.generated(
            kind, shape, seed: seed, partitions: partitions, on: cluster)
          result.nonzeros = try await made.magnitudes().largest > 0 ? made.storedCount : 0
          a = made
        }
        guard let a else { return result }
        result.slabs = a.partitioning.tileCount
        result.decomposition = try await seconds {
          try await result.take(a.svd(count: count, method: .lanczos))
        }
        try await result.timePasses(passes, of: a)
      }
      return result
    }
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
  let shape: Shape
  let scalar: Precision
  let columnsBy: ColumnFrequency
  let form: Form
  let workers: Int
  var nonzeros = 0
  var slabs = 0
  var generation = 0.0
  var decomposition = 0.0
  var pass = 0.0
  var passes = 0
  var values: [Double] = []
  var residuals: [Double] = []
  var converged = false

  /// The median time of A'(A x).
  mutating func timePasses<S: RealScalar>(_ count: Int, of a: PreparedRowMatrix<S>) async throws {
    let x: [S] = CounterBasedRandom(seed: 1).symmetricVector(count: a.columns)
    var times: [Double] = []
    for _ in 0...count { times.append(try await seconds { _ = try await a.applyGram(x) }) }
    let sorted = times.dropFirst().sorted()
    pass = sorted.isEmpty ? .nan : sorted[sorted.count / 2]
  }

  mutating func take<S: RealScalar>(_ svd: TruncatedSVD<S>) {
    values = svd.singularValues.map { Double($0) }
    residuals = svd.residuals.map { Double($0) }
    (passes, converged) = (svd.passes, svd.converged)
  }

  /// A table; beside a pass and the whole what others took.
  func print(_ name: String, beside other: (pass: Double, whole: Double, name: String)?) {
    let entryBytes: Double = (scalar == .double ? 8 : 4) + (shape.columns <= 65_536 ? 2 : 4)
    let bytes = Double(nonzeros) * entryBytes
    func beside(_ seconds: Double?) -> String {
      seconds.flatMap { value in other.map { String(format: "   %@: %g s", $0.name, value) } } ?? ""
    }
    Swift.print(
      """
      \(name): \(shape), \(nonzeros) nonzeros, \(scalar), columns \(columnsBy), \(slabs) slabs, \(workers) workers, \
      held as \(form)
      """)
    Swift.print(String(format: "  generation         %8.2f s", generation))
    Swift.print(
      String(
        format: "  one pass A'(A x)   %8.4f s   %.2f ns a nonzero, %.1f GB/s of A", pass,
        pass / Double(nonzeros) * 1e9, bytes / pass / 1e9) + beside(other?.pass))
    Swift.print(
      String(format: "  decomposition      %8.2f s   %d passes", decomposition, passes) + beside(other?.whole)
    )
    Swift.print(String(format: "  peak memory        %8.2f GB", Double(peakBytes() ?? 0) / 1e9))
    for (value, residual) in zip(values, residuals) {
      Swift.print(String(format: "  s = %.10g   |A'u - s v| = %.1e", value, residual))
    }
    if !converged { Swift.print("  not all of them converged") }
  }
}

/// The most memory this process has had, where the system tells.
private func peakBytes() -> Int? {
  guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
    let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
    let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
  else { return nil }
  return kilobytes * 1024
}

private func seconds(_ body: () async throws -> Void) async rethrows -> Double {
  let start = ContinuousClock.now
  try await body()
  let duration = ContinuousClock.now - start
  return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}
