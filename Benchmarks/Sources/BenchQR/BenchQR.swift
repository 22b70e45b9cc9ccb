// bench-qr: the QR factorization of a tall matrix, its Gram matrix and statistics, and similarities of the columns of a
// sparse one, beside the same work by OpenBLAS, NumPy and SciPy, in one run, in turn. Principal components have a
// program of their own, bench-pca.

import ArgumentParser
import BenchSupport
import Tessera

/// What is measured.
enum Part: String, CaseIterable, ExpressibleByArgument {
  case qr, gram, stats, similar
}

@main
struct BenchQR: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-qr",
    abstract: "Measure QR, Gram matrices, statistics and similarities beside plain libraries.")

  @Option(help: "Rows of the tall matrix.") var rows = 1_000_000
  @Option(help: "Columns of the tall matrix.") var columns = 100
  @Option(help: "Rounds; medians count.") var rounds = 3
  @OptionGroup var python: PythonChoice
  @OptionGroup var cluster: ClusterChoice
  @OptionGroup var output: OutputChoice
  @Argument(help: "What to measure.") var parts: [Part] = Part.allCases

  func validate() throws {
    guard rows >= columns, columns >= 1, rounds >= 1 else { throw ValidationError("nothing to measure") }
  }

  func run() async throws {
    let report = try await cluster.run { cluster in
      var report = BenchReport("bench-qr")
      if parts != [.similar] { try await tall(cluster, &report) }
      if parts.contains(.similar) { try await similarities(cluster, &report) }
      return report
    }
    try report.print(output)
  }

  // MARK: a tall matrix

  private func tall(_ cluster: Cluster, _ report: inout BenchReport) async throws {
    let a = try await RowMatrix<Double>.generated(.dense, Shape(rows, columns), seed: 1, on: cluster)
    // In the dataflow style nothing is made before it is asked for.
    _ = try await a.norm(.max)
    let peer = peer(
      threads: cluster.threadCount,
      """
      import numpy as np
      a = 2 * np.random.default_rng(1).random((\(rows), \(columns))) - 1
      blocks = np.array_split(a, 20)
      def r_in_blocks():
          np.linalg.qr(np.vstack([np.linalg.qr(b, mode='r') for b in blocks]), mode='r')
      """)
    let work = Double(rows) * Double(columns) * Double(columns)
    if parts.contains(.qr) {
      for method in [QRMethod.auto, .tsqr] {
        let certificate = try await a.qr(method: method, certify: true).certificate
        let error = certificate.map { largest([$0.residual, $0.orthogonality]) }
        report.add(
          try await row(
            "QR with Q, \(method.rawValue)", flops: 4 * work, cluster, error: error ?? .nan,
            limit: .atMost(0.4),
            peer.map { peer in ("NumPy", { peer.seconds("np.linalg.qr(a)") }) }
          ) {
            let qr = try await a.qr(method: method)
            // The last of Q is there when something of it is asked for.
            _ = try await qr.q?.norm(.max)
          })
        report.add(
          try await row(
            "R alone, \(method.rawValue)", flops: 2 * work, cluster, limit: .atMost(0.6),
            peer.map { peer in ("NumPy in 20 blocks", { peer.seconds("r_in_blocks()") }) }
          ) { _ = try await a.qr(method: method, orthogonalFactor: false) })
      }
      report.note(
        "The error of a factorization is the larger of LAPACK's test ratios, of its residual and of the orthogonality "
          + "of Q to m u, u the unit roundoff: both are good below 30.")
    }
    if parts.contains(.gram) {
      let local = try await a.collect().dense().elements(in: .rowMajor)
      report.add(
        try await row(
          "Gram matrix", flops: work, cluster, limit: .atMost(1.1),
          (
            "dsyrk, \(threads(cluster.threadCount))",
            { dsyrkSeconds(rows: rows, columns: columns, local, threadCount: cluster.threadCount) }
          )
        ) { _ = try await a.gram() })
    }
    if parts.contains(.stats) {
      report.add(
        try await row(
          "column statistics", flops: 9 * Double(rows) * Double(columns), cluster,
          peer.map { peer in ("NumPy, mean and variance", { peer.seconds("a.mean(0), a.var(0)") }) }
        ) { _ = try await a.columnStatistics() })
    }
  }

  // MARK: a sparse matrix

  private func similarities(_ cluster: Cluster, _ report: inout BenchReport) async throws {
    let a = try await RowMatrix<Double>.generated(
      .sparse(density: 0.02), Shape(100_000, 1000), seed: 3, on: cluster)
    _ = try await a.norm(.max)
    let peer = peer(
      threads: 1,
      """
      import numpy as np, scipy.sparse as sp
      s = sp.random(100000, 1000, 0.02, 'csr', random_state=1)
      def similar():
          c = s @ sp.diags(1 / np.sqrt(np.asarray(s.multiply(s).sum(0)).ravel()))
          g = (c.T @ c).tocsr(); g.data[abs(g.data) < 0.1] = 0; g.eliminate_zeros()
      """)
    for (name, standardError) in [("exact", nil), ("sampled to 0.1", 0.1)] as [(String, Double?)] {
      report.add(
        try await row(
          "similarities of 100000 x 1000 with 2 M nonzeros, \(name)", flops: 2e6 * 20, cluster,
          limit: standardError == nil ? .atMost(0.6) : nil,
          peer.map { peer in ("SciPy, exact", { peer.seconds("similar()") }) }
        ) {
          if let standardError {
            _ = try await a.columnSimilarities(threshold: 0.1, standardError: standardError)
          } else {
            _ = try await a.columnSimilarities(threshold: 0.1)
          }
        })
    }
  }

  // MARK: -

  /// A row of ours beside a reference that returns its seconds.
  private func row(
    _ name: String, flops: Double, _ cluster: Cluster, error: Double? = nil, limit: Row.Limit? = nil,
    _ reference: (name: String, seconds: () -> Double)?, _ body: () async throws -> Void
  ) async throws -> Row {
    let times = try await medians(rounds, reference == nil ? 1 : 2) { k in
      if k == 1, let reference { return reference.seconds() }
      return try await seconds(body)
    }
    let moved = try await cluster.moved(body)
    let most = moved.mostReceiving?.total.received
    return Row(
      "\(name), \(cluster.title)", seconds: times[0], rate: .giga(flops, in: times[0], "GFLOP/s"),
      reference: reference.map { .init($0.name, seconds: times[1]) }, words: most?.words,
      messages: most?.messages, peakBytes: moved.peakBytes, error: error,
      limits: limit, error.map { _ in .atMost(30, .error) })
  }

  private func peer(threads: Int, _ setup: String) -> PythonPeer? {
    python.peer(threads: threads, setup: setup)
  }
}
