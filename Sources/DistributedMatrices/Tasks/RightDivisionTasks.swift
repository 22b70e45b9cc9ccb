// W_i = A_i R^-1 for a slab A_i of m_i x n and an upper triangular R that every worker has: m_i n^2 flops, in
// chunks of rows that stay in the second cache; n^2 words to every worker. And the Gram matrix of W without W:
// as many flops again, n(n+1)/2 words from every worker.

import Numerics
import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum RightDivisionTask<S: Scalar>: MapTask {
  typealias Arguments = DenseMatrix<S>
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("right-division", S.self) }

  static func run(_ r: DenseMatrix<S>, _ slab: LocalMatrix<S>, tile: Int) throws -> LocalMatrix<S> {
    let n = try checkDivisor(r, slab)
    var w = try slab.dense(order: .rowMajor).elements(in: .rowMajor)
    let height = chunkHeight(n, S.self)
    let triangle = r.elements(in: .columnMajor)
    for start in stride(from: 0, to: slab.rows, by: height) {
      divide(&w, start, min(height, slab.rows - start), n, by: triangle)
    }
    return .dense(try DenseMatrix(rows: slab.rows, columns: n, order: .rowMajor, elements: w))
  }
}

enum RightDivisionGramTask<S: Scalar>: ReduceTask {
  typealias Arguments = DenseMatrix<S>
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("right-division-gram", S.self) }

  static func run(_ r: DenseMatrix<S>, _ slab: LocalMatrix<S>, tile: Int) throws -> VectorTile<S> {
    let n = try checkDivisor(r, slab)
    let a = try slab.dense(order: .rowMajor).elements(in: .rowMajor)
    let height = chunkHeight(n, S.self)
    let triangle = r.elements(in: .columnMajor)
    var sum = VectorTile([S](repeating: 0, count: n * (n + 1) / 2))
    for start in stride(from: 0, to: slab.rows, by: height) {
      let count = min(height, slab.rows - start)
      var chunk = Array(a[start * n..<(start + count) * n])
      divide(&chunk, 0, count, n, by: triangle)
      let part = try DenseMatrix(rows: count, columns: n, order: .rowMajor, elements: chunk)
      try sum.add(VectorTile(try LocalMatrix.dense(part).packedGram()))
    }
    return sum
  }

  static func combine(_ left: inout VectorTile<S>, _ right: VectorTile<S>, _: DenseMatrix<S>) throws {
    try left.add(right)
  }
}

/// The order of R.
///
/// - Throws: `malformed` when R cannot divide the slab.
private func checkDivisor<S: Scalar>(_ r: DenseMatrix<S>, _ slab: LocalMatrix<S>) throws -> Int {
  guard r.rows == slab.columns, r.columns == slab.columns else {
    throw CommunicationError.malformed(expected: "a triangle of order \(slab.columns), not \(r.shape)")
  }
  return slab.columns
}

/// Rows of n elements that take about 400 KiB, at least n of them.
private func chunkHeight<S: Scalar>(_ n: Int, _: S.Type) -> Int {
  max(n, 16, (400 << 10) / max(1, n * MemoryLayout<S>.stride))
}

/// W := W R^-1 for `count` rows from row `start`. A row-major W is W^T to BLAS: R^T W^T is solved for.
private func divide<S: Scalar>(
  _ w: inout [S], _ start: Int, _ count: Int, _ n: Int, by triangle: [S]
) {
  guard n > 0, count > 0 else { return }
  w.withUnsafeMutableBufferPointer { w in
    triangle.withUnsafeBufferPointer {
      S.trsm(
        left: true, upper: true, .transpose, n, count, $0.baseAddress!, n, w.baseAddress! + start * n, n)
    }
  }
}
