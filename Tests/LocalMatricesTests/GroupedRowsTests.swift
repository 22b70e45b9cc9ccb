// Rows grouped by length are the same matrix, its products are those of compressed rows, and a panel's columns are
// multiplied to the same bits as each of them alone.

import TesseraLocalMatrices
import TesseraTestSupport
import Testing

private let shapes: [(Int, Int, Double)] = [
  (0, 0, 0), (0, 5, 0), (5, 0, 0), (1, 1, 1), (7, 3, 0), (3, 7, 0.5), (40, 12, 0.2), (257, 31, 0.1),
  (12, 40, 0.9), (31, 70_000, 0.0005),
]

@Suite struct GroupedRowsTests {
  @Test(arguments: ScalarKind.allCases) func groupingKeepsTheMatrix(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      for (number, (m, n, density)) in shapes.enumerated() {
        let a: SparseMatrix<S> = try random(m, n, density, seed: number)
        for source in [a, a.compressed(by: .columns), a.conjugated()] {
          let grouped = GroupedRows(source)
          #expect(grouped.sparse() == source.compressed(by: .rows), "\(m) x \(n)")
          #expect(zip(grouped.lengths, grouped.lengths.dropFirst()).allSatisfy { $0 < $1 })
          // What the checked initializer takes.
          let again = try GroupedRows(
            rows: m, columns: n, lengths: grouped.lengths, counts: grouped.counts, order: grouped.order,
            indices: grouped.indices, values: grouped.values)
          #expect(again == grouped)
        }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases) func productsMatchTheExactOnes(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      for (number, (m, n, density)) in shapes.enumerated() where n < 1000 {
        let a: SparseMatrix<S> = try random(m, n, density, seed: number)
        let (grouped, dense) = (GroupedRows(a), try a.dense())
        var generator = SeededGenerator(seed: number)
        for width in [1, 2, 3, 7, 8, 13, 16] {
          let (x, y) = (generator.dense(n, width, of: S.self), generator.dense(m, width, of: S.self))
          let product = grouped.product(x.elements(in: .rowMajor), width: width)
          let adjoint = grouped.adjointProduct(y.elements(in: .rowMajor), width: width)
          let (ax, ahy) = (panel(product, m, width), panel(adjoint, n, width))
          #expect(TestRatio.product(ax, ExactProduct(dense, x)) < 16, "A X, \(m) x \(n), \(width)")
          #expect(
            TestRatio.product(ahy, ExactProduct(dense.adjoint(), y)) < 16, "A^H Y, \(m) x \(n), \(width)")
          // The second half of the fused pass, from the first half as it was rounded.
          var sum = [S](repeating: 0, count: n * width)
          grouped.addGramProduct(x.elements(in: .rowMajor), width: width, to: &sum)
          #expect(
            TestRatio.product(panel(sum, n, width), ExactProduct(dense.adjoint(), ax)) < 16,
            "A^H A X, \(m) x \(n), \(width)")
        }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases) func aPanelsColumnsHaveTheBitsOfSingleVectors(scalar: ScalarKind)
    throws
  {
    func check<S: Scalar>(_: S.Type) throws {
      let (m, n) = (300, 41)
      let a: SparseMatrix<S> = try random(m, n, 0.15, seed: 3)
      let grouped = GroupedRows(a)
      var generator = SeededGenerator(seed: 4)
      for width in [2, 3, 5, 8, 11, 64, 71] {
        let x = generator.dense(n, width, of: S.self)
        let start: [S] = generator.vector(n * width)
        var panelSum = start
        grouped.addGramProduct(x.elements(in: .rowMajor), width: width, to: &panelSum)
        let product = panel(grouped.product(x.elements(in: .rowMajor), width: width), m, width)
        let compressed = try a * x
        for l in 0..<width {
          var sum = panel(start, n, width).column(l)
          grouped.addGramProduct(x.column(l), width: 1, to: &sum)
          #expect(panel(panelSum, n, width).column(l) == sum, "column \(l) of \(width)")
          // The products of compressed rows add the same terms in the same order.
          let single = try a * x.column(l)
          #expect(product.column(l) == single && compressed.column(l) == single, "column \(l) of \(width)")
          #expect(grouped.product(x.column(l), width: 1) == single)
        }
      }
    }
    try check(scalar.type)
  }

  @Test func damagedArraysAreRefused() throws {
    let order: [Int32] = [1, 0, 2]
    func refused(
      rows: Int = 3, columns: Int = 4, lengths: [Int] = [0, 2], counts: [Int] = [1, 2],
      order: [Int32] = [1, 0, 2], indices: GroupedRows<Double>.Indices = .narrow([0, 3, 1, 2]),
      values: [Double] = [1, 2, 3, 4]
    ) -> Bool {
      (try? GroupedRows(
        rows: rows, columns: columns, lengths: lengths, counts: counts, order: order, indices: indices,
        values: values)) == nil
    }
    #expect(!refused())
    #expect(refused(rows: 4) && refused(rows: -1) && refused(columns: 3) && refused(columns: 70_000))
    #expect(refused(lengths: [2, 0]) && refused(lengths: [0, 0]) && refused(lengths: [0]))
    #expect(refused(lengths: [-1, 2]) && refused(lengths: [0, 1]) && refused(lengths: [0, 5]))
    #expect(refused(counts: [0, 3]) && refused(counts: [-1, 4]) && refused(counts: [2, 1]))
    #expect(refused(order: [1, 1, 2]) && refused(order: [1, 0, 3]) && refused(order: [1, 0]))
    #expect(refused(order: Array(order.dropLast()) + [-1]))
    #expect(refused(indices: .narrow([3, 0, 1, 2])) && refused(indices: .narrow([0, 0, 1, 2])))
    #expect(refused(indices: .wide([0, 3, 1, 2])) && refused(indices: .narrow([0, 3, 1])))
    #expect(refused(values: [1, 2, 3]))
  }

  @Test func magnitudesAreThoseOfTheElementsOneByOne() {
    var generator = SeededGenerator(seed: 8)
    for count in [0, 1, 3, 4, 5, 4095, 4096, 10_001] {
      let values: [Double] = generator.vector(count)
      let found = finiteMagnitudes(values)
      let exact = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(found?.largest == values.reduce(0) { max($0, abs($1)) })
      let error = abs((found?.frobenius ?? .nan) - exact)
      #expect(error <= 2 * Double(count) * Double.ulpOfOne * exact, "\(count)")
    }
    for bad in [Double.nan, .infinity, 1e200, 1e-200] {
      #expect(finiteMagnitudes([0, bad, 0]) == nil)
    }
    #expect(finiteMagnitudes([1e-200, 1])?.largest == 1)
  }

  private func panel<S: Scalar>(_ elements: [S], _ rows: Int, _ width: Int) -> DenseMatrix<S> {
    DenseMatrix(rows: rows, columns: width) { elements[$0 * width + $1] }
  }

  private func random<S: Scalar>(_ m: Int, _ n: Int, _ density: Double, seed: Int) throws -> SparseMatrix<S> {
    try MatrixGenerator.sparse(Shape(m, n), density: density, seed: UInt64(seed))
  }
}
