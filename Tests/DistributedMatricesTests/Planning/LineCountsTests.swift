// What the operands say of how unevenly they lie bounds the multiply-adds of every unit product, however their tiles
// are cut; it is exact for even operands and for A A^T; and counting takes no longer for a matrix that is large and
// nearly empty.

import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

@testable import TesseraDistributedMatrices

/// An operand's units.
private func content(_ a: ProductOperand<Double>, _ rows: Cuts, _ columns: Cuts, isLeft: Bool) async throws
  -> [UnitContent]
{
  a.map(try await a.survey(rows, columns, linesOf: isLeft ? .left : .right), rows, columns)
    .contentByUnit(isLeft: isLeft)
}

/// A and B as tiles of every kind: cut by rows, in blocks, stored by columns, as lists in a grid and in any order.
private func operands(_ a: SparseMatrix<Double>) throws -> [ProductOperand<Double>] {
  let entries = a.triplets()
  var chunks = [TripletMatrix<Double>](
    repeating: try TripletMatrix(rows: a.rows, columns: a.columns), count: 3)
  var q = 0
  entries.forEach { i, j, value in
    chunks[q % 3].append(i, j, value)
    q += 1
  }
  return try [MatrixType.row, .block, .coordinate, .localSparse].map {
    try ProductOperand(.sparse(a), as: $0, partitions: 4, blockSize: 7)
  } + [
    ProductOperand(.sparse(a.compressed(by: .columns))),
    ProductOperand(
      .unplacedEntries(chunks), Layout(Partitioning(whole: a.rows, a.columns), layers: 3), on: nil),
  ]
}

@Suite struct LineCountsTests {
  @Test(arguments: 0..<4) func noUnitProductHasMoreMultiplyAdds(seed: Int) async throws {
    var generator = SeededGenerator(seed: seed)
    let density = [0.02, 0.1, 0.5, 1][seed]
    let a: SparseMatrix<Double> = try generator.sparse(23, 31, density: density)
    let b: SparseMatrix<Double> = try generator.sparse(31, 19, density: 0.1)
    let (rows, inner, columns) = (
      Cuts(even: 23, parts: 3), Cuts(even: 31, parts: 2), Cuts(even: 19, parts: 4)
    )
    var inA = [[Int]](repeating: [Int](repeating: 0, count: 31), count: rows.count)
    a.forEach { i, j, _ in inA[rows.piece(holding: i)][j] += 1 }
    var inB = [[Int]](repeating: [Int](repeating: 0, count: 31), count: columns.count)
    b.forEach { i, j, _ in inB[columns.piece(holding: j)][i] += 1 }
    for left in try operands(a) {
      let x = try await content(left, rows, inner, isLeft: true)
      for right in try operands(b) {
        let y = try await content(right, inner, columns, isLeft: false)
        for r in 0..<rows.count {
          for k in 0..<inner.count {
            for c in 0..<columns.count {
              let exact = inner[k].reduce(0) { $0 + inA[r][$1] * inB[c][$1] }
              let most = x[r * inner.count + k].mostProducts(
                y[k * columns.count + c], rows: rows[r].count, columns: columns[c].count)
              #expect(Double(exact) <= most, "unit \(r), \(k), \(c)")
            }
          }
        }
      }
    }
  }

  @Test func theBoundIsExactForEvenOperandsAndForAProductWithTheTranspose() async throws {
    var generator = SeededGenerator(seed: 5)
    let (rows, inner) = (Cuts(even: 40, parts: 1), Cuts(even: 50, parts: 1))
    var band = try TripletMatrix<Double>(rows: 40, columns: 50)
    for j in 0..<50 { for d in 0..<3 { band.append((j + d) % 40, j, 1) } }
    for (a, exact) in [
      (try band.compressed(by: .rows), 50 * 9), (try generator.sparse(40, 50, density: 0.2), nil),
    ] as [(SparseMatrix<Double>, Int?)] {
      var counts = [Int](repeating: 0, count: 50)
      a.forEach { _, j, _ in counts[j] += 1 }
      let x = try await content(ProductOperand(.sparse(a)), rows, inner, isLeft: true)
      let y = try await content(ProductOperand(.sparse(a.transposed())), inner, rows, isLeft: false)
      #expect(
        x[0].mostProducts(y[0], rows: 40, columns: 40) == Double(exact ?? counts.reduce(0) { $0 + $1 * $1 }))
    }
  }

  @Test func aLargeAndNearlyEmptyMatrixIsCountedByItsElements() async throws {
    let n = 1_000_000_000
    var entries = try TripletMatrix<Double>(rows: n, columns: n)
    entries.append(7, n - 1, 1)
    entries.append(n - 1, n - 1, 1)
    let operand = ProductOperand<Double>(
      .unplacedEntries([entries]), Layout(Partitioning(whole: n, n)), on: nil)
    let (halves, whole) = (Cuts(even: n, parts: 2), Cuts(even: n, parts: 1))
    for (rows, most) in [(whole, [4.0]), (halves, [1, 1])] {
      let found = try await content(operand, rows, whole, isLeft: true)
      let other = try await content(
        ProductOperand(
          .unplacedEntries([entries]), Layout(Partitioning(whole: n, n), view: .transpose), on: nil),
        whole, rows, isLeft: false)
      #expect(zip(found, other).map { $0.mostProducts($1, rows: n, columns: n) } == most)
    }
  }
}
