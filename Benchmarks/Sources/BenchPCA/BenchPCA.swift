// bench-pca: principal components beside scikit-learn and NumPy, in one run, in turn, where Python has them; beside
// the multiply-adds of the Gram matrix at the rate of dsyrk, which every way by the covariance must do.

import ArgumentParser
import BenchSupport
import Tessera

@main
struct BenchPCA: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-pca", abstract: "Measure principal components beside scikit-learn and NumPy.")

  @Option(help: "Rows.") var rows = 200_000
  @Option(help: "Columns.") var columns = 500
  @Option(help: "Components.") var count = 10
  @Option(help: "Rounds; medians count.") var rounds = 3
  @OptionGroup var python: PythonChoice
  @OptionGroup var cluster: ClusterChoice
  @OptionGroup var output: OutputChoice

  func validate() throws {
    guard rows >= 2, columns >= 1, rounds >= 1 else { throw ValidationError("nothing to measure") }
    guard 1...min(rows - 1, columns) ~= count else {
      throw ValidationError("there are 1 to \(min(rows - 1, columns)) components")
    }
  }

  func run() async throws {
    let report = try await cluster.run { try await measure($0) }
    try report.print(output)
  }

  private func measure(_ cluster: Cluster) async throws -> BenchReport {
    var report = BenchReport("bench-pca")
    let a = try await RowMatrix<Double>.generated(.dense, Shape(rows, columns), seed: 2, on: cluster)
    // In the dataflow style nothing is made before it is asked for.
    _ = try await a.norm(.max)
    let peer = peer(threads: cluster.threadCount)
    let theirs =
      peer == nil
      ? []
      : [
        ("scikit-learn, covariance_eigh", "covariance_eigh()"), ("scikit-learn, randomized", "randomized()"),
        ("NumPy, covariance and eigh", "numpy_eigh()"),
      ]
    let sample = [Double](repeating: 0.5, count: Self.sampleRows * columns)
    var found: PrincipalComponents<Double>?
    let times = try await medians(rounds, 2 + theirs.count) { k in
      switch k {
      case 0: return try await seconds { found = try await a.pca(count: count) }
      case 1:
        return dsyrkSeconds(
          rows: Self.sampleRows, columns: columns, sample, threadCount: cluster.threadCount)
          * Double(rows) / Double(Self.sampleRows)
      default: return peer?.seconds(theirs[k - 2].1) ?? .nan
      }
    }
    let flops = Double(rows) * Double(columns) * Double(columns)
    let moved = try await cluster.moved { _ = try await a.pca(count: count) }
    let most = moved.mostReceiving?.total.received
    let name = "PCA(\(count)) of \(rows) x \(columns), \(cluster.title)"
    func row(_ reference: Row.Reference?, _ limit: Row.Limit?) -> Row {
      Row(
        name, seconds: times[0], rate: .giga(flops, in: times[0], "GFLOP/s"), reference: reference,
        plan: found?.method.rawValue, words: most?.words, messages: most?.messages,
        peakBytes: moved.peakBytes, error: error(found), limits: limit,
        limit.map { _ in .atMost(1e-10, .error) })
    }
    report.add(row(.init("dsyrk, \(threads(cluster.threadCount))", seconds: times[1]), nil))
    // The fastest of theirs is what counts; the others are for information. One that failed might have been it.
    let others = times[2...]
    let decisive = others.firstIndex(where: \.isNaN) ?? others.indices.min { others[$0] < others[$1] }
    for k in others.indices {
      report.add(row(.init(theirs[k - 2].0, seconds: others[k]), k == decisive ? Self.limit : nil))
    }
    if decisive == nil { report.add(row(nil, Self.limit)) }
    report.note(
      "The error is the largest residual of a component to its variance; infinite where fewer were found than asked for."
    )
    return report
  }

  /// Of the time of the fastest peer.
  private static let limit = Row.Limit.atMost(0.8)

  /// As many rows tell the rate of dsyrk.
  private static let sampleRows = 20_000

  private func error(_ found: PrincipalComponents<Double>?) -> Double {
    guard let found, found.residuals.count == count else { return .infinity }
    return largest(zip(found.residuals, found.explainedVariance).lazy.map { $0 / $1 })
  }

  private func peer(threads: Int) -> PythonPeer? {
    python.peer(
      threads: threads,
      setup: """
        import numpy as np
        from sklearn.decomposition import PCA
        x = 2 * np.random.default_rng(1).random((\(rows), \(columns))) - 1
        def covariance_eigh(): PCA(\(count), svd_solver='covariance_eigh').fit(x)
        def randomized(): PCA(\(count), svd_solver='randomized').fit(x)
        def numpy_eigh():
            c = x - x.mean(0)
            np.linalg.eigh(c.T @ c)
        """)
  }
}
