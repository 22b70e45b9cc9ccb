// The four product kernels and matrix-vector products against three loops in twice the precision, below
// dblat3's 16 per element, in every representation of both operands; integers exactly; the BLAS with leading
// dimensions.

import TesseraLocalMatrices
import TesseraTestSupport
import Testing

private let sizes: [(Int, Int, Int)] =
  [0, 1, 2, 3, 5].flatMap { m in [0, 1, 3, 5].flatMap { k in [0, 1, 2, 5].map { (m, k, $0) } } }
  + [
    (10, 50, 3), (50, 3, 10), (3, 10, 50), (127, 5, 10), (10, 127, 5), (5, 10, 127), (33, 34, 35),
    (3, 7, 135),
  ]

@Suite struct ProductTests {
  @Test(arguments: ScalarKind.allCases)
  func everyKernelMatchesTheExactProduct(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 50)
      for (m, k, n) in sizes {
        let (sparseA, sparseB): (SparseMatrix<S>, SparseMatrix<S>) = (
          try generator.sparse(m, k, density: 0.5), try generator.sparse(k, n, density: 0.5)
        )
        let (a, b) = (try sparseA.dense(), try sparseB.dense())
        let exact = ExactProduct(a, b)
        func expect(_ c: DenseMatrix<S>) {
          #expect(c.shape == Shape(m, n) && TestRatio.product(c, exact) < 16, "\(m) x \(k) x \(n)")
        }
        for (left, sparseLeft) in zip(a.representations, sparseA.representations) {
          for (right, sparseRight) in zip(b.representations, sparseB.representations) {
            expect(try left * right)
            expect(try sparseLeft * right)
            expect(try left * sparseRight)
            let product = try sparseLeft * sparseRight
            expect(try product.dense())
            // The arrays of a result must be what the checked initializer takes.
            #expect(
              try SparseMatrix(
                rows: m, columns: n, axis: product.axis, offsets: product.offsets, indices: product.indices,
                values: product.values) == product)
          }
          if n > 0 {
            let x = b.column(0)
            let y = ExactProduct(a, DenseMatrix(rows: k, columns: 1) { i, _ in x[i] })
            for result in [try left * x, try sparseLeft * x] {
              #expect(TestRatio.product(DenseMatrix(rows: m, columns: 1) { i, _ in result[i] }, y) < 16)
            }
          }
        }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func integersMultiplyExactly(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 51)
      let a = DenseMatrix<S>(rows: 40, columns: 60) { _, _ in generator.integer() }
      let b = DenseMatrix<S>(rows: 60, columns: 30) { _, _ in generator.integer() }
      let exact = ExactProduct(a, b).product
      for (left, right) in zip(a.representations, b.representations) {
        #expect(try left * right == exact)
        #expect(try left.sparse() * right == exact)
        #expect(try left * right.sparse() == exact)
        #expect(try (left.sparse() * right.sparse()).dense() == exact)
      }
    }
    try check(scalar.type)
  }

  /// Rows of no product and of thousands stand beside each other, with room for all products and without.
  @Test(arguments: ScalarKind.allCases)
  func sparseRowsOfEveryLengthMultiplyExactly(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 53)
      let (k, n, perRow) = (300, 3000, 20)
      let b = DenseMatrix<S>(rows: k, columns: n) { i, j in
        (i * 7 + j) % (n / perRow) == 0 ? generator.integer() : 0
      }.sparse().compressed(by: .rows)
      for lengths in [
        [0, 1, 3, 3, 30, 3, 51, 52, 0, 2, 200, 300, 1, 60, 4], Array(repeating: 300, count: 90),
      ] {
        let a = DenseMatrix<S>(rows: lengths.count, columns: k) { i, j in
          j * 97 % k < lengths[i] ? generator.integer() + 5 : 0
        }.sparse().compressed(by: .rows)
        let c = try a * b
        #expect(try c.dense() == ExactProduct(try a.dense(), try b.dense()).product)
        #expect(
          try SparseMatrix(
            rows: c.rows, columns: n, axis: .rows, offsets: c.offsets, indices: c.indices, values: c.values)
            == c)
        // Each row as it is by itself.
        for i in lengths.indices {
          #expect(try a[i..<i + 1, 0..<k] * b == c[i..<i + 1, 0..<n])
        }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func notANumberSpreadsFromStoredEntries(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      let bad = DenseMatrix<S>([[1, S(real: .nan)], [0, 1]])
      let b = DenseMatrix<S>([[1, 2], [3, 4]])
      for c in [
        try bad * b, try bad.sparse() * b, try bad * b.sparse(), try (bad.sparse() * b.sparse()).dense(),
      ] {
        #expect(!c[0, 0].isFiniteNumber && !c[0, 1].isFiniteNumber && c[1, 0] == 3 && c[1, 1] == 4)
      }
      #expect(try !(bad * [1, 1])[0].isFiniteNumber && (bad * [1, 1])[1] == 1)
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func theBLASHonoursLeadingDimensions(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 52)
      // Matrices as the upper left parts of columns 9 long; what lies below must stay.
      let ld = 9
      let (m, n, k) = (4, 3, 5)
      let (x, y): ([S], [S]) = (
        (0..<ld * ld).map { _ in generator.integer() }, (0..<ld * ld).map { _ in generator.integer() }
      )
      func part(_ v: [S], _ rows: Int, _ columns: Int) -> DenseMatrix<S> {
        DenseMatrix(rows: rows, columns: columns) { v[$1 * ld + $0] }
      }
      func expect(_ c: [S], _ rows: Int, _ columns: Int, upper: Bool = false, _ expected: DenseMatrix<S>) {
        for q in c.indices {
          let (i, j) = (q % ld, q / ld)
          let inside = i < rows && j < columns && (!upper || i <= j)
          #expect(c[q] == (inside ? expected[i, j] : 1))
        }
      }
      let operations: [(MatrixOperation, (DenseMatrix<S>) -> DenseMatrix<S>)] = [
        (.identity, { $0 }), (.transpose, { $0.transposed() }), (.adjoint, { $0.adjoint() }),
      ]
      for (opA, formA) in operations {
        for (opB, formB) in operations {
          let a = formA(opA == .identity ? part(x, m, k) : part(x, k, m))
          let b = formB(opB == .identity ? part(y, k, n) : part(y, n, k))
          var c = [S](repeating: 1, count: ld * ld)
          S.gemm(opA, opB, m, n, k, 2, x, ld, y, ld, 3, &c, ld)
          expect(c, m, n, ExactProduct(a, b).product.map { 2 * $0 + 3 })
        }
        let stored = part(x, m, k)
        let a = formA(stored)
        var result = [S](repeating: 1, count: a.rows)
        S.gemv(opA, m, k, 2, x, ld, y, 3, &result)
        let vector = DenseMatrix(rows: a.columns, columns: 1) { i, _ in y[i] }
        #expect(result == ExactProduct(a, vector).product.column(0).map { 2 * $0 + 3 })
      }
      var gram = [S](repeating: 1, count: ld * ld)
      S.herk(.adjoint, k, m, x, ld, &gram, ld)
      let a = part(x, m, k)
      expect(gram, k, k, upper: true, ExactProduct(a.adjoint(), a).product.map { $0 + 1 })
      gram = [S](repeating: 1, count: ld * ld)
      S.herk(.identity, m, k, x, ld, &gram, ld)
      expect(gram, m, m, upper: true, ExactProduct(a, a.adjoint()).product.map { $0 + 1 })

      for left in [true, false] {
        for upper in [true, false] {
          for (op, form) in operations {
            let order = left ? m : n
            let triangle = DenseMatrix<S>(rows: order, columns: order) { i, j in
              i == j ? 1 : (i < j) == upper ? x[j * ld + i] : 0
            }
            var packed = x
            for i in 0..<order { packed[i * ld + i] = 1 }
            let solution = part(y, m, n)
            let product =
              left ? ExactProduct(form(triangle), solution) : ExactProduct(solution, form(triangle))
            var b = [S](repeating: 1, count: ld * ld)
            for j in 0..<n { for i in 0..<m { b[j * ld + i] = product.product[i, j] } }
            S.trsm(left: left, upper: upper, op, m, n, packed, ld, &b, ld)
            expect(b, m, n, solution)
          }
        }
      }
    }
    try check(scalar.type)
  }
}
