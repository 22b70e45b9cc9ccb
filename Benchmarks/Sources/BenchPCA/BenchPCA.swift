// bench-pca: principal components beside scikit-learn and NumPy, in one run, in turn, where Python has them; beside
// the multiply-adds of the Gram matrix at the rate of dsyrk, which every way by the covariance must do.

import ArgumentParser
import BenchSupport
import CBLAS
import Foundation
import Tessera

@main
struct BenchPCA: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-pca", abstract: "Measure principal components beside scikit-learn and NumPy.")

  @Option(help: "Rows.") var rows = 200_000
  @Option(help: "Columns.") var columns = 500
  @Option(help: "Components.") var count = 10
  @Option(help: "Rounds; medians count.") var rounds = 3
  @Flag(help: "Leave Python's libraries out.") var alone = false
  @OptionGroup var cluster: ClusterChoice
  @OptionGroup var output: OutputChoice

  func validate() throws {
    guard rows >= 2, columns >= 1, count >= 1, rounds >= 1 else {
      throw ValidationError("nothing to measure")
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
    let workers = cluster.engine.workerCount
    let peer = alone ? nil : peer(threads: workers)
    if !alone, peer == nil { report.note("Python has no NumPy and scikit-learn here: not compared with.") }
    let statements = peer == nil ? [] : ["covariance_eigh()", "randomized()", "numpy_eigh()"]
    var found: PrincipalComponents<Double>?
    let times = try await medians(rounds, 2 + statements.count) { k in
      switch k {
      case 0: return try await seconds { found = try await a.pca(count: count) }
      case 1: return syrk(threads: workers)
      default: return peer?.seconds(statements[k - 2]) ?? .nan
      }
    }
    let flops = Double(rows) * Double(columns) * Double(columns)
    let moved = try await cluster.moved { _ = try await a.pca(count: count) }
    let most = moved.mostReceiving?.total.received
    let name = "PCA(\(count)) of \(rows) x \(columns), \(cluster.title)"
    // Each residual is that of its variance.
    let error = found.map { pca in zip(pca.residuals, pca.explainedVariance).map { $0 / $1 }.max() ?? 0 }
    func row(_ reference: Row.Reference, _ limit: Row.Limit? = nil) -> Row {
      Row(
        name, seconds: times[0], rate: .giga(flops, in: times[0], "GFLOP/s"), reference: reference,
        plan: found?.method.rawValue, words: most?.words, messages: most?.messages,
        peakBytes: moved.peakBytes, error: error, limit: limit)
    }
    report.add(row(.init("dsyrk, \(workers) threads", seconds: times[1])))
    for (k, title) in [
      "scikit-learn, covariance_eigh", "scikit-learn, randomized", "NumPy, covariance and eigh",
    ]
    .enumerated() where k < statements.count {
      // The fastest of theirs is what counts; the others are for information.
      let isFastest = times[2 + k] == times[2...].min()
      report.add(row(.init(title, seconds: times[2 + k]), isFastest ? .atMost(0.8) : nil))
    }
    return report
  }

  /// The seconds of the Gram matrix of as many numbers, in one piece.
  private func syrk(threads: Int) -> Double {
    let x = [Double](repeating: 0.5, count: 20_000 * columns)
    var c = [Double](repeating: 0, count: columns * columns)
    openblas_set_num_threads(Int32(min(threads, ProcessInfo.processInfo.activeProcessorCount)))
    defer { openblas_set_num_threads(1) }
    let time = seconds {
      cblas_dsyrk(
        CblasColMajor, CblasUpper, CblasNoTrans, Int32(columns), 20_000, 1, x, Int32(columns), 0, &c,
        Int32(columns))
    }
    return time * Double(rows) / 20_000
  }

  private func peer(threads: Int) -> PythonPeer? {
    PythonPeer(
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
