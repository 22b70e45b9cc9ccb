// bench-multiply: distributed products beside the same product by the plain library, in one run, in turn. Also
// under mpirun, where the workers are the ranks.

import ArgumentParser
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

  @Option(help: "Number of workers as threads; under mpirun as many as there are ranks.") var workers: [Int] =
    [1, 2]
  @Option(help: "Order of the dense product.") var order = 4096
  @Option(help: "Order of the sparse matrices.") var sparseOrder = 1_000_000
  @Option(help: "Rounds; medians count.") var rounds = 3
  @Argument(help: "What to measure.") var parts: [Part] = Part.allCases

  func run() async throws {
    let underMPI = ClusterConfiguration.launchedRank() != nil
    for count in underMPI ? [1] : workers {
      let configuration =
        underMPI ? try ClusterConfiguration.fromEnvironment() : ClusterConfiguration(workers: count)
      try await Cluster.run(configuration) { cluster in
        print("\(cluster.engine.workerCount) workers over \(configuration.transport.rawValue)")
        for part in parts {
          switch part {
          case .dense: try await dense(cluster)
          case .sparseDense: try await sparseDense(cluster)
          case .sparseSparse: try await sparseSparse(cluster)
          }
        }
      }
    }
    if !underMPI, parts != [.dense] { try scipy() }
  }

  private func report(_ name: String, _ seconds: [Double], flops: Double, _ plan: MultiplyPlan) {
    let median = seconds.sorted()[seconds.count / 2]
    print(
      String(format: "%@  %8.3f s  %8.2f GFLOP/s  plan ", name, median, flops / median / 1e9) + "\(plan)")
  }

  private func time(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    let duration = ContinuousClock.now - start
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }

  /// Block x Block beside one dgemm with as many threads as there are processors.
  private func dense(_ cluster: Cluster) async throws {
    let n = order
    let a: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(n, n), seed: 1)
    let b: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(n, n), seed: 2)
    let (x, y) = (try await BlockMatrix(a, on: cluster), try await BlockMatrix(b, on: cluster))
    let plan = try await plan(x, times: y).plan
    let threads = Int32(min(2, ProcessInfo.processInfo.activeProcessorCount))
    var c = [Double](repeating: 0, count: n * n)
    var (ours, theirs): ([Double], [Double]) = ([], [])
    var product: BlockMatrix<Double>?
    for _ in 0...rounds {
      product = nil
      ours.append(try await time { product = try await x * y })
      openblas_set_num_threads(threads)
      theirs.append(
        await time {
          cblas_dgemm(
            CblasColMajor, CblasNoTrans, CblasNoTrans, Int32(n), Int32(n), Int32(n), 1, a.storage, Int32(n),
            b.storage, Int32(n), 0, &c, Int32(n))
        })
      openblas_set_num_threads(1)
    }
    let flops = 2 * Double(n) * Double(n) * Double(n)
    report("Block x Block of order \(n)         ", Array(ours.dropFirst()), flops: flops, plan)
    report("dgemm, \(threads) threads                 ", Array(theirs.dropFirst()), flops: flops, .local)
    let found = try await product?.collect().dense().elements(in: .columnMajor) ?? []
    let worst = zip(found, c).reduce(0) { max($0, abs($1.0 - $1.1)) }
    print("largest difference \(worst)")
  }

  private func random(_ n: Int, perRow: Int, seed: UInt64) throws -> SparseMatrix<Double> {
    let random = CounterBasedRandom(seed: seed)
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

  /// Row x LocalDense, 20 nonzeros a row, 64 columns.
  private func sparseDense(_ cluster: Cluster) async throws {
    let a = try random(sparseOrder, perRow: 20, seed: 1)
    let b: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(sparseOrder, 64), seed: 2)
    let x = try await RowMatrix(a, on: cluster)
    let plan = try await plan(x, times: b).plan
    var times: [Double] = []
    for _ in 0...rounds { times.append(try await time { _ = try await x * b }) }
    report(
      "Row (sparse) x LocalDense, 64 columns", Array(times.dropFirst()),
      flops: 2 * 64 * Double(a.nonzeroCount), plan)
  }

  /// Row x Row, 5 nonzeros a row each.
  private func sparseSparse(_ cluster: Cluster) async throws {
    let (x, y) = (
      try await RowMatrix(try random(sparseOrder, perRow: 5, seed: 1), on: cluster),
      try await RowMatrix(try random(sparseOrder, perRow: 5, seed: 2), on: cluster)
    )
    let plan = try await plan(x, times: y).plan
    var times: [Double] = []
    var bytes = 12 * (x.storedCount + y.storedCount) + 16 * sparseOrder
    let isWatching = watchPeakMemory()
    for round in 0...rounds {
      var product: RowMatrix<Double>?
      times.append(try await time { product = try await x * y })
      if round == 0, let product { bytes += 12 * product.storedCount + 8 * sparseOrder }
    }
    report(
      "Row (sparse) x Row (sparse)         ", Array(times.dropFirst()), flops: 50 * Double(sparseOrder), plan)
    if isWatching, let peak = peakMemory() {
      print(
        String(
          format: "  this process had at most %.0f MB, %.2f times operands and result", Double(peak) / 1e6,
          Double(peak) / Double(bytes)))
    }
  }

  /// Begins to watch anew for the most memory that this process has; false where the kernel does not.
  private func watchPeakMemory() -> Bool {
    (try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)) != nil
  }

  /// The most bytes in memory since then.
  private func peakMemory() -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
  }

  /// The same sizes by SciPy, where Python has it.
  private func scipy() throws {
    let script = """
      import time, numpy as np, scipy.sparse as sp
      n, r = \(sparseOrder), np.random.default_rng(1)
      def m(k):
          return sp.csr_matrix((r.standard_normal(n * k), (np.repeat(np.arange(n), k), r.integers(0, n, n * k))), (n, n))
      def t(f):
          times = []
          for _ in range(\(rounds + 1)):
              s = time.perf_counter(); f(); times.append(time.perf_counter() - s)
          return sorted(times[1:])[len(times[1:]) // 2]
      a, x = m(20), np.full((n, 64), 0.5)
      print('SciPy, sparse x dense, 64 columns      %8.3f s' % t(lambda: a @ x))
      a, b = m(5), m(5)
      print('SciPy, sparse x sparse                 %8.3f s' % t(lambda: a @ b))
      """
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script]
    try process.run()
    process.waitUntilExit()
    if process.terminationStatus != 0 { print("SciPy is not there to be compared with") }
  }
}
