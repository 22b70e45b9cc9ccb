// LU, Cholesky and least squares: dget02's and dqrt17's ratios below 30, and what each refuses.

import Numerics
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

private let solvable: [MatrixKind] = [
  .identity, .random, .graded, .illConditioned, .nearUnderflow, .nearOverflow,
]

@Suite struct SolveTests {
  @Test(arguments: ScalarKind.allCases, solvable)
  func luSolvesToWorkingPrecision(scalar: ScalarKind, kind: MatrixKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 8)
      for n in testOrders {
        let a: DenseMatrix<S> = kind.matrix(n, n, using: &generator)
        let b = try a * (generator.dense(n, 3) as DenseMatrix<S>)
        for stored in a.representations {
          let lu = try stored.lu()
          #expect(try TestRatio.solve(a, lu.solve(b), b) < 30, "order \(n)")
          #expect(try lu.residual(of: a) < 100 * S.Real.ulpOfOne)
          #expect(lu.lower.elements(in: .columnMajor).allSatisfy { $0.modulus < 1.5 })
          for right in b.representations { #expect(try lu.solve(right) == lu.solve(b)) }
          let one = DenseMatrix(rows: n, columns: 1) { i, _ in b[i, 1] }
          #expect(try TestRatio.solve(a, lu.solve(one), one) < 30)
        }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases, solvable)
  func choleskySolvesToWorkingPrecision(scalar: ScalarKind, kind: MatrixKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 9)
      for n in testOrders {
        // Rounding may leave the least eigenvalue negative: half of the largest more keeps the kind's scale.
        let graded: DenseMatrix<S> = kind.hermitian(n, positive: true, using: &generator)
        let shift = S(real: graded.norm(.max) / 2) * DenseMatrix(identity: n)
        let a = try graded + shift
        let b = try a * (generator.dense(n, 2) as DenseMatrix<S>)
        for stored in a.representations {
          let cholesky = try stored.cholesky()
          #expect(try TestRatio.solve(a, cholesky.solve(b), b) < 30, "order \(n)")
          #expect(try cholesky.residual(of: a) < 100 * S.Real.ulpOfOne)
          #expect(cholesky.lower.diagonal.allSatisfy { $0.realPart > 0 && $0.imaginaryPart == 0 })
          let one = DenseMatrix(rows: n, columns: 1) { i, _ in b[i, 1] }
          #expect(try TestRatio.solve(a, cholesky.solve(one), one) < 30)
        }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases, MatrixKind.allCases)
  func leastSquaresLeavesNoGradient(scalar: ScalarKind, kind: MatrixKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 10)
      for (m, n) in testShapes {
        let a: DenseMatrix<S> = kind.matrix(m, n, using: &generator)
        // Near the limits of the exponent b has A's scale: x must be representable.
        let size = S(real: kind == .random ? 1 : a.norm(.max))
        let b = size * (generator.dense(m, 2) as DenseMatrix<S>)
        let result = try a.leastSquares(b)
        #expect(result.solution.shape == Shape(n, 2))
        #expect(try TestRatio.leastSquares(a, result.solution, b) < 30, "\(m) x \(n)")
        if kind == .rankDeficient { #expect(result.rank == (min(m, n) + 1) / 2, "\(m) x \(n)") }
        if kind == .zero { #expect(result.rank == 0 && result.solution == DenseMatrix(zeros: n, 2)) }
        if kind == .identity || kind == .random { #expect(result.rank == min(m, n)) }
        let residual = try b - a * result.solution
        #expect(result.residualNorms == [norm(residual.column(0)), norm(residual.column(1))])
        #expect(try a.leastSquares(DenseMatrix(zeros: m, 0)).solution.shape == Shape(n, 0))
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func leastSquaresHasLeastNorm(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 11)
      for (m, n) in [(6, 15), (15, 6), (10, 10)] {
        let a: DenseMatrix<S> = MatrixKind.rankDeficient.matrix(m, n, using: &generator)
        let x = try a.leastSquares(generator.vector(m) as [S]).solution
        // The least-norm solution has no part in the null space of A: it equals V V^H x over A's range.
        let svd = try a.svd()
        let v = try svd.v[0..<n, 0..<svd.rank()]
        let difference = try v * (v.adjoint() * x) - x
        #expect(difference.norm() <= 100 * S.Real.ulpOfOne * x.norm())
      }
      let a: DenseMatrix<S> = MatrixKind.graded.matrix(10, 10, using: &generator)
      #expect(try a.leastSquares(a.column(0), tolerance: 0.5).rank == 1)
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func determinantsAgreeWithKnownOnes(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      let a = DenseMatrix<S>([[0, 2, 0], [1, 0, 0], [0, 0, 5]])
      #expect(try a.lu().determinant == -10)
      #expect(try a.lu().permutation == [1, 0, 2])
      #expect(try (a.lu().logAbsoluteDeterminant - .log(10)).magnitude < 8 * S.Real.ulpOfOne)
      #expect(try DenseMatrix<S>(zeros: 0, 0).lu().determinant == 1)
      let b = DenseMatrix<S>([[4, 2], [2, 5]])
      #expect(try (b.cholesky().logDeterminant - .log(16)).magnitude < 8 * S.Real.ulpOfOne)
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func singularAndIndefiniteMatricesAreRefused(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      let singular = DenseMatrix<S>([[1, 2, 0], [2, 4, 0], [0, 0, 3]])
      let lu = try singular.lu()
      #expect(lu.singularPivot == 1 && lu.determinant == 0)
      #expect(throws: LinearAlgebraError.singular(pivot: 1)) { try lu.solve([1, 2, 3]) }
      #expect(throws: LinearAlgebraError.singular(pivot: 0)) {
        try DenseMatrix<S>(zeros: 2, 2).lu().solve([1, 2])
      }
      let subnormal = S(real: S.Real.leastNormalMagnitude / 4) * DenseMatrix(identity: 2)
      #expect(throws: LinearAlgebraError.singular(pivot: 0)) { try subnormal.lu().solve([1, 2]) }
      #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 2)) { try singular.cholesky() }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func everyFactorizationNamesTheElementThatIsNotFinite(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      for bad in [S(real: .nan), S(real: -.infinity), S(real: 1, imaginary: .infinity)]
      where !bad.isFiniteNumber {
        var a = DenseMatrix<S>(identity: 5)
        a[1, 3] = bad
        a[0, 4] = bad
        for stored in a.representations {
          let expected = LinearAlgebraError.notFinite(row: 1, column: 3)
          #expect(throws: expected) { try stored.qr() }
          #expect(throws: expected) { try stored.pivotedQR() }
          #expect(throws: expected) { try stored.svd() }
          #expect(throws: expected) { try stored.singularValues() }
          #expect(throws: expected) { try stored.symmetricEigen() }
          #expect(throws: expected) { try stored.cholesky() }
          #expect(throws: expected) { try stored.lu() }
          #expect(throws: expected) { try stored.leastSquares([1, 2, 3, 4, 5]) }
          #expect(throws: expected) { try stored.sparse().sparseLU() }
          #expect(throws: expected) { try stored.sparse().sparseCholesky() }
          #expect(throws: expected) { try stored.sparse().sparseQR() }
        }
        let right = [1, bad, 3]
        let expected = LinearAlgebraError.notFinite(row: 1, column: 0)
        let identity = DenseMatrix<S>(identity: 3)
        #expect(throws: expected) { try identity.lu().solve(right) }
        #expect(throws: expected) { try identity.cholesky().solve(right) }
        #expect(throws: expected) { try identity.leastSquares(right) }
        #expect(throws: expected) { try identity.sparse().sparseLU().solve(right) }
        #expect(throws: expected) { try identity.sparse().sparseCholesky().solve(right) }
        #expect(throws: expected) { try identity.sparse().sparseLeastSquares(right) }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func overflowInsideAFactorizationIsAnErrorOrInfinite(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      let a = DenseMatrix<S>(rows: 8, columns: 8) {
        S(real: $0 == $1 ? -.greatestFiniteMagnitude : .greatestFiniteMagnitude)
      }
      // No trap and no finite nonsense: column norms overflow here.
      if let qr = try? a.qr() { #expect(!(try qr.residual(of: a) < 1)) }
      _ = try? a.pivotedQR()
      _ = try? a.lu().solve([S](repeating: 1, count: 8))
      _ = try? a.symmetricEigen()
      _ = try? a.svd()
      _ = try? a.leastSquares([S](repeating: 1, count: 8))
      _ = try? a.cholesky()
    }
    try check(scalar.type)
  }

  @Test func wrongShapesAreRefused() throws {
    let wide = DenseMatrix<Double>(zeros: 2, 3)
    let square = DenseMatrix<Double>(identity: 3)
    #expect(throws: LinearAlgebraError.self) { try wide.lu() }
    #expect(throws: LinearAlgebraError.self) { try wide.cholesky() }
    #expect(throws: LinearAlgebraError.self) { try wide.symmetricEigen() }
    #expect(throws: LinearAlgebraError.self) { try wide.sparse().sparseLU() }
    #expect(throws: LinearAlgebraError.self) { try wide.sparse().sparseCholesky() }
    #expect(throws: LinearAlgebraError.self) { try wide.leastSquares([1, 2, 3]) }
    #expect(throws: LinearAlgebraError.self) { try square.lu().solve([1, 2]) }
    #expect(throws: LinearAlgebraError.self) { try square.cholesky().solve(wide) }
    #expect(throws: LinearAlgebraError.self) { try square.sparse().sparseLU().solve([1, 2]) }
    #expect(throws: LinearAlgebraError.self) { try square.sparse().sparseLeastSquares([1, 2]) }
    #expect(throws: LinearAlgebraError.self) { try square.sparse().sparseQR().solve(wide) }
    #expect(throws: LinearAlgebraError.self) { try square.qr().residual(of: wide) }
    #expect(throws: LinearAlgebraError.self) { try square.lu().residual(of: wide) }
  }
}
