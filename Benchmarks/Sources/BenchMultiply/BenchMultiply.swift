// bench-multiply: distributed products beside the same product by the plain library, in one run, in turn: dense
// beside dgemm with as many threads as there are workers, sparse beside SciPy, which has one.

import ArgumentParser
import BenchSupport
import CBLAS
import Foundation
import Tessera

/// What is measured.
enum Part: String, CaseIterable, ExpressibleByArgument {
  case dense
  case sparseDense = "sparse-dense"
  case sparseSparse = "sparse-sparse"
}

@main
struct BenchMultiply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-multiply",
    abstract: "Measure distributed products beside OpenBLAS and SciPy.")

  @Option(help: "Order of the dense product.") var order = 4096
  @Option(help: "Order of the sparse matrices.") var sparseOrder = 1_000_000
  @Option(help: "Rounds; medians count.") var rounds = 3
  @Flag(help: "Leave Python's libraries out.") var alone = false
  @OptionGroup var cluster: ClusterChoice
  @OptionGroup var output: OutputChoice
  @Argument(help: "What to measure.") var parts: [Part] = Part.allCases

  func validate() throws {
    guard order >= 1, sparseOrder >= 1, rounds >= 1 else { throw ValidationError("nothing to measure") }
  }

  func run() async throws {
    var report = BenchReport("bench-multiply")
    for count in cluster.counts {
      let rows = try await cluster.run(workers: count) { cluster in
        var rows: [Row] = []
        for part in parts {
          switch part {
          case .dense: rows.append(try await dense(cluster))
          case .sparseDense: rows.append(try await sparseDense(cluster))
          case .sparseSparse: rows.append(try await sparseSparse(cluster))
          }
        }
        return rows
      }
      for row in rows { report.add(row) }
    }
    if report.measurements.contains(where: { $0.reference == nil }) {
      report.note(alone ? "Python was left out." : "Python has no SciPy here: not compared with.")
    }
    try report.print(output)
  }

  /// Block x Block beside dgemm of the same matrices in one piece.
  private func dense(_ cluster: Cluster) async throws -> Row {
    let n = order
    let a: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(n, n), seed: 1)
    let b: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(n, n), seed: 2)
    let (x, y) = (try await BlockMatrix(a, on: cluster), try await BlockMatrix(b, on: cluster))
    let explanation = try await plan(x, times: y).explanation
    let threads = min(cluster.engine.workerCount, ProcessInfo.processInfo.activeProcessorCount)
    var c = [Double](repeating: 0, count: n * n)
    var product: BlockMatrix<Double>?
    let times = try await medians(rounds, 2) { k in
      if k == 0 {
        product = nil
        return try await seconds {
          product = try await x * y
          // In the dataflow style nothing is done before it is asked for.
          _ = try await product?.countStored()
        }
      }
      openblas_set_num_threads(Int32(threads))
      defer { openblas_set_num_threads(1) }
      return seconds {
        cblas_dgemm(
          CblasColMajor, CblasNoTrans, CblasNoTrans, Int32(n), Int32(n), Int32(n), 1, a.storage, Int32(n),
          b.storage, Int32(n), 0, &c, Int32(n))
      }
    }
    let moved = try await cluster.moved { product = try await x * y }
    let found = try await product?.collect().dense().elements(in: .columnMajor) ?? []
    let worst = zip(found, c).reduce(0) { max($0, abs($1.0 - $1.1)) }
    let largest = c.reduce(0) { max($0, abs($1)) }
    return Row(
      "Block x Block of order \(n), \(cluster.title)", seconds: times[0],
      rate: .giga(2 * Double(n) * Double(n) * Double(n), in: times[0], "GFLOP/s"),
      reference: .init("dgemm, \(threads == 1 ? "1 thread" : "\(threads) threads")", seconds: times[1]),
      plan: "\(explanation.plan)", words: moved.mostReceiving?.total.received.words,
      boundWords: explanation.lowerBoundWords, messages: moved.mostReceiving?.total.received.messages,
      peakBytes: moved.peakBytes, error: worst / max(largest, .leastNormalMagnitude), limit: .atMost(1 / 0.95)
    )
  }
}
