// Products of sparse matrices beside SciPy's, which has one thread: of N workers N times its double are asked.

import BenchSupport
import Foundation
import Tessera

extension BenchMultiply {
  /// Row x LocalDense, 20 nonzeros a row, 64 columns.
  func sparseDense(_ cluster: Cluster) async throws -> Row {
    let a = try random(perRow: 20, seed: 1)
    // By rows, as NumPy's.
    let b = try DenseMatrix<Double>(
      rows: sparseOrder, columns: 64, order: .rowMajor,
      elements: CounterBasedRandom(seed: 2).symmetricVector(count: 64 * sparseOrder))
    let x = try await RowMatrix(a, on: cluster)
    let explanation = try await plan(x, times: b).explanation
    let peer = peer("a, x = m(20), np.full((n, 64), 0.5)")
    return try await compare(
      "Row (sparse) x LocalDense, 64 columns", flops: 2 * 64 * Double(a.nonzeroCount), explanation, peer,
      "a @ x", cluster
    ) {
      let product = try await x * b
      _ = try await product.countStored()
    } check: {
      let v: [Double] = (0..<64).map { Double($0 % 7) - 3 }
      return roundings(
        relativeError(try await (x * b).apply(v).collect(), of: try await x.apply(try b * v).collect()),
        length: 64 + 20)
    }
  }

  /// Row x Row, 5 nonzeros a row each.
  func sparseSparse(_ cluster: Cluster) async throws -> Row {
    let (a, b) = (try random(perRow: 5, seed: 1), try random(perRow: 5, seed: 2))
    let (x, y) = (try await RowMatrix(a, on: cluster), try await RowMatrix(b, on: cluster))
    let explanation = try await plan(x, times: y).explanation
    let peer = peer("a, b = m(5), m(5)")
    return try await compare(
      "Row (sparse) x Row (sparse)", flops: 50 * Double(sparseOrder), explanation, peer, "a @ b", cluster
    ) {
      let product = try await x * y
      _ = try await product.countStored()
    } check: {
      let v: [Double] = (0..<sparseOrder).map { Double($0 % 7) - 3 }
      return roundings(
        relativeError(
          try await (x * y).apply(v).collect(),
          of: try await x.apply(try await y.apply(v).collect()).collect()),
        length: 25 + 5)
    }
  }

  private func compare(
    _ name: String, flops: Double, _ explanation: MultiplyExplanation, _ peer: PythonPeer?,
    _ statement: String,
    _ cluster: Cluster, _ body: () async throws -> Void, check: () async throws -> Double
  ) async throws -> Row {
    let times = try await medians(rounds, peer == nil ? 1 : 2) { k in
      if k == 1, let peer { return peer.seconds(statement) }
      return try await seconds(body)
    }
    let moved = try await cluster.moved(body)
    return Row(
      "\(name) of order \(sparseOrder), \(cluster.title)", seconds: times[0],
      rate: .giga(flops, in: times[0], "GFLOP/s"),
      reference: times.count > 1 ? .init("SciPy", seconds: times[1]) : nil, plan: "\(explanation.plan)",
      words: moved.mostReceiving?.total.received.words,
      messages: moved.mostReceiving?.total.received.messages, peakBytes: moved.peakBytes,
      error: try await check(), limits: .atMost(0.5 / Double(min(2, cluster.engine.workerCount))),
      Self.errorLimit)
  }

  private func peer(_ data: String) -> PythonPeer? {
    python.peer(
      threads: 1,
      setup: """
        import numpy as np, scipy.sparse as sp
        n, r = \(sparseOrder), np.random.default_rng(1)
        def m(k):
            return sp.csr_matrix((r.standard_normal(n * k), (np.repeat(np.arange(n), k), r.integers(0, n, n * k))), (n, n))
        \(data)
        """)
  }

  private func random(perRow: Int, seed: UInt64) throws -> SparseMatrix<Double> {
    let (random, n) = (CounterBasedRandom(seed: seed), sparseOrder)
    var entries = try TripletMatrix<Double>(rows: n, columns: n)
    entries.reserveCapacity(n * perRow)
    for i in 0..<n {
      for l in 0..<perRow {
        let draw = UInt64(i * perRow + l)
        entries.append(
          i, min(n - 1, Int(random.uniform(draw) * Double(n))), random.symmetric(draw, stream: 1))
      }
    }
    return try entries.compressed()
  }
}
