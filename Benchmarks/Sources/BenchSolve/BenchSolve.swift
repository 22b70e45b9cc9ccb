// bench-solve: LU and Cholesky of a distributed dense matrix, and a solve with their factors, beside LAPACK with as
// many threads as there are workers, in turn. Also under mpirun, where the workers are the ranks.

import ArgumentParser
import BenchSupport
import CBLAS
import Foundation
import Tessera

@main
struct BenchSolve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-solve", abstract: "Measure LU, Cholesky and solves beside LAPACK.")

  @Option(help: "Order of the matrix.") var order = 4096
  @Option(help: "Size of tiles (default: from the order).") var blockSize: Int?
  @Option(help: "Rounds; medians count.") var rounds = 3
  @OptionGroup var cluster: ClusterChoice
  @OptionGroup var output: OutputChoice

  func validate() throws {
    guard order >= 1, rounds >= 1, blockSize.map({ $0 >= 1 }) ?? true else {
      throw ValidationError("nothing to measure")
    }
  }

  func run() async throws {
    var report = BenchReport("bench-solve")
    let rows = try await cluster.run { cluster in
      let general = try await BlockMatrix<Double>.generated(.dense, Shape(order, order), seed: 1, on: cluster)
      let a = try await general.collect().dense()
      let lu = try await compare("LU", flops: 2 / 3 * cube, a, general) {
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
      let cholesky = try await compare("Cholesky", flops: cube / 3, definite, spread) {
        _ = try await $0.cholesky(blockSize: blockSize)
      } theirs: { matrix, n in
        _ = matrix.withUnsafeMutableBufferPointer { Double.potrf(n, $0.baseAddress!, n) }
      }
      return [lu, cholesky, try await solve(general, a)]
    }
    for row in rows { report.add(row) }
    report.note(
      "The error of the solve is HPL's, |b - A x| over (|A| |x| + |b|) n u, u the unit roundoff.")
    try report.print(output)
  }

  private var cube: Double { Double(order) * Double(order) * Double(order) }

  private func compare(
    _ name: String, flops: Double, _ local: DenseMatrix<Double>, _ matrix: BlockMatrix<Double>,
    ours: (BlockMatrix<Double>) async throws -> Void, theirs: (inout [Double], Int) -> Void
  ) async throws -> Row {
    let elements = local.elements(in: .columnMajor)
    let count = matrix.cluster.threadCount
    let times = try await medians(rounds, 2) { k in
      if k == 0 { return try await seconds { try await ours(matrix) } }
      // A copy that has been written: LAPACK overwrites its matrix.
      var copy = elements
      copy[0] = elements[0]
      openblas_set_num_threads(Int32(count))
      defer { openblas_set_num_threads(1) }
      return seconds { theirs(&copy, order) }
    }
    return Row(
      "\(name) of order \(order), \(matrix.cluster.title)", seconds: times[0],
      rate: .giga(flops, in: times[0], "GFLOP/s"),
      reference: .init("LAPACK, \(threads(count))", seconds: times[1]))
  }

  /// A solve with factors that are there.
  private func solve(_ matrix: BlockMatrix<Double>, _ a: DenseMatrix<Double>) async throws -> Row {
    let b = DenseMatrix<Double>(rows: order, columns: 1) { i, _ in Double(i % 7) - 3 }
    let factors = try await matrix.lu(blockSize: blockSize)
    var x = b
    let time = try await medianSeconds(rounds) { x = try await factors.solve(b) }
    let residual = try (b - a * x).norm(.max)
    let size = a.norm(.infinity) * x.norm(.max) + b.norm(.max)
    return Row(
      "solve with the factors, \(matrix.cluster.title)", seconds: time,
      error: residual / (size * Double(order) * Double.unitRoundoff), limits: .atMost(16, .error))
  }
}
