// Rows without their mean, slab by slab: A_i - 1 s^T, its triangle, and A_i B - 1 c^T. A sparse slab stays
// sparse where most of s is zero. O(stored elements + rows times nonzeros of s), 2 m_i n k flops for products;
// n words, or nk, to every worker.

import Numerics
import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

extension LocalMatrix {
  /// A - 1 s^T: element (i, j) less s_j.
  ///
  /// - Precondition: s has A's columns.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  func subtractingFromRows(_ s: [S]) throws -> LocalMatrix {
    precondition(s.count == columns)
    let (m, n) = (rows, columns)
    switch self {
    case .dense(let a):
      var elements = a.elements(in: .rowMajor)
      elements.withUnsafeMutableBufferPointer { x in
        s.withUnsafeBufferPointer { s in
          for i in 0..<m { for j in 0..<n { x[i * n + j] -= s[j] } }
        }
      }
      return .dense(try DenseMatrix(rows: m, columns: n, order: .rowMajor, elements: elements))
    case .sparse(let a):
      let shifted = (0..<n).filter { s[$0] != 0 }.map { Int32($0) }
      if shifted.isEmpty { return self }
      let byRows = a.compressed(by: .rows).resolved()
      try MemoryGuard.check(
        "a sparse matrix less its means", byRows.nonzeroCount + m * shifted.count, 1,
        bytesPerElement: MemoryLayout<S>.stride + 4)
      var offsets = [0]
      var indices: [Int32] = []
      var values: [S] = []
      indices.reserveCapacity(byRows.nonzeroCount + m * shifted.count)
      values.reserveCapacity(byRows.nonzeroCount + m * shifted.count)
      for i in 0..<m {
        var (q, p) = (byRows.offsets[i], 0)
        let end = byRows.offsets[i + 1]
        while q < end || p < shifted.count {
          let j = q < end ? byRows.indices[q] : Int32.max
          if p < shifted.count, shifted[p] <= j {
            var value = -s[Int(shifted[p])]
            if shifted[p] == j {
              value += byRows.storage[q]
              q += 1
            }
            indices.append(shifted[p])
            values.append(value)
            p += 1
          } else {
            indices.append(j)
            values.append(byRows.storage[q])
            q += 1
          }
        }
        offsets.append(indices.count)
      }
      return try LocalMatrix.sparse(
        SparseMatrix(unchecked: m, n, axis: .rows, offsets: offsets, indices: indices, values)
      ).compact()
    }
  }
}

/// A_i - 1 s^T.
enum RowShiftTask<S: Scalar>: MapTask {
  typealias Arguments = VectorTile<S>
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("row-shift", S.self) }

  static func run(_ s: VectorTile<S>, _ slab: LocalMatrix<S>, tile: Int) throws -> LocalMatrix<S> {
    guard s.elements.count == slab.columns else {
      throw CommunicationError.malformed(expected: "\(slab.columns) shifts, not \(s.elements.count)")
    }
    return try slab.subtractingFromRows(s.elements)
  }
}

/// R of (A_i - 1 s^T) D, up the reduction tree, without that matrix: a slab's is dense for as long as it is
/// factored. The arguments are s and the diagonal of D.
enum CentredTriangleTask<S: Scalar>: ReduceTask {
  typealias Arguments = [VectorTile<S>]
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("centred-triangle", S.self) }

  static func run(_ arguments: [VectorTile<S>], _ slab: LocalMatrix<S>, tile: Int) throws -> Triangle<S> {
    guard arguments.count == 2, arguments.allSatisfy({ $0.elements.count == slab.columns }) else {
      throw CommunicationError.malformed(expected: "shifts and scales of \(slab.columns) columns")
    }
    let dense = LocalMatrix.dense(try slab.dense(order: .rowMajor))
    let centred = try dense.subtractingFromRows(arguments[0].elements).dense()
    return try Triangle(ofSlab: centred.scalingColumns(by: arguments[1].elements))
  }

  static func combine(_ left: inout Triangle<S>, _ right: Triangle<S>, _: [VectorTile<S>]) throws {
    try left.join(right)
  }
}

/// A_i B - 1 c^T. The arguments are B, k x n, and below it c^T.
enum AffineProductTask<S: Scalar>: MapTask {
  typealias Arguments = [DenseMatrix<S>]
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("affine-product", S.self) }

  static func run(_ arguments: [DenseMatrix<S>], _ slab: LocalMatrix<S>, tile: Int) throws -> LocalMatrix<S> {
    guard arguments.count == 2, arguments[0].rows == slab.columns,
      arguments[1].shape == Shape(1, arguments[0].columns)
    else { throw CommunicationError.malformed(expected: "a factor of \(slab.columns) rows and a row") }
    return try (try slab * .dense(arguments[0])).subtractingFromRows(arguments[1].row(0))
  }
}
