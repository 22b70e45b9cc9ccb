// Systems and least squares: every method's residual is the one that its solution truly has, LAPACK's ratios hold
// for the direct ones, and the bits do not depend on who computes.

import Numerics
import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraMatrixFiles
import TesseraTestSupport
import Testing

private let shapes = [
  (0, 0), (0, 3), (3, 0), (1, 1), (1, 5), (5, 1), (2, 2), (10, 10), (30, 12), (12, 30), (50, 50),
]

@Suite(.timeLimit(.minutes(30))) struct SolveTests {
  // MARK: iterations

  @Test(arguments: ScalarKind.allCases, [SolveMethod.cg, .minres, .gmres, .lsmr])
  func anIterationReportsTheResidualOfItsSolution(scalar: ScalarKind, method: SolveMethod) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 80)
      for n in [0, 1, 2, 3, 10, 57] {
        let a: DenseMatrix<S> = wellConditioned(n, definite: method == .cg, method != .gmres, &generator)
        let b: DenseMatrix<S> = generator.dense(n, 2)
        for preconditioner in [PreconditionerKind.none, .diagonal, .blockDiagonal(size: 4)]
        where preconditioner == .none || method == .cg || method == .gmres {
          let found = try await solve(.dense(a), b, method, preconditioner: preconditioner)
          let name = "order \(n), \(preconditioner)"
          let tolerance = max(1e-10, 100 * S.Real.ulpOfOne)
          #expect(found.converged && found.reason == nil, "\(name): \(found.reason ?? "")")
          let rest = try b - a * found.solution
          for j in 0..<2 where n > 0 {
            let residual = norm(rest.column(j)) / norm(b.column(j))
            #expect(residual <= 2 * tolerance, "\(name): \(residual)")
            #expect(
              (residual - found.residuals[j]).magnitude <= 50 * S.Real(n) * S.Real.ulpOfOne, "\(name)")
          }
        }
      }
    }
    try await check(scalar.type)
  }

  @Test(
    arguments: ScalarKind.allCases, [SolveMethod.direct, .lu, .cholesky, .tsqr, .cg, .minres, .gmres, .lsmr])
  func theBitsAreTheSameOnAnyNumberOfWorkersInBothStyles(scalar: ScalarKind, method: SolveMethod) async throws
  {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 81)
      let a: DenseMatrix<S> = wellConditioned(40, definite: true, true, &generator)
      let b: DenseMatrix<S> = generator.dense(40, 1)
      var expected: Fingerprint?
      for (workers, way) in [
        (1, Way.messagePassing), (3, .messagePassingEncoded), (2, .dataflow), (5, .dataflow),
      ] {
        let found = try await solve(.dense(a), b, method, workers: workers, way: way)
        var bits = Fingerprint()
        bits.add(found.solution)
        bits.add(found.residuals)
        #expect((expected ?? bits) == bits, "\(workers) workers, \(way)")
        expected = bits
      }
    }
    try await check(scalar.type)
  }

  @Test(arguments: [SolveMethod.cg, .minres, .gmres, .lsmr])
  func scalingByAPowerOfTwoChangesNothing(method: SolveMethod) async throws {
    var generator = SeededGenerator(seed: 82)
    let a: DenseMatrix<Double> = wellConditioned(30, definite: true, true, &generator)
    let b: DenseMatrix<Double> = generator.dense(30, 1)
    let reference = try await solve(.dense(a), b, method)
    for exponent in [-300, 300] {
      let factor = Double(sign: .plus, exponent: exponent, significand: 1)
      let found = try await solve(.dense(a.map { factor * $0 }), b.map { factor * $0 }, method)
      #expect(found.converged && found.iterations == reference.iterations, "2^\(exponent)")
      let difference = try (found.solution - reference.solution).norm()
      #expect(difference <= 1e-9 * reference.solution.norm(), "2^\(exponent)")
    }
  }

  /// Where even norms leave the range of the scalar.
  @Test(arguments: SolveMethod.allCases, [(1000, 0), (-1000, 0), (1000, 1000), (-1040, -1000), (900, -100)])
  func theEndsOfTheRangeCostNothing(method: SolveMethod, exponents: (Int, Int)) async throws {
    var generator = SeededGenerator(seed: 89)
    let a: DenseMatrix<Double> = wellConditioned(30, definite: true, true, &generator)
    let b: DenseMatrix<Double> = generator.dense(30, 2)
    func scaled(_ a: DenseMatrix<Double>, _ exponent: Int) -> DenseMatrix<Double> {
      let halves = [exponent / 2, exponent - exponent / 2]
      let factors = halves.map { Double(sign: .plus, exponent: $0, significand: 1) }
      return a.map { $0 * factors[0] * factors[1] }
    }
    // Rounded as the scaled one is, which may have subnormal elements.
    let rounded = scaled(scaled(a, exponents.0), -exponents.0)
    let (x, y) = (
      try await solve(.dense(rounded), b, method),
      try await solve(.dense(scaled(a, exponents.0)), scaled(b, exponents.1), method)
    )
    #expect(y.converged && y.residuals.allSatisfy { $0 <= 1e-9 }, "\(y.reason ?? ""), \(y.residuals)")
    let back = scaled(y.solution, exponents.0 - exponents.1)
    #expect(try (x.solution - back).norm() <= 1e-12 * x.solution.norm())
  }

  /// Least squares of a matrix of condition 1e8 do not converge in fifty steps; that they have must not be said of the
  /// same matrix where the squares of its norms leave the range of the scalar.
  @Test(arguments: [SolveMethod.minres, .lsmr], [-520, 520])
  func scalingDoesNotMakeAnIterationClaimWhatItHasNotReached(method: SolveMethod, exponent: Int) async throws
  {
    let n = 300
    let factor = Double(sign: .plus, exponent: exponent, significand: 1)
    func run(_ factor: Double) async throws -> LinearSystemSolution<Double> {
      var entries = try TripletMatrix<Double>(rows: n, columns: n)
      for i in 0..<n { entries.append(i, i, factor * Double.pow(10, -8 * Double(i) / Double(n))) }
      let b = DenseMatrix<Double>(rows: n, columns: 1) { i, _ in factor * (1 + Double(i % 7)) }
      return try await solve(.sparse(try entries.compressed()), b, method, limit: 50)
    }
    let (plain, scaled) = (try await run(1), try await run(factor))
    #expect(!plain.converged && !scaled.converged)
    // What the recurrence says is what there is.
    #expect((try #require(plain.history.last) / plain.residuals[0] - 1).magnitude < 1e-3)
    #expect(scaled.iterations == plain.iterations)
    #expect((scaled.residuals[0] / plain.residuals[0] - 1).magnitude < 1e-6)
  }

  /// Its condition says that the matrix may be singular; the solution that was found says that it does not matter.
  @Test(arguments: [[1e10, 1, 1e-10], [1, 1e-20]])
  func badlyScaledSystemsAreSolvedWhereTheResidualIsSmall(diagonal: [Double]) async throws {
    let n = diagonal.count
    let a = DenseMatrix<Double>(rows: n, columns: n) { $0 == $1 ? diagonal[$0] : 0 }
    let b = DenseMatrix<Double>(rows: n, columns: 1) { _, _ in 1 }
    let found = try await solve(.dense(a), b, .auto)
    #expect(found.converged && found.residuals[0] < 1e-14, "\(found.description)")
  }

  @Test func whatDoesNotConvergeSaysWhy() async throws {
    var generator = SeededGenerator(seed: 83)
    let indefinite = MatrixKind.random.hermitian(20, of: Double.self, using: &generator)
    let b: DenseMatrix<Double> = generator.dense(20, 1)
    let unsuited = try await solve(.dense(indefinite), b, .cg)
    #expect(!unsuited.converged && unsuited.reason == "the matrix is not positive definite")
    #expect(unsuited.residuals[0] <= 1 && unsuited.residuals[0].isFinite)
    let definite: DenseMatrix<Double> = wellConditioned(50, definite: true, true, &generator)
    let c: DenseMatrix<Double> = generator.dense(50, 1)
    for method in [SolveMethod.cg, .minres, .gmres, .lsmr] {
      let short = try await solve(.dense(definite), c, method, limit: 2)
      #expect(!short.converged && short.iterations == 2, "\(method)")
      #expect(short.reason == "the limit of steps was reached", "\(method): \(short.reason ?? "")")
      let rest = try norm((c - definite * short.solution).column(0)) / norm(c.column(0))
      #expect((rest - short.residuals[0]).magnitude < 1e-12)
    }
    // A rotation by a right angle: nothing in the first n - 1 spaces of GMRES, all in the last.
    let shift = DenseMatrix<Double>(rows: 12, columns: 12) { ($0 + 1) % 12 == $1 ? 1 : 0 }
    let unit = DenseMatrix<Double>(rows: 12, columns: 1) { i, _ in i == 0 ? 1 : 0 }
    #expect(try await solve(.dense(shift), unit, .gmres).converged)
    let zero = DenseMatrix<Double>(zeros: 5, 5)
    for method in [SolveMethod.cg, .minres, .gmres] {
      #expect(
        try await !solve(.dense(zero), DenseMatrix(rows: 5, columns: 1) { _, _ in 1 }, method).converged)
    }
  }

  @Test func aPreconditionerThatIsTheMatrixTakesOneStep() async throws {
    var generator = SeededGenerator(seed: 84)
    let blocks: DenseMatrix<Double> = wellConditioned(12, definite: true, true, &generator)
    let a = DenseMatrix(rows: 36, columns: 36) { i, j in
      i / 12 == j / 12 ? blocks[i % 12, j % 12] * Double(1 + i / 12) : 0
    }
    let b: DenseMatrix<Double> = generator.dense(36, 1)
    for method in [SolveMethod.cg, .gmres] {
      let found = try await solve(
        .sparse(a.sparse()), b, method, preconditioner: .blockDiagonal(size: 12), partitions: 5)
      #expect(found.converged && found.iterations <= 2, "\(method): \(found.iterations) steps")
    }
    await #expect(throws: LinearAlgebraError.singular(pivot: 3)) {
      let singular = DenseMatrix<Double>(rows: 8, columns: 8) { $0 == $1 && $0 != 3 ? 1 : 0 }
      _ = try await solve(
        .dense(singular), DenseMatrix(zeros: 8, 1), .gmres, preconditioner: .blockDiagonal(size: 2))
    }
  }

  // MARK: least squares

  @Test(arguments: ScalarKind.allCases, MatrixKind.allCases)
  func leastSquaresByTallSkinnyQRLeaveNoGradient(scalar: ScalarKind, kind: MatrixKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 85)
      for (m, n) in shapes {
        let a: DenseMatrix<S> = kind.matrix(m, n, using: &generator)
        let size = S(real: kind == .random ? 1 : a.norm(.max))
        let b = size * (generator.dense(m, 2) as DenseMatrix<S>)
        let found = try await solve(.dense(a), b, .tsqr, partitions: 3)
        #expect(found.solution.shape == Shape(n, 2))
        #expect(try TestRatio.leastSquares(a, found.solution, b) < 30, "\(m) x \(n)")
        if kind == .rankDeficient { #expect(found.rank == (min(m, n) + 1) / 2, "\(m) x \(n)") }
        if kind == .identity || kind == .random { #expect(found.rank == min(m, n), "\(m) x \(n)") }
        if kind == .zero { #expect(found.rank == 0 && found.solution == DenseMatrix(zeros: n, 2)) }
      }
    }
    try await check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func bidiagonalizationFindsTheMinimizerOfLeastNorm(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 86)
      for (m, n) in shapes {
        for kind in [MatrixKind.random, .rankDeficient, .zero, .identity] {
          let a: DenseMatrix<S> = kind.matrix(m, n, using: &generator)
          let b: DenseMatrix<S> = generator.dense(m, 1)
          let tolerance: S.Real = S.Real.kind == .float ? 1e-5 : 1e-12
          let found = try await solve(.dense(a), b, .lsmr, tolerance: tolerance, partitions: 3)
          #expect(found.converged, "\(m) x \(n), \(kind): \(found.reason ?? "")")
          let expected = try a.leastSquares(b)
          let error = try (found.solution - expected.solution).norm()
          let condition: S.Real =
            (expected.singularValues.first ?? 0)
            / max(
              expected.singularValues.prefix(expected.rank).last ?? 1, S.Real.leastNormalMagnitude)
          // An error of the gradient costs the square of the condition.
          let bound = 100 * tolerance * max(1, condition) * max(1, condition)
          #expect(
            error <= bound * max(1, expected.solution.norm()), "\(m) x \(n), \(kind): \(error) > \(bound)")
        }
      }
    }
    try await check(scalar.type)
  }

  // MARK: direct

  @Test(arguments: ScalarKind.allCases)
  func factorizationsSolveToWorkingPrecision(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 87)
      for kind in [MatrixKind.identity, .random, .graded, .illConditioned, .nearUnderflow, .nearOverflow] {
        for n in [0, 1, 2, 3, 10, 50] {
          let a: DenseMatrix<S> = kind.matrix(n, n, using: &generator)
          let b = try a * (generator.dense(n, 2) as DenseMatrix<S>)
          let found = try await solve(.dense(a), b, .direct)
          #expect(found.converged, "order \(n), \(kind): \(found.reason ?? "")")
          #expect(try TestRatio.solve(a, found.solution, b) < 30, "order \(n), \(kind)")
        }
      }
      let spd = DenseMatrix<S>(rows: 30, columns: 30) { i, j in i == j ? 4 : (i - j).magnitude == 1 ? -1 : 0 }
      let b: DenseMatrix<S> = generator.dense(30, 1)
      let sparse = try await solve(.sparse(spd.sparse()), b, .auto)
      #expect(sparse.method == .direct && sparse.description.contains("Cholesky"), "\(sparse.description)")
      #expect(try TestRatio.solve(spd, sparse.solution, b) < 30)
    }
    try await check(scalar.type)
  }

  @Test func aSingularMatrixGetsTheSolutionOfLeastNorm() async throws {
    let a = DenseMatrix<Double>([[1, 1], [1, 1]])
    let b = DenseMatrix<Double>([[2], [2]])
    let found = try await solve(.dense(a), b, .auto)
    #expect(found.method == .tsqr && found.rank == 1)
    #expect(try (found.solution - DenseMatrix([[1], [1]])).norm() < 1e-14)
    for method in [SolveMethod.direct, .lu] {
      await #expect(throws: LinearAlgebraError.singular(pivot: 1)) {
        _ = try await solve(.dense(a), b, method)
      }
    }
  }

  @Test func whatRoundingAloneKeepsFromBeingSingularGetsTheSolutionOfLeastNorm() async throws {
    var generator = SeededGenerator(seed: 88)
    // The last column is the sum of the others, to rounding.
    var a: DenseMatrix<Double> = generator.dense(30, 30)
    for i in 0..<30 { a[i, 29] = (0..<29).reduce(0) { $0 + a[i, $1] / 3 } }
    let b: DenseMatrix<Double> = generator.dense(30, 1)
    let expected = try a.leastSquares(b).solution
    for matrix in [LocalMatrix.dense(a), .sparse(a.sparse())] {
      let found = try await solve(matrix, b, .auto)
      #expect(found.method == .tsqr && found.rank == 29, "\(found.description)")
      #expect(try (found.solution - expected).norm() < 1e-10 * expected.norm())
    }
    let direct = try await solve(.dense(a), b, .lu)
    #expect(!direct.converged && direct.reason == "the matrix is singular to working precision")
  }

  @Test(arguments: ["west0067", "impcol_a", "west0479", "karate"])
  func realSquareSystemsAreSolvedOrTheirRankIsTold(name: String) async throws {
    guard let folder = ReferenceData.folder else { return }
    let a = try LocalMatrix(try MatrixFile.read("\(folder)/mtx/\(name).mtx", as: Double.self).contents)
    let dense = try a.dense()
    let b = DenseMatrix<Double>(rows: a.rows, columns: 1) { i, _ in Double(i % 5) - 2 }
    let found = try await solve(a, b, .auto)
    #expect(found.converged, "\(found.reason ?? "")")
    if name == "karate" {
      #expect(found.method == .tsqr && found.rank == 24)
      #expect(try TestRatio.leastSquares(dense, found.solution, b) < 30)
      // Its pivots vanish, but for rounding.
      let tiles = try? await solve(a, b, .lu)
      #expect(tiles?.converged != true)
      return
    }
    #expect(found.method == .direct)
    #expect(try TestRatio.highPerformance(dense, found.solution, b) < 16)
    let tiles = try await solve(a, b, .lu)
    #expect(tiles.converged, "\(tiles.reason ?? "")")
    #expect(try TestRatio.highPerformance(dense, tiles.solution, b) < 16)
  }

  // MARK: refusals

  @Test func shapesAndNumbersThatDoNotFitAreRefused() async throws {
    let a = DenseMatrix<Double>(rows: 6, columns: 4) { Double($0 + $1) }
    let b = DenseMatrix<Double>(zeros: 6, 1)
    for method in [SolveMethod.direct, .lu, .cholesky, .cg, .minres, .gmres] {
      await #expect(
        throws: LinearAlgebraError.invalidArgument(
          "the method \(method.rawValue) needs a square matrix, not 6 x 4; tsqr and lsmr take any shape")
      ) { _ = try await solve(.dense(a), b, method) }
    }
    await #expect(
      throws: LinearAlgebraError.shapeMismatch(
        operation: "solve", left: Shape(6, 4), right: Shape(5, 1))
    ) { _ = try await solve(.dense(a), DenseMatrix(zeros: 5, 1), .auto) }
    var bad = DenseMatrix<Double>(identity: 4)
    bad[2, 1] = .nan
    for method in SolveMethod.allCases {
      await #expect(throws: LinearAlgebraError.notFinite(row: 2, column: 1), "\(method)") {
        _ = try await solve(.dense(bad), DenseMatrix(zeros: 4, 1), method)
      }
      await #expect(throws: LinearAlgebraError.notFinite(row: 1, column: 0), "\(method)") {
        let right = DenseMatrix<Double>(rows: 4, columns: 1) { i, _ in i == 1 ? .infinity : 1 }
        _ = try await solve(.dense(DenseMatrix(identity: 4)), right, method)
      }
    }
  }

  // MARK: real matrices

  @Test(arguments: ["494_bus", "1138_bus", "bcsstk13", "bcsstk16"])
  func conjugateGradientsNeverClaimWhatTheyHaveNotReached(name: String) async throws {
    guard let folder = ReferenceData.folder else { return }
    let a = try LocalMatrix(try MatrixFile.read("\(folder)/mtx/\(name).mtx", as: Double.self).contents)
    let b = try (a * .dense(DenseMatrix(rows: a.columns, columns: 1) { i, _ in Double(i % 7) - 3 })).dense()
    let found = try await solve(a, b, .cg, tolerance: 1e-8, limit: 4000, preconditioner: .diagonal)
    let rest = try norm((b - (a * .dense(found.solution)).dense()).column(0)) / norm(b.column(0))
    #expect((rest - found.residuals[0]).magnitude <= 1e-9)
    #expect(found.converged ? rest <= 1e-7 : found.reason != nil)
    // The direct solution is as good as the matrix allows.
    let direct = try await solve(a, b, .auto)
    #expect(direct.converged && direct.description.contains("Cholesky"))
    #expect(direct.residuals[0] < 1e-9)
  }

  @Test(arguments: ["illc1033", "well1033", "ash219", "abb313"])
  func leastSquaresOfRealMatrices(name: String) async throws {
    guard let folder = ReferenceData.folder else { return }
    let a = try LocalMatrix(try MatrixFile.read("\(folder)/mtx/\(name).mtx", as: Double.self).contents)
    let b = DenseMatrix<Double>(rows: a.rows, columns: 1) { i, _ in Double(i % 11) - 5 }
    let dense = try a.dense()
    let found = try await solve(a, b, .tsqr)
    #expect(try TestRatio.leastSquares(dense, found.solution, b) < 30)
    #expect(found.rank == (name == "abb313" ? 128 : a.columns))
    let iterated = try await solve(a, b, .lsmr, tolerance: 1e-9)
    let normal = try #require(iterated.normalResiduals?.first)
    #expect(iterated.converged && normal <= 1e-8, "\(normal), \(iterated.reason ?? "")")
  }

  // MARK: support

  /// Eigenvalues or singular values between 1 and 3.
  private func wellConditioned<S: Scalar>(
    _ n: Int, definite: Bool, _ hermitian: Bool, _ generator: inout SeededGenerator
  ) -> DenseMatrix<S> {
    let random: DenseMatrix<S> = generator.dense(n, n)
    guard n > 0, let q = try? random.qr().q else { return random }
    let d = DenseMatrix<S>(rows: n, columns: n) { i, j in
      guard i == j else { return 0 }
      let value = 1 + 2 * S.Real(i) / S.Real(n)
      return S(real: definite || i % 2 == 0 ? value : -value)
    }
    guard let a = try? q * d * (hermitian ? q.adjoint() : DenseMatrix(identity: n)) else { return random }
    return hermitian
      ? DenseMatrix(rows: n, columns: n) { i, j in
        i < j ? a[i, j] : i > j ? a[j, i].conjugate : S(real: a[i, i].realPart)
      } : a
  }

  private func solve<S: Scalar>(
    _ a: LocalMatrix<S>, _ b: DenseMatrix<S>, _ method: SolveMethod, tolerance: S.Real? = nil,
    limit: Int? = nil, preconditioner: PreconditionerKind = .none, partitions: Int? = nil, workers: Int = 2,
    way: Way = .messagePassing
  ) async throws -> LinearSystemSolution<S> {
    try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
      try await RowMatrix(a, partitions: partitions, on: cluster).solve(
        try await RowMatrix(b, on: cluster), method: method, tolerance: tolerance, limit: limit,
        preconditioner: preconditioner)
    }
  }
}
