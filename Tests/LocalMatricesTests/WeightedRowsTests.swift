// Sums over weighted rows have the bits of the plain loop, whatever the number of columns; the packed Gram matrix of a
// sparse matrix is that of the dense one.

import TesseraTestSupport
import Testing

@testable import TesseraLocalMatrices

@Suite struct WeightedRowsTests {
  @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 31])
  func everyColumnIsSummedRowAfterRow(columns: Int) {
    var generator = SeededGenerator(seed: 300 + columns)
    for rows in [1, 2, 9, 40] {
      let x = (0..<rows * columns).map { $0 % 5 == 0 ? 0 : generator.scalar(Double.self) }
      let weights = (0..<rows).map { 1 + Double($0 % 3) / 4 }
      let mean = (0..<columns).map { _ in generator.scalar(Double.self) }
      x.withUnsafeBufferPointer { x in
        let found = WeightedRows(x, columns: columns, weights: weights)
        let (sums, deviations, extremes) = (found.sums(), found.deviations(from: mean), found.extremes())
        for j in 0..<columns {
          let column = (0..<rows).map { x[$0 * columns + j] }
          var (sum, deviation, square, magnitude) = (0.0, 0.0, 0.0, 0.0)
          for (value, weight) in zip(column, weights) {
            let weighted = weight * (value - mean[j])
            sum += weight * value
            deviation += weighted
            square += weighted * (value - mean[j])
            magnitude += weight * value.magnitude
          }
          #expect(sums[j] == sum && deviations.sums[j] == deviation && deviations.squares[j] == square)
          #expect(extremes.minimum[j] == column.min() && extremes.maximum[j] == column.max())
          #expect(extremes.magnitudes[j] == magnitude && extremes.nonzeros[j] == column.count { $0 != 0 })
        }
      }
    }
  }

  @Test(arguments: ScalarKind.allCases)
  func theGramMatrixOfASparseMatrixIsThatOfItsElements(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 301)
      for (m, n) in [(0, 3), (3, 0), (1, 1), (40, 7), (7, 40)] {
        let sparse: SparseMatrix<S> = try generator.sparse(m, n, density: 0.4)
        let dense = try sparse.dense()
        for a in [sparse, sparse.compressed(by: .columns), sparse.conjugated()] {
          let exact = try a.dense().adjoint() * a.dense()
          let packed = try LocalMatrix.sparse(a).packedGram()
          #expect(packed.count == n * (n + 1) / 2)
          for j in 0..<n {
            for i in 0...j {
              let bound =
                S.Real(4 * max(1, m)) * S.Real.ulpOfOne * max(1, dense.norm(.max) * dense.norm(.max))
              #expect((packed[i + j * (j + 1) / 2] - exact[i, j]).modulus <= bound, "\(m) x \(n)")
            }
          }
        }
      }
    }
    try check(scalar.type)
  }
}
