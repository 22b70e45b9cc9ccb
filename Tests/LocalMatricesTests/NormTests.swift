// Norms against their definitions, at the ends of the exponent range, and with NaN; BLAS level 1 on arrays.

import Numerics
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

@Suite struct NormTests {
  @Test(arguments: ScalarKind.allCases)
  func normsMatchTheirDefinitions(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 40)
      for (m, n) in [(0, 0), (0, 3), (3, 0), (1, 1), (4, 7), (7, 4)] {
        let sparse: SparseMatrix<S> = try generator.sparse(m, n, density: 0.6)
        let a = try sparse.dense()
        let moduli = (0..<m).map { i in (0..<n).map { a[i, $0].modulus } }
        let expected: [MatrixNorm: S.Real] = [
          .one: (0..<n).map { j in moduli.reduce(0) { $0 + $1[j] } }.max() ?? 0,
          .infinity: moduli.map { $0.reduce(0, +) }.max() ?? 0,
          .max: moduli.joined().max() ?? 0,
          .frobenius: .sqrt(moduli.joined().reduce(0) { $0 + $1 * $1 }),
        ]
        for kind in MatrixNorm.allCases {
          let value = try #require(expected[kind])
          let limit = 50 * S.Real.ulpOfOne * value
          for stored in a.representations { #expect((stored.norm(kind) - value).magnitude <= limit) }
          for stored in sparse.representations { #expect((stored.norm(kind) - value).magnitude <= limit) }
        }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func frobeniusNeitherOverflowsNorVanishes(scalar: ScalarKind) {
    func check<S: Scalar>(_: S.Type) {
      let huge = S.Real.greatestFiniteMagnitude / 8
      let tiny = S.Real.leastNonzeroMagnitude
      for (part, size) in [(huge, huge * 5), (tiny, tiny * 5), (1, 5)] {
        let a = DenseMatrix<S>([[S(real: 3 * part), S(real: 4 * part)]])
        #expect((a.norm() - size).magnitude <= 4 * size.ulp)
        #expect((a.sparse().norm() - size).magnitude <= 4 * size.ulp)
      }
      let mixed = DenseMatrix<S>([[S(real: tiny), S(real: huge), 0, S(real: tiny)]])
      #expect(mixed.norm() == huge)
    }
    check(scalar.type)
  }

  /// Float's 2^24 + 1 is 2^24: sums of more ones would stand still there.
  @Test func manyFloatsAreSummedToTheEnd() {
    let count = (1 << 24) + 1000
    let ones = DenseMatrix<Float>(rows: count, columns: 1) { _, _ in 1 }
    #expect(ones.norm(.one) == Float(count))
    #expect(ones.norm() == Float(count).squareRoot())
    let summary = LocalMatrix.dense(ones).summary()
    #expect(summary.sum == Float(count) && summary.frobenius == Float(count).squareRoot())
  }

  @Test(arguments: ScalarKind.allCases)
  func notANumberAndInfinityPassThrough(scalar: ScalarKind) {
    func check<S: Scalar>(_: S.Type) {
      for kind in MatrixNorm.allCases {
        for other in [S(real: 1), S(real: .infinity), 0] {
          #expect(DenseMatrix<S>([[other, S(real: .nan), other]]).norm(kind).isNaN)
          #expect(DenseMatrix<S>([[other], [S(real: .nan)], [other]]).sparse().norm(kind).isNaN)
        }
        #expect(DenseMatrix<S>([[1, S(real: -.infinity)]]).norm(kind) == .infinity)
      }
      if S.isComplex { #expect(DenseMatrix<S>([[S(real: 1, imaginary: .nan)]]).norm().isNaN) }
    }
    check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func vectorVerbsMatchTheirDefinitions(scalar: ScalarKind) {
    func check<S: Scalar>(_: S.Type) {
      var generator = SeededGenerator(seed: 41)
      for n in [0, 1, 2, 3, 17, 1000] {
        let x = (0..<n).map { _ in generator.integer() as S }
        var y = (0..<n).map { _ in generator.integer() as S }
        let alpha: S = generator.integer()
        #expect(dot(x, y) == zip(x, y).reduce(0) { $0 + $1.0.conjugate * $1.1 })
        #expect(dot(x, x).imaginaryPart == 0)
        let squares = x.reduce(0) { $0 + $1.modulus * $1.modulus }
        #expect((norm(x) - .sqrt(squares)).magnitude <= S.Real(n + 1) * .ulpOfOne * .sqrt(squares))
        let sum = zip(x, y).map { alpha * $0 + $1 }
        axpy(alpha, x, &y)
        #expect(y == sum)
        scale(alpha, &y)
        #expect(y == sum.map { alpha * $0 })
      }
      let huge = S(real: S.Real.greatestFiniteMagnitude / 4)
      #expect((norm([huge, huge, huge]) / (huge.realPart * .sqrt(3)) - 1).magnitude <= 4 * S.Real.ulpOfOne)
      #expect(norm([S(real: .nan), 1]).isNaN)
    }
    check(scalar.type)
  }
}
