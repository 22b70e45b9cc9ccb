// A = Q R and A P = Q R: dqrt01's ratios below LAPACK's threshold of 30, exact structure, rank.

import TesseraLocalMatrices
import TesseraTestSupport
import Testing

@Suite struct QRTests {
  @Test(arguments: ScalarKind.allCases, MatrixKind.allCases)
  func factorsAreOrthonormalAndTriangular(scalar: ScalarKind, kind: MatrixKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 1)
      for (m, n) in testShapes {
        let a: DenseMatrix<S> = kind.matrix(m, n, using: &generator)
        let plain = try a.qr()
        try expectFactors(a, plain.q, plain.r)
        #expect(try plain.residual(of: a) < 100 * S.Real.ulpOfOne)
        #expect(try plain.orthogonality() < 100 * S.Real.ulpOfOne)

        let pivoted = try a.pivotedQR()
        #expect(pivoted.permutation.sorted() == Array(0..<n))
        let permuted = DenseMatrix(rows: m, columns: n) { a[$0, pivoted.permutation[$1]] }
        try expectFactors(permuted, pivoted.q, pivoted.r)
        #expect(try pivoted.residual(of: a) < 100 * S.Real.ulpOfOne)
        #expect(try pivoted.orthogonality() < 100 * S.Real.ulpOfOne)
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func pivotingRevealsTheRank(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 2)
      for (m, n) in testShapes {
        let deficient: DenseMatrix<S> = MatrixKind.rankDeficient.matrix(m, n, using: &generator)
        #expect(try deficient.pivotedQR().rank() == (min(m, n) + 1) / 2, "\(m) x \(n)")
        #expect(try DenseMatrix<S>(zeros: m, n).pivotedQR().rank() == 0)
        let full: DenseMatrix<S> = generator.dense(m, n)
        #expect(try full.pivotedQR().rank() == min(m, n))
        #expect(try full.pivotedQR().rank(tolerance: .greatestFiniteMagnitude) == 0)
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func storageDoesNotChangeTheFactors(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 3)
      let a: DenseMatrix<S> = generator.dense(7, 4)
      let expected = try a.qr()
      for stored in a.representations {
        let qr = try stored.qr()
        #expect(qr.q == expected.q && qr.r == expected.r)
        #expect(try stored.pivotedQR().r == a.pivotedQR().r)
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func reflectorsApplyAsTheExplicitFactor(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 17)
      let (m, n) = (9, 4)
      let a: DenseMatrix<S> = generator.dense(m, n)
      var (reflectors, tau) = (a.storage, [S](repeating: 0, count: n))
      #expect(S.geqrf(m, n, &reflectors, m, &tau) == 0)
      var c = a.storage
      #expect(S.ormqr(adjoint: true, m, n, n, reflectors, m, tau, &c, m) == 0)
      // Q^H A = R, and Q takes it back.
      let r = DenseMatrix<S>(rows: m, columns: n) { $0 <= $1 ? reflectors[$1 * m + $0] : 0 }
      #expect(try TestRatio.factors(r, DenseMatrix(rows: m, columns: n, elements: c), dimension: m) < 30)
      #expect(S.ormqr(adjoint: false, m, n, n, reflectors, m, tau, &c, m) == 0)
      #expect(try TestRatio.factors(a, DenseMatrix(rows: m, columns: n, elements: c), dimension: m) < 30)
    }
    try check(scalar.type)
  }

  @Test func residualRefusesAnotherShape() throws {
    let qr = try DenseMatrix<Double>([[1, 2], [3, 4]]).pivotedQR()
    #expect(throws: LinearAlgebraError.self) { try qr.residual(of: DenseMatrix(zeros: 2, 3)) }
  }
}

private func expectFactors<S: Scalar>(_ a: DenseMatrix<S>, _ q: DenseMatrix<S>, _ r: DenseMatrix<S>) throws {
  let (m, n) = (a.rows, a.columns)
  #expect(q.shape == Shape(m, min(m, n)) && r.shape == Shape(min(m, n), n))
  #expect(try TestRatio.factors(a, q * r, dimension: m) < 30, "\(m) x \(n)")
  #expect(try TestRatio.orthogonality(q) < 30, "\(m) x \(n)")
  var below = 0
  r.forEach { i, j, value in below += i > j && value != 0 ? 1 : 0 }
  #expect(below == 0)
  #expect(r.diagonal.allSatisfy { $0.realPart >= 0 && $0.imaginaryPart == 0 })
}
