// A = U S V^H and A = Z D Z^H: ddrvbd's ratios below 35, sep's below 60, known singular values and
// eigenvalues.

import TesseraLocalMatrices
import TesseraTestSupport
import Testing

@Suite struct SVDTests {
  @Test(arguments: ScalarKind.allCases, MatrixKind.allCases)
  func factorsReproduceTheMatrix(scalar: ScalarKind, kind: MatrixKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 4)
      for (m, n) in testShapes {
        let a: DenseMatrix<S> = kind.matrix(m, n, using: &generator)
        let svd = try a.svd()
        let s = svd.singularValues
        let k = min(m, n)
        #expect(svd.u.shape == Shape(m, k) && svd.v.shape == Shape(n, k) && s.count == k)
        #expect(zip(s, s.dropFirst()).allSatisfy { $0 >= $1 } && s.allSatisfy { $0 >= 0 })
        let scaled = DenseMatrix(rows: m, columns: k) { svd.u[$0, $1] * S(real: s[$1]) }
        // ulp = 2u: a ratio of 35 ulp is one of 70 u.
        let product = try scaled * svd.v.adjoint()
        #expect(try TestRatio.factors(a, product, dimension: max(m, n)) < 70, "\(m) x \(n)")
        #expect(try TestRatio.orthogonality(svd.u) < 70)
        #expect(try TestRatio.orthogonality(svd.v) < 70)
        #expect(try svd.residual(of: a) < 100 * S.Real.ulpOfOne)
        #expect(try svd.orthogonality() < 100 * S.Real.ulpOfOne)

        let limit = 35 * S.Real(max(m, n)) * S.Real.ulpOfOne * (s.first ?? 0)
        let alone = try a.singularValues()
        #expect(zip(alone, s).allSatisfy { ($0 - $1).magnitude <= limit })
        let known = kind.singularValues(k, S.Real.self) ?? s
        #expect(zip(known, s).allSatisfy { ($0 - $1).magnitude <= limit }, "\(m) x \(n)")
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func rankCountsSingularValues(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 5)
      let a: DenseMatrix<S> = MatrixKind.rankDeficient.matrix(20, 12, using: &generator)
      #expect(try a.svd().rank() == 6)
      #expect(try a.svd().rank(tolerance: 0.4) == 2)
      #expect(try DenseMatrix<S>(zeros: 3, 0).svd().rank() == 0)
    }
    try check(scalar.type)
  }
}

@Suite struct SymmetricEigenTests {
  @Test(arguments: ScalarKind.allCases, MatrixKind.allCases)
  func factorsReproduceTheMatrix(scalar: ScalarKind, kind: MatrixKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 6)
      for n in testOrders {
        let a: DenseMatrix<S> = kind.hermitian(n, using: &generator)
        let eigen = try a.symmetricEigen()
        let (d, z) = (eigen.eigenvalues, eigen.eigenvectors)
        #expect(d.count == n && z.shape == Shape(n, n))
        #expect(zip(d, d.dropFirst()).allSatisfy { $0 <= $1 })
        let scaled = DenseMatrix(rows: n, columns: n) { z[$0, $1] * S(real: d[$1]) }
        #expect(try TestRatio.factors(a, scaled * z.adjoint(), dimension: n) < 120, "order \(n)")
        #expect(try TestRatio.orthogonality(z) < 120, "order \(n)")
        #expect(try eigen.residual(of: a) < 100 * S.Real.ulpOfOne)
        #expect(try eigen.orthogonality() < 100 * S.Real.ulpOfOne)
        if let sizes = kind.singularValues(n, S.Real.self) {
          let known = sizes.enumerated().map { kind == .identity || $0 % 2 == 0 ? $1 : -$1 }.sorted()
          let limit = 60 * S.Real(n) * S.Real.ulpOfOne * (sizes.first ?? 0)
          if kind != .identity {
            #expect(zip(known, d).allSatisfy { ($0 - $1).magnitude <= limit }, "order \(n)")
          }
        }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases, MatrixKind.allCases)
  func theLargestPairsAreThoseOfAll(scalar: ScalarKind, kind: MatrixKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 8)
      for (n, counts) in [(0, [0]), (1, [1]), (10, [0, 3, 10]), (60, [1, 5, 12, 13, 60]), (150, [4])] {
        let a: DenseMatrix<S> = kind.hermitian(n, using: &generator)
        let all = try a.symmetricEigen().eigenvalues
        for count in counts {
          let (values, vectors) = try a.largestEigenpairs(count)
          let name = "\(count) of order \(n)"
          #expect(values.count == count && vectors.shape == Shape(n, count), "\(name)")
          let limit = 60 * S.Real(n) * S.Real.ulpOfOne * (all.map(\.magnitude).max() ?? 0)
          for (value, expected) in zip(values, all.reversed()) {
            #expect((value - expected).magnitude <= limit, "\(name)")
          }
          let scaled = DenseMatrix(rows: n, columns: count) { vectors[$0, $1] * S(real: values[$1]) }
          #expect(try TestRatio.orthogonality(vectors) < 120, "\(name)")
          #expect(try (a * vectors - scaled).norm(.max) <= limit, "\(name)")
        }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func onlyTheUpperTriangleIsRead(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 7)
      let a: DenseMatrix<S> = MatrixKind.graded.hermitian(9, positive: true, using: &generator)
      let shifted = try a + DenseMatrix(identity: 9)
      let upper = DenseMatrix(rows: 9, columns: 9) { i, j in
        i > j ? S(real: .nan) : i == j ? S(real: shifted[i, j].realPart, imaginary: 5) : shifted[i, j]
      }
      for stored in upper.representations {
        #expect(try stored.symmetricEigen().eigenvalues == shifted.symmetricEigen().eigenvalues)
        #expect(try stored.cholesky().lower == shifted.cholesky().lower)
      }
    }
    try check(scalar.type)
  }

  @Test func theWorkspaceFitsLargerOrdersInSinglePrecision() throws {
    // 2n^2 passes 2^24 here: a workspace size handed over as a Float would be rounded, possibly down.
    let n = 2901
    let a = DenseMatrix<Float>(rows: n, columns: n) { $0 == $1 ? Float($0) : 0 }
    #expect(try a.symmetricEigen().eigenvalues == (0..<n).map { Float($0) })
  }
}
