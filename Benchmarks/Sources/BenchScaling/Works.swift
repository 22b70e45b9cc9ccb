// The three kinds of work whose scaling is measured: a dense product, a Gram pass over a sparse matrix, the triangle
// of a tall one.

import Foundation
import Tessera

/// Sizes, and how the works are made.
struct Works: Sendable {
  let order, rows, tallRows: Int

  /// Something to run once and again.
  struct Prepared: Sendable {
    var plan: String?
    let run: @Sendable () async throws -> Void
  }

  /// What the model is asked.
  func model(_ part: Part) -> ScalingWork {
    switch part {
    case .product: .product(rows: order, inner: order, columns: order)
    case .pass: .gramPass(rows: rows, columns: rows / 100, nonzeros: 10 * rows)
    case .tsqr: .triangle(rows: tallRows, columns: 100)
    }
  }

  func title(_ part: Part) -> String {
    switch part {
    case .product: "product of order \(order)"
    case .pass: "A'(A x), \(rows) x \(rows / 100), 10 a row"
    case .tsqr: "R of \(tallRows) x 100, TSQR"
    }
  }

  /// The work, `factor` times as much of it, with its matrices on the workers.
  func prepare(_ part: Part, factor: Int, on cluster: Cluster) async throws -> Prepared {
    switch part {
    case .product:
      // Flops grow with the inner dimension, and so do the operands.
      let inner = order * factor
      let a = try await blocks(order, inner, seed: 1, on: cluster)
      let b = try await blocks(inner, order, seed: 2, on: cluster)
      return Prepared(plan: "\(try await plan(a, times: b).plan)") { _ = try await a * b }
    case .pass:
      let a = try await RowMatrix<Double>.generated(
        .sparse(density: 10 / Double(rows / 100)), Shape(rows * factor, rows / 100), seed: 3, on: cluster)
      let x = [Double](repeating: 0.5, count: rows / 100)
      return Prepared { _ = try await a.applyGram(x) }
    case .tsqr:
      let a = try await RowMatrix<Double>.generated(
        .dense, Shape(tallRows * factor, 100), seed: 4, on: cluster)
      return Prepared { _ = try await a.qr(method: .tsqr, orthogonalFactor: false) }
    }
  }

  private func blocks(_ rows: Int, _ columns: Int, seed: UInt64, on cluster: Cluster) async throws
    -> BlockMatrix<
      Double
    >
  {
    let a = try await BlockMatrix<Double>.generated(
      .dense, Shape(rows, columns), seed: seed,
      grid: .defaultBlocks(rows: rows, columns: columns, stored: rows * columns), on: cluster)
    _ = try await a.norm(.max)
    return a
  }
}
