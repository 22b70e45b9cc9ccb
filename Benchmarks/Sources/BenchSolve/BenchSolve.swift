// bench-solve: LU and Cholesky of a distributed dense matrix, and a solve with their factors, beside LAPACK with as
// many threads as there are workers, in turn. Also under mpirun, where the workers are the ranks.

import ArgumentParser
import CBLAS
import Foundation
import Tessera

@main
struct BenchSolve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-solve", abstract: "Measure LU, Cholesky and solves beside LAPACK.")

  @Option(help: "Number of workers as threads; under mpirun as many as there are ranks.") var workers = 2
  @Option(help: "Order of the matrix.") var order = 4096
  @Option(help: "Size of tiles (default: from the order).") var blockSize: Int?
  @Option(help: "Rounds; medians count.") var rounds = 3
  @Option(help: "The style.") var style = "message-passing"
  @Flag(help: "Print where the time went.") var summary = false

  func run() async throws {
    let underMPI = ClusterConfiguration.launchedRank() != nil
    let settings =
      underMPI
      ? try ClusterConfiguration.fromEnvironment()
      : ClusterConfiguration(workers: workers, style: style == "dataflow" ? .dataflow : .messagePassing)
    let recorder = summary ? Recorder(workers: settings.workers) : nil
    try await Cluster.run(settings, recorder: recorder) { cluster in
      print("order \(order), \(cluster.engine.workerCount) workers, \(settings.transport.rawValue), \(style)")
      let general = try await BlockMatrix<Double>.generated(.dense, Shape(order, order), seed: 1, on: cluster)
      let a = try await general.collect().dense()
      try await compare("LU", flops: 2 / 3 * cube, a, general) {
        _ = try await $0.lu(blockSize: blockSize)
      } theirs: { matrix, n in
        var pivots = [Int32](repeating: 0, count: n)
        _ = matrix.withUnsafeMutableBufferPointer { Double.getrf(n, n, $0.baseAddress!, n, &pivots) }
      }
      // Definite by its diagonal.
      let definite = DenseMatrix(rows: order, columns: order) { i, j in
        (a[i, j] + a[j, i]) / 2 + (i == j ? Double(order) : 0)
      }
      let spread = try await BlockMatrix(definite, on: cluster)
      try await compare("Cholesky", flops: cube / 3, definite, spread) {
        _ = try await $0.cholesky(blockSize: blockSize)
      } theirs: { matrix, n in
        _ = matrix.withUnsafeMutableBufferPointer { Double.potrf(n, $0.baseAddress!, n) }
      }
      try await solve(general, a)
    }
    if let recorder { print(SummaryTable(recorder.events())) }
  }

  private var cube: Double { Double(order) * Double(order) * Double(order) }

  private func compare(
    _ name: String, flops: Double, _ local: DenseMatrix<Double>, _ matrix: BlockMatrix<Double>,
    ours: (BlockMatrix<Double>) async throws -> Void, theirs: (inout [Double], Int) -> Void
  ) async throws {
    let elements = local.elements(in: .columnMajor)
    let threads = min(
      matrix.cluster.engine.workerCount, ProcessInfo.processInfo.activeProcessorCount)
    var times: (ours: [Double], theirs: [Double]) = ([], [])
    for _ in 0...rounds {
      times.ours.append(try await seconds { try await ours(matrix) })
      // A copy that has been written: LAPACK overwrites its matrix.
      var copy = elements
      copy[0] = elements[0]
      openblas_set_num_threads(Int32(threads))
      times.theirs.append(seconds { theirs(&copy, order) })
      openblas_set_num_threads(1)
    }
    let (mine, other) = (median(times.ours), median(times.theirs))
    print(
      String(
        format: "%@ %.3f s, %.1f GFLOP/s; LAPACK with %d threads %.3f s, %.1f GFLOP/s; ratio of times %.2f",
        name, mine, flops / mine / 1e9, threads, other, flops / other / 1e9, mine / other))
  }

  /// HPL's ratio of a solve, and what it takes with factors that are there.
  private func solve(_ matrix: BlockMatrix<Double>, _ a: DenseMatrix<Double>) async throws {
    let b = DenseMatrix<Double>(rows: order, columns: 1) { i, _ in Double(i % 7) - 3 }
    let factors = try await matrix.lu(blockSize: blockSize)
    var x = b
    let time = try await seconds { x = try await factors.solve(b) }
    let residual = try (b - a * x).norm(.max)
    let size = a.norm(.infinity) * x.norm(.max) + b.norm(.max)
    let ratio = residual / (size * Double(order) * Double.unitRoundoff)
    print(String(format: "solve with the factors %.3f s, HPL's ratio %.4f, limit 16", time, ratio))
  }

  private func seconds(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    let duration = ContinuousClock.now - start
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }

  private func seconds(_ body: () -> Void) -> Double {
    let start = ContinuousClock.now
    body()
    let duration = ContinuousClock.now - start
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }

  /// Without the first.
  private func median(_ times: [Double]) -> Double {
    let sorted = times.dropFirst().sorted()
    return sorted[sorted.count / 2]
  }
}
