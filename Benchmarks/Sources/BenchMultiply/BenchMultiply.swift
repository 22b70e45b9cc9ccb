// bench-multiply: distributed products beside the same product by the plain library, in one run, in turn: dense
// beside dgemm with as many threads as there are workers, sparse beside SciPy, which has one.

import ArgumentParser
import BenchSupport
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
  @OptionGroup var python: PythonChoice
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
    report.note(
      "The error is the largest difference to the largest element, as a ratio to n u, n the length of the sums and u "
        + "the unit roundoff: of a dense product to dgemm's, of a sparse one (A B) v to A (B v). The elements have so few "
        + "bits that next to nothing is rounded.")
    report.note(
      "No worker that begins with its share of dense operands, and ends with its share of the result, can do with fewer "
        + "words than the bound; operands that lie otherwise may need fewer, or none.")
    try report.print(output)
  }

  /// Block x Block beside dgemm of the same matrices in one piece.
  private func dense(_ cluster: Cluster) async throws -> Row {
    let n = order
    let a: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(n, n), seed: 1)
    let b: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(n, n), seed: 2)
    let (x, y) = (try await BlockMatrix(a, on: cluster), try await BlockMatrix(b, on: cluster))
    let explanation = try await plan(x, times: y).explanation
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
      return dgemmSeconds(order: n, a.storage, b.storage, into: &c, threadCount: cluster.threadCount)
    }
    let moved = try await cluster.moved { product = try await x * y }
    let found = try await product?.collect().dense().elements(in: .columnMajor) ?? []
    return Row(
      "Block x Block of order \(n), \(cluster.title)", seconds: times[0],
      rate: .giga(2 * Double(n) * Double(n) * Double(n), in: times[0], "GFLOP/s"),
      reference: .init("dgemm, \(threads(cluster.threadCount))", seconds: times[1]),
      plan: "\(explanation.plan)", words: moved.mostReceiving?.total.received.words,
      boundWords: explanation.lowerBoundWords, messages: moved.mostReceiving?.total.received.messages,
      peakBytes: moved.peakBytes, error: roundings(relativeError(found, of: c), length: n),
      limits: .atMost(1 / 0.95), Self.errorLimit)
  }

  /// What a product may be off: LAPACK's bound of such ratios.
  static let errorLimit = Row.Limit.atMost(16, .error)

  /// A relative error as a ratio to what sums of `length` terms may be off by rounding.
  func roundings(_ error: Double, length: Int) -> Double { error / (Double(length) * Double.unitRoundoff) }
}
