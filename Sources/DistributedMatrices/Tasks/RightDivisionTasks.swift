// W_i = A_i R^-1, or A_i R_1^-1 R_2^-1, for a slab A_i of m_i x n and upper triangular R that every worker has:
// m_i n^2 flops for each, in chunks of rows that stay in the second cache and are written once; n^2 words to every
// worker. And the Gram matrix of W without W: as many flops again, n(n+1)/2 words from every worker.

import Numerics
import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum RightDivisionTask<S: Scalar>: MapTask {
  /// One triangle, or several that divide one after the other.
  typealias Arguments = [DenseMatrix<S>]
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("right-division", S.self) }

  static func run(_ divisors: [DenseMatrix<S>], _ slab: LocalMatrix<S>, tile: Int) throws -> LocalMatrix<S> {
    let n = slab.columns
    for r in divisors { try checkDivisor(r, slab) }
    let triangles = divisors.map { $0.elements(in: .columnMajor) }
    let a = try slab.dense(order: .rowMajor).elements(in: .rowMajor)
    let height = chunkHeight(n, S.self)
    let w = [S](inLargePages: a.count) { w, count in
      count = a.count
      a.withUnsafeBufferPointer { a in
        guard !a.isEmpty, let start = w.baseAddress, let a = a.baseAddress else { return }
        for first in stride(from: 0, to: slab.rows, by: height) {
          let rows = min(height, slab.rows - first)
          (start + first * n).initialize(from: a + first * n, count: rows * n)
          for triangle in triangles { divide(start + first * n, rows, n, by: triangle) }
        }
      }
    }
    return .dense(try DenseMatrix(rows: slab.rows, columns: n, order: .rowMajor, elements: w))
  }
}

enum RightDivisionGramTask<S: Scalar>: ReduceTask {
  typealias Arguments = DenseMatrix<S>
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("right-division-gram", S.self) }

  static func run(_ r: DenseMatrix<S>, _ slab: LocalMatrix<S>, tile: Int) throws -> VectorTile<S> {
    let n = slab.columns
    try checkDivisor(r, slab)
    let a = try slab.dense(order: .rowMajor).elements(in: .rowMajor)
    let height = min(chunkHeight(n, S.self), slab.rows)
    let triangle = r.elements(in: .columnMajor)
    var square = [S](repeating: 0, count: n * n)
    var chunk = [S](repeating: 0, count: height * n)
    chunk.withUnsafeMutableBufferPointer { chunk in
      guard let w = chunk.baseAddress, n > 0 else { return }
      square.withUnsafeMutableBufferPointer { square in
        a.withUnsafeBufferPointer { a in
          for first in stride(from: 0, to: slab.rows, by: max(1, height)) {
            let rows = min(height, slab.rows - first)
            w.update(from: a.baseAddress! + first * n, count: rows * n)
            divide(w, rows, n, by: triangle)
            addUpperGram(w, rows, n, leadingDimension: n, isRowMajor: true, to: square.baseAddress!)
          }
        }
      }
    }
    return VectorTile(packedUpper(S.isComplex ? square.map(\.conjugate) : square, n))
  }

  static func combine(_ left: inout VectorTile<S>, _ right: VectorTile<S>, _: DenseMatrix<S>) throws {
    try left.add(right)
  }
}

/// - Throws: `malformed` when R cannot divide the slab.
private func checkDivisor<S: Scalar>(_ r: DenseMatrix<S>, _ slab: LocalMatrix<S>) throws {
  guard r.rows == slab.columns, r.columns == slab.columns else {
    throw CommunicationError.malformed(expected: "a triangle of order \(slab.columns), not \(r.shape)")
  }
}

/// Rows of n elements that take about 400 KiB, at least n of them.
private func chunkHeight<S: Scalar>(_ n: Int, _: S.Type) -> Int {
  max(n, 16, (400 << 10) / max(1, n * MemoryLayout<S>.stride))
}

/// W := W R^-1 for `rows` rows of n elements. A row-major W is W^T to BLAS: R^T W^T is solved for.
private func divide<S: Scalar>(_ w: UnsafeMutablePointer<S>, _ rows: Int, _ n: Int, by triangle: [S]) {
  guard n > 0, rows > 0 else { return }
  triangle.withUnsafeBufferPointer {
    S.trsm(left: true, upper: true, .transpose, n, rows, $0.baseAddress!, n, w, n)
  }
}
