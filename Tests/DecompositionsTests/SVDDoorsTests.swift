// One front door for every kind of matrix: distributed, on the driver, or known by its products alone.

import Numerics
import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

/// A matrix of which only the products with vectors can be asked for.
private struct Opaque<S: Scalar>: LinearOperator {
  let matrix: any LinearOperator<S>
  var shape: Shape { matrix.shape }
  func apply(_ x: [S]) async throws -> RangeVector<S> { try await matrix.apply(x) }
  func applyAdjoint(_ y: RangeVector<S>) async throws -> [S] { try await matrix.applyAdjoint(y) }
}

private func collected<S: Scalar>(_ vectors: [RangeVector<S>], rows: Int) async throws -> DenseMatrix<S> {
  var elements: [S] = []
  for vector in vectors { elements += try await vector.collect() }
  return try DenseMatrix(rows: rows, columns: vectors.count, elements: elements)
}

/// Values, and |A V - U S| and |A^H U - V S| as the residuals say.
private func check<S: Scalar, Left>(
  _ svd: PartialSVD<S, Left>, _ left: DenseMatrix<S>?, of a: DenseMatrix<S>, _ expected: [S.Real],
  _ name: String
) throws {
  let accuracy = max(1e-10, 200 * S.Real.ulpOfOne)
  #expect(svd.converged && svd.unresolved == 0, "\(name)")
  #expect(svd.method != .auto && !svd.reason.isEmpty, "\(name)")
  #expect(svd.orthogonality <= 100 * S.Real.ulpOfOne, "\(svd.orthogonality), \(name)")
  let largest = expected.first ?? 0
  for (value, reference) in zip(svd.singularValues, expected) {
    #expect((value - reference).magnitude <= accuracy * largest, "\(value) for \(reference), \(name)")
  }
  guard let left else {
    Issue.record("no left vectors, \(name)")
    return
  }
  let r = svd.singularValues.count
  #expect(left.shape == Shape(a.rows, r) && svd.right.shape == Shape(a.columns, r), "\(name)")
  guard left.shape == Shape(a.rows, r), svd.right.shape == Shape(a.columns, r) else { return }
  #expect(try TestRatio.orthogonality(left) < 60, "\(name)")
  let scales = svd.singularValues.map { S(real: $0) }
  let defects = [
    try a * svd.right - left.scalingColumns(by: scales),
    try a.adjoint() * left - svd.right.scalingColumns(by: scales),
  ]
  for j in 0..<r {
    let defect = S.Real.hypot(norm(defects[0].column(j)), norm(defects[1].column(j)))
    #expect(defect <= 100 * accuracy * largest, "residual \(j) is \(defect), \(name)")
  }
}

@Suite(.timeLimit(.minutes(30))) struct SVDDoorsTests {
  @Test(arguments: ScalarKind.allCases, [(31, 20), (20, 31), (40, 40)])
  func everyKindOfMatrixHasTheSameTriplets(scalar: ScalarKind, shape: (Int, Int)) async throws {
    func run<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 200)
      let sparse: SparseMatrix<S> = try generator.sparse(shape.0, shape.1, density: 0.3)
      let a = try sparse.dense()
      let expected = try a.singularValues()
      let count = 4
      let local = [
        try await a.svd(count: count, leftVectors: true),
        try await sparse.svd(count: count, leftVectors: true),
      ]
      for svd in local { try check(svd, svd.left, of: a, expected, "on the driver, \(S.kind)") }
      for way in [Way.messagePassing, .dataflow] {
        try await withCluster(workers: 3, way: way, registry: .distributedMatrices) { cluster in
          let rows = try await RowMatrix(.sparse(sparse), partitions: 5, on: cluster)
          let blocks = try await BlockMatrix(.sparse(sparse), blockSize: 11, on: cluster)
          let entries = try await rows.coordinateMatrix()
          for (name, svd) in [
            ("rows", try await rows.svd(count: count, leftVectors: true)),
            ("blocks", try await blocks.svd(count: count, leftVectors: true)),
            ("entries", try await entries.svd(count: count, leftVectors: true)),
          ] {
            try check(svd, try await svd.left?.collect().dense(), of: a, expected, "\(name), \(S.kind)")
          }
          for operand in [rows, blocks, entries, a, sparse] as [any LinearOperator<S>] {
            for method in [SVDMethod.auto, .lanczos, .randomized, .dense] {
              let svd = try await Opaque(matrix: operand).svd(count: count, method: method, leftVectors: true)
              let left = try await collected(svd.left ?? [], rows: shape.0)
              try check(svd, left, of: a, expected, "\(method) of \(type(of: operand))")
              #expect(svd.frobeniusNorm.isNaN)
            }
          }
        }
      }
    }
    try await run(scalar.type)
  }

  @Test(arguments: SVDMethod.allCases, MatrixKind.allCases)
  func aMatrixOnTheDriverIsDecomposedAsOneInSlabs(method: SVDMethod, kind: MatrixKind) async throws {
    var generator = SeededGenerator(seed: 201)
    for (m, n) in [(30, 12), (12, 30), (1, 4), (5, 5)] {
      let a: DenseMatrix<Double> = kind.matrix(m, n, using: &generator)
      let expected = try a.singularValues()
      let count = min(3, min(m, n))
      guard method != .lanczos || count + 2 <= min(m, n) else { continue }
      let svd = try await a.svd(count: count, method: method, leftVectors: true)
      for (value, reference) in zip(svd.singularValues, expected) {
        let accuracy = method.squares ? 1e-7 : 35 * Double(max(m, n)) * Double.ulpOfOne
        #expect((value - reference).magnitude <= accuracy * expected[0], "\(method), \(kind)")
      }
      if !method.squares { #expect(svd.converged, "\(method), \(kind)") }
      #expect(svd.left?.shape == Shape(m, svd.singularValues.count))
      #expect(svd.orthogonality < 1e-12)
    }
  }

  @Test func rankDeficientAndScaledOperatorsAreDecomposedToo() async throws {
    var generator = SeededGenerator(seed: 202)
    let a: DenseMatrix<Double> = MatrixKind.rankDeficient.matrix(40, 10, using: &generator)
    let expected = try a.singularValues()
    for exponent in [-500, 0, 500] {
      let factor = Double(sign: .plus, exponent: exponent, significand: 1)
      let operand = Opaque<Double>(matrix: a.map { factor * $0 })
      for (method, count) in [(SVDMethod.dense, 10), (.lanczos, 3), (.auto, 8)] {
        let svd = try await operand.svd(count: count, method: method, leftVectors: true)
        #expect(svd.converged && svd.singularValues.count == count)
        for (value, reference) in zip(svd.singularValues, expected) {
          #expect((value / factor - reference).magnitude <= 1e-10 * expected[0], "\(method), 2^\(exponent)")
        }
        #expect(svd.orthogonality < 1e-13, "\(method), 2^\(exponent)")
      }
    }
    let zero = try await Opaque<Double>(matrix: DenseMatrix(zeros: 7, 5)).svd(count: 3, leftVectors: true)
    #expect(zero.singularValues == [0, 0, 0] && zero.converged && zero.left?.count == 3)
  }

  @Test func whatAnOperatorCannotDoIsRefused() async throws {
    let operand = Opaque<Double>(matrix: DenseMatrix<Double>(rows: 6, columns: 4) { Double($0 * $1 + 1) })
    for method in [SVDMethod.gram, .tsqr] {
      await #expect(throws: LinearAlgebraError.self) { try await operand.svd(count: 2, method: method) }
    }
    await #expect(throws: LinearAlgebraError.self) { try await operand.svd(count: 3, method: .lanczos) }
    let broken = Opaque<Double>(
      matrix: DenseMatrix<Double>(rows: 6, columns: 4) { $0 == 3 ? .nan : Double($1) })
    await #expect(throws: LinearAlgebraError.self) { try await broken.svd(count: 2) }
  }

  @Test func whatSquaringHidesIsCountedAndNotPrinted() async throws {
    var generator = SeededGenerator(seed: 203)
    let a: DenseMatrix<Double> = MatrixKind.graded.matrix(300, 60, using: &generator)
    let expected = try a.singularValues()
    let forced = try await a.svd(count: 40, method: .gram)
    #expect(!forced.converged && forced.unresolved > 0 && forced.singularValues.count > 20)
    #expect(forced.unresolved + forced.singularValues.count == 40)
    for (k, value) in forced.singularValues.enumerated() {
      #expect((value - expected[k]).magnitude <= forced.residuals[k] + 1e-14)
      #expect((value - expected[k]).magnitude <= 0.1 * expected[k], "\(value) for \(expected[k])")
    }
    // Left to itself it finds them all, and says why it went another way.
    for count in [25, 40] {
      let chosen = try await a.svd(count: count)
      #expect(chosen.converged && chosen.unresolved == 0 && !chosen.method.squares)
      #expect(count == 40 || chosen.reason.contains("squares"), "\(chosen.reason)")
      for (value, reference) in zip(chosen.singularValues, expected) {
        #expect((value - reference).magnitude <= 35 * 300 * Double.ulpOfOne * expected[0])
      }
    }
  }

  @Test func theTwoNormIsTheLargestSingularValue() async throws {
    var generator = SeededGenerator(seed: 204)
    let sparse: SparseMatrix<Double> = try generator.sparse(60, 45, density: 0.2)
    let expected = try sparse.dense().singularValues()[0]
    func check(_ norm: Double) { #expect((norm - expected).magnitude <= 1e-10 * expected) }
    check(try await sparse.twoNorm())
    check(try await sparse.dense().twoNorm())
    check(try await Opaque<Double>(matrix: sparse).twoNorm())
    try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      let a = try await RowMatrix(.sparse(sparse), partitions: 3, on: cluster)
      check(try await a.twoNorm())
      check(try await a.transposed().twoNorm())
      check(try await BlockMatrix(.sparse(sparse), blockSize: 9, on: cluster).twoNorm())
      #expect(try await RowMatrix(DenseMatrix<Double>(zeros: 0, 4), on: cluster).twoNorm() == 0)
    }
  }
}
