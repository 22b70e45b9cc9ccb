// bench-qr: the QR factorization of a tall matrix, Gram matrices, principal components and similarities of
// columns beside the same work by OpenBLAS, NumPy, SciPy and scikit-learn, in one run. Also under mpirun, where
// the workers are the ranks.

import ArgumentParser
import CBLAS
import Foundation
import Tessera

/// What is measured.
enum Part: String, CaseIterable, ExpressibleByArgument {
  case qr, gram, pca, stats, similar
}

@main
struct BenchQR: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-qr",
    abstract: "Measure QR, Gram, principal components, statistics and similarities beside plain libraries.")

  @Option(help: "Number of workers as threads; under mpirun as many as there are ranks.") var workers: [Int] =
    [2]
  @Option(help: "Rows of the tall matrix.") var rows = 1_000_000
  @Option(help: "Columns of the tall matrix.") var columns = 100
  @Option(help: "Rounds; medians count.") var rounds = 3
  @Flag(help: "Leave Python's libraries out.") var alone = false
  @Argument(help: "What to measure.") var parts: [Part] = Part.allCases

  func run() async throws {
    let underMPI = ClusterConfiguration.launchedRank() != nil
    for count in underMPI ? [1] : workers {
      let configuration =
        underMPI ? try ClusterConfiguration.fromEnvironment() : ClusterConfiguration(workers: count)
      try await Cluster.run(configuration) { cluster in
        print("\(cluster.engine.workerCount) workers over \(configuration.transport.rawValue)")
        if parts.contains(where: { [.qr, .gram, .stats].contains($0) }) { try await tall(cluster) }
        if parts.contains(.pca) { try await components(cluster) }
        if parts.contains(.similar) { try await similarities(cluster) }
      }
    }
    if !underMPI, !alone { try python() }
  }

  // MARK: ours

  private func tall(_ cluster: Cluster) async throws {
    let a = try await RowMatrix<Double>.generated(.dense, Shape(rows, columns), seed: 1, on: cluster)
    // In the dataflow style nothing is made before it is asked for.
    _ = try await a.norm(.max)
    let work = Double(rows) * Double(columns) * Double(columns)
    if parts.contains(.qr) {
      for method in [QRMethod.auto, .tsqr] {
        try await measure("QR with Q, \(method.rawValue)", flops: 4 * work) {
          let qr = try await a.qr(method: method)
          // The last of Q is there when something of it is asked for.
          _ = try await qr.q?.norm(.max)
        }
        try await measure("R alone, \(method.rawValue)", flops: 2 * work) {
          _ = try await a.qr(method: method, orthogonalFactor: false)
        }
      }
      let certificate = try await a.qr(certify: true).certificate
      print(
        "  ratios: residual \(certificate?.residual ?? .nan), orthogonality \(certificate?.orthogonality ?? .nan)"
      )
    }
    if parts.contains(.gram) {
      try await measure("Gram matrix", flops: work) { _ = try await a.gram() }
    }
    if parts.contains(.stats) {
      try await measure("column statistics", flops: 9 * Double(rows) * Double(columns)) {
        _ = try await a.columnStatistics()
      }
    }
    if parts.contains(.gram) { try await openBLAS(a) }
  }

  /// dsyrk of the same matrix in one piece, with as many threads as there are workers.
  private func openBLAS(_ a: RowMatrix<Double>) async throws {
    let local = try await a.collect().dense().elements(in: .rowMajor)
    var c = [Double](repeating: 0, count: columns * columns)
    openblas_set_num_threads(
      Int32(min(a.cluster.engine.workerCount, ProcessInfo.processInfo.activeProcessorCount)))
    await measure("dsyrk of OpenBLAS", flops: Double(rows) * Double(columns) * Double(columns)) {
      cblas_dsyrk(
        CblasColMajor, CblasUpper, CblasNoTrans, Int32(columns), Int32(rows), 1, local, Int32(columns), 0, &c,
        Int32(columns))
    }
    openblas_set_num_threads(1)
  }

  private func components(_ cluster: Cluster) async throws {
    let a = try await RowMatrix<Double>.generated(.dense, Shape(200_000, 500), seed: 2, on: cluster)
    _ = try await a.norm(.max)
    try await measure("PCA(10) of 200000 x 500", flops: 2e5 * 500 * 500) { _ = try await a.pca(count: 10) }
  }

  private func similarities(_ cluster: Cluster) async throws {
    let a = try await RowMatrix<Double>.generated(
      .sparse(density: 0.02), Shape(100_000, 1000), seed: 3, on: cluster)
    _ = try await a.norm(.max)
    try await measure("similarities of 100000 x 1000, 2 M nonzeros", flops: 2e6 * 20) {
      _ = try await a.columnSimilarities(threshold: 0.1)
    }
    try await measure("the same, sampled to 0.1", flops: 2e6 * 20) {
      _ = try await a.columnSimilarities(threshold: 0.1, standardError: 0.1)
    }
  }

  private func measure(_ name: String, flops: Double, _ body: () async throws -> Void) async rethrows {
    var seconds: [Double] = []
    for _ in 0...rounds {
      let start = ContinuousClock.now
      try await body()
      let duration = ContinuousClock.now - start
      seconds.append(Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18)
    }
    let sorted = seconds.dropFirst().sorted()
    let median = sorted[sorted.count / 2]
    print(
      "  " + name.padding(toLength: 46, withPad: " ", startingAt: 0)
        + String(format: "%8.3f s  %7.2f GFLOP/s", median, flops / median / 1e9))
  }

  // MARK: theirs

  /// The same by NumPy, SciPy and scikit-learn, where Python has them.
  private func python() throws {
    let script = """
      import time, sys, numpy as np
      m, n, parts = \(rows), \(columns), '\(parts.map(\.rawValue).joined(separator: " "))'.split()
      r = np.random.default_rng(1)
      def t(name, f):
          times = []
          for _ in range(\(rounds) + 1):
              s = time.perf_counter(); f(); times.append(time.perf_counter() - s)
          print('  %-46s%8.3f s' % (name, sorted(times[1:])[len(times[1:]) // 2]), flush=True)
      if 'gram' in parts or 'stats' in parts:
          a = 2 * r.random((m, n)) - 1
      if 'gram' in parts:
          t('Gram of NumPy', lambda: a.T @ a)
      if 'stats' in parts:
          t('mean and variance of NumPy', lambda: (a.mean(0), a.var(0)))
      if 'qr' in parts:
          blocks = [2 * r.random((m // 20, n)) - 1 for _ in range(20)]
          def blocked():
              np.linalg.qr(np.vstack([np.linalg.qr(b, mode='r') for b in blocks]), mode='r')
          t('R alone by NumPy, in 20 blocks', blocked)
      if 'pca' in parts:
          x = 2 * r.random((200000, 500)) - 1
          def covariance():
              c = x - x.mean(0)
              np.linalg.eigh(c.T @ c)
          t('PCA by NumPy, covariance and eigh', covariance)
          try:
              from sklearn.decomposition import PCA
              t('PCA of scikit-learn, covariance_eigh', lambda: PCA(10, svd_solver='covariance_eigh').fit(x))
          except ImportError:
              pass
      if 'similar' in parts:
          import scipy.sparse as sp
          s = sp.random(100000, 1000, 0.02, 'csr', random_state=1)
          def similar():
              c = s @ sp.diags_array(1 / np.sqrt(np.asarray(s.multiply(s).sum(0)).ravel()))
              g = (c.T @ c).tocsr(); g.data[abs(g.data) < 0.1] = 0; g.eliminate_zeros()
          t('similarities of SciPy', similar)
      """
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["OPENBLAS_NUM_THREADS": "\(workers.max() ?? 2)"]) { $1 }
    try process.run()
    process.waitUntilExit()
    if process.terminationStatus != 0 { print("Python's libraries are not there to be compared with") }
  }
}
