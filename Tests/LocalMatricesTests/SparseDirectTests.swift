// Sparse LU, Cholesky and QR: the ratios of their dense counterparts, on random patterns and on the
// five-point Laplacian, and what each refuses.

import TesseraLocalMatrices
import TesseraTestSupport
import Testing

@Suite struct SparseDirectTests {
  @Test(arguments: ScalarKind.allCases, [-1, 0, 1])
  func luSolvesToWorkingPrecision(scalar: ScalarKind, scale: Int) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 12)
      for n in [0, 1, 2, 3, 10, 50, 127] {
        // A random pattern with a permuted diagonal is structurally nonsingular.
        var entries = try (generator.sparse(n, n, density: 0.05) as SparseMatrix<S>).triplets()
        for i in 0..<n { entries.append(i, (i * 7 + 3) % max(1, n), generator.scalar() + 3) }
        guard n % 7 != 0 || n == 0 else { continue }
        let a = power(scale) * (try entries.compressed())
        let dense = try a.dense()
        let b = try dense * (generator.dense(n, 2) as DenseMatrix<S>)
        for stored in a.representations {
          let lu = try stored.sparseLU()
          #expect(try TestRatio.solve(dense, lu.solve(b), b) < 30, "order \(n)")
          #expect(try lu.solve(b.column(1)) == lu.solve(b).column(1))
          #expect(lu.factorNonzeroCount >= n)
          #expect(lu.pivotRatio > 0 && lu.pivotRatio <= 1)
          for right in b.representations { #expect(try lu.solve(right) == lu.solve(b)) }
        }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases, [-1, 0, 1])
  func choleskySolvesTheLaplacian(scalar: ScalarKind, scale: Int) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 13)
      for side in [0, 1, 2, 3, 11] {
        let a = power(scale) * (try laplacian(side) as SparseMatrix<S>)
        let dense = try a.dense()
        let b = try dense * (generator.dense(side * side, 2) as DenseMatrix<S>)
        for stored in a.representations {
          let cholesky = try stored.sparseCholesky()
          #expect(try TestRatio.solve(dense, cholesky.solve(b), b) < 30, "side \(side)")
          #expect(try cholesky.solve(b.column(0)) == cholesky.solve(b).column(0))
        }
        // Only the upper triangle counts.
        var entries = try TripletMatrix<S>(rows: a.rows, columns: a.rows)
        a.forEach { i, j, value in entries.append(i, j, i > j ? 77 : value) }
        let upper = try entries.compressed().sparseCholesky()
        #expect(try upper.solve(b) == a.sparseCholesky().solve(b))
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases, [-1, 0, 1])
  func leastSquaresLeavesNoGradientAndHasLeastNorm(scalar: ScalarKind, scale: Int) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 14)
      for (m, n) in [(1, 1), (5, 2), (2, 5), (60, 20), (20, 60), (30, 30)] {
        var entries = try (generator.sparse(m, n, density: 0.1) as SparseMatrix<S>).triplets()
        for i in 0..<min(m, n) { entries.append(i, i, 2) }
        let a = power(scale) * (try entries.compressed())
        let dense = try a.dense()
        let b = power(scale) * (generator.dense(m, 2) as DenseMatrix<S>)
        let reference = try dense.leastSquares(b).solution
        for stored in a.representations {
          let x = try stored.sparseLeastSquares(b)
          #expect(try TestRatio.leastSquares(dense, x, b) < 30, "\(m) x \(n)")
          #expect((try x - reference).norm() <= 1000 * S.Real.ulpOfOne * reference.norm(), "\(m) x \(n)")
          #expect(try stored.sparseLeastSquares(b.column(1)) == x.column(1))
        }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func emptyShapesHaveZeroSolutions(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      #expect(try SparseMatrix<S>(zeros: 0, 3).sparseLeastSquares([]) == [0, 0, 0])
      #expect(try SparseMatrix<S>(zeros: 3, 0).sparseLeastSquares([1, 2, 3]) == [])
      #expect(try SparseMatrix<S>(zeros: 0, 0).sparseLU().solve([]) == [])
      #expect(try SparseMatrix<S>(zeros: 0, 0).sparseCholesky().solve([]) == [])
      #expect(throws: LinearAlgebraError.self) { try SparseMatrix<S>(zeros: 0, 0).sparseLU().solve([1]) }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func singularAndIndefiniteMatricesAreRefused(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      let emptyColumn = DenseMatrix<S>([[1, 0, 2], [3, 0, 4], [5, 0, 7]]).sparse()
      #expect(throws: LinearAlgebraError.singular(pivot: 1)) { try emptyColumn.sparseLU() }
      #expect(throws: LinearAlgebraError.singular(pivot: 1)) { try emptyColumn.sparseQR() }
      #expect(throws: LinearAlgebraError.self) { try emptyColumn.transposed().sparseQR() }
      let emptyRow = DenseMatrix<S>([[1, 3, 5, 1], [0, 0, 0, 0], [2, 4, 7, 2]]).sparse()
      #expect(throws: LinearAlgebraError.singular(pivot: 1)) { try emptyRow.sparseQR() }
      #expect(throws: LinearAlgebraError.self) { try SparseMatrix<S>(zeros: 4, 4).sparseLU() }
      #expect(throws: LinearAlgebraError.self) { try SparseMatrix<S>(zeros: 4, 2).sparseQR() }
      let dependent = DenseMatrix<S>([[1, 2, 0], [2, 4, 0], [0, 0, 3], [1, 2, 1]])
      #expect(throws: LinearAlgebraError.self) { try dependent.sparse().sparseQR() }
      #expect(throws: LinearAlgebraError.self) { try dependent.adjoint().sparse().sparseQR() }
      #expect(throws: LinearAlgebraError.self) { try dependent[0..<3, 0..<3].sparse().sparseLU() }
      let negative = DenseMatrix<S>([[1, 0, 0], [0, -2, 0], [0, 0, 3]]).sparse()
      #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 2)) { try negative.sparseCholesky() }
      let indefinite = DenseMatrix<S>([[1, 2], [2, 1]]).sparse()
      #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 2)) { try indefinite.sparseCholesky() }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func rankDeficientMatricesAreNeverSolvedInSilence(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 15)
      for _ in 0..<20 {
        // Column 3 is a combination of two others, so rounding leaves a tiny r_kk, not a zero.
        let a: SparseMatrix<S> = try generator.sparse(30, 8, density: 0.4)
        let (x, y): (S, S) = (generator.scalar(), generator.scalar())
        let deficient = DenseMatrix(rows: 30, columns: 8) { i, j in
          j == 3 ? x * a[i, 0] + y * a[i, 5] : a[i, j]
        }
        #expect(throws: LinearAlgebraError.self) { try deficient.sparse().sparseQR() }
        #expect(throws: LinearAlgebraError.self) { try deficient.transposed().sparse().sparseQR() }
      }
    }
    try check(scalar.type)
  }

  @Test func factorsServeSeveralThreads() async throws {
    let a: SparseMatrix<Double> = try laplacian(30)
    let b = (0..<a.rows).map { Double($0 % 13) }
    let lu = try a.sparseLU()
    let expected = try lu.solve(b)
    try await withThrowingTaskGroup(of: [Double].self) { group in
      for _ in 0..<8 { group.addTask { try lu.solve(b) } }
      for try await x in group { #expect(x == expected) }
    }
  }
}

/// 2^-500, 1 or 2^500 (2^-60, 1 or 2^60 in single precision).
private func power<S: Scalar>(_ sign: Int) -> S {
  let exponent = S.Real.kind == .float ? 60 : 500
  return S(real: S.Real(sign: .plus, exponent: S.Real.Exponent(sign * exponent), significand: 1))
}

/// The five-point Laplacian on a square grid; with imaginary couplings for a complex scalar.
private func laplacian<S: Scalar>(_ side: Int) throws -> SparseMatrix<S> {
  var entries = try TripletMatrix<S>(rows: side * side, columns: side * side)
  let coupling = S.isComplex ? S(real: 0, imaginary: -1) : -1
  for i in 0..<side {
    for j in 0..<side {
      let p = i * side + j
      entries.append(p, p, 4)
      for q in [i + 1 < side ? p + side : -1, j + 1 < side ? p + 1 : -1] where q >= 0 {
        entries.append(p, q, coupling)
        entries.append(q, p, coupling.conjugate)
      }
    }
  }
  return try entries.compressed()
}
