// Every product of two of the five types is right, by every plan, in every scalar, on any number of workers,
// and the same to the last bit whoever computes it and however messages travel.

import Foundation
import Numerics
import TesseraDistributedMatrices
import TesseraExecution
import TesseraInstrumentation
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

/// A product of two matrices laid out as two of the types.
private struct Case<S: Scalar> {
  var left: MatrixType
  var right: MatrixType
  var a: LocalMatrix<S>
  var b: LocalMatrix<S>
  var partitions: Int?
  var blockSize: Int?

  /// C on the driver, and the plan.
  func result(_ plan: MultiplyPlan?, on cluster: Cluster) async throws -> (
    LocalMatrix<S>, MultiplyExplanation
  ) {
    let (x, y) = (
      try ProductOperand(a, as: left, partitions: partitions, blockSize: blockSize),
      try ProductOperand(b, as: right, partitions: partitions, blockSize: blockSize)
    )
    var options = MultiplyOptions(plan: plan)
    options.setLimits(longestPiece: 16, leastWork: 4)
    func run<C: ProductResult<S>>(_: C.Type, _ collect: (C) async throws -> LocalMatrix<S>) async throws -> (
      LocalMatrix<S>, MultiplyExplanation
    ) {
      let product = try await C.planned(x, y, on: cluster, options)
      return (try await collect(try await product.run()), product.explanation)
    }
    switch MatrixType.product(left, right) {
    case .coordinate: return try await run(CoordinateMatrix<S>.self) { try await $0.collect() }
    case .row: return try await run(RowMatrix<S>.self) { try await $0.collect() }
    case .block: return try await run(BlockMatrix<S>.self) { try await $0.collect() }
    case .localDense: return try await run(DenseMatrix<S>.self) { .dense($0) }
    case .localSparse:
      preconditionFailure("no distributed product is a sparse matrix of the driver's")
    }
  }
}

private let pairs = MatrixType.allCases.flatMap { left in
  MatrixType.allCases.compactMap { right in left.isLocal && right.isLocal ? nil : (left, right) }
}

private let ways: [Way] = [.messagePassing, .dataflow, .messagePassingEncoded, .dataflowEncoded]

@Suite(.timeLimit(.minutes(30))) struct DistributedProductTests {
  /// A case that no other test number gives: shapes, contents and cuts drawn from the number.
  private func drawn<S: Scalar>(
    _ number: Int, _ left: MatrixType, _ right: MatrixType, integers: Bool, of _: S.Type
  ) throws -> Case<S> {
    var generator = SeededGenerator(seed: 7919 * number + 13)
    let sizes = [0, 1, 2, 3, 5, 10, 50, 257]
    func size() -> Int { sizes[Int(generator.next() % 8)] }
    var (m, k, n) = (size(), size(), size())
    while m * k * n > 1 << 20 { (m, k, n) = (n, m / 2, k) }
    func matrix(_ rows: Int, _ columns: Int, _ type: MatrixType) throws -> LocalMatrix<S> {
      let isDense = type == .localDense || type != .localSparse && generator.next() % 2 == 0
      let dense = DenseMatrix<S>(rows: rows, columns: columns) { _, _ in
        integers ? generator.integer() : generator.scalar()
      }
      if isDense { return .dense(dense) }
      var entries = try TripletMatrix<S>(rows: rows, columns: columns)
      for i in 0..<rows {
        for j in 0..<columns where generator.next() % 10 == 0 { entries.append(i, j, dense[i, j]) }
      }
      return .sparse(try entries.compressed(by: generator.next() % 2 == 0 ? .rows : .columns))
    }
    return Case(
      left: left, right: right, a: try matrix(m, k, left), b: try matrix(k, n, right),
      partitions: [nil, 1, 3, 8][Int(generator.next() % 4)],
      blockSize: [3, 20, 64][Int(generator.next() % 3)])
  }

  @Test(arguments: pairs) func everyPairIsRightByEveryPlan(left: MatrixType, right: MatrixType) async throws {
    func check<S: Scalar>(_ number: Int, workers: Int, way: Way, integers: Bool, _: S.Type) async throws {
      let drawn = try drawn(number, left, right, integers: integers, of: S.self)
      let exact = ExactProduct(try drawn.a.dense(), try drawn.b.dense())
      let name = "case \(number), \(left) \(drawn.a.shape) x \(right) \(drawn.b.shape), \(workers) \(way)"
      try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
        let (first, explanation) = try await drawn.result(nil, on: cluster)
        var plans: [MultiplyPlan] = explanation.alternatives.map(\.plan)
        if plans.count > 3 { plans = [plans[0], plans[plans.count / 2], plans[plans.count - 1]] }
        if let grid = explanation.plan.grid, explanation.units[2] >= 2 * grid.columns {
          plans.append(MultiplyPlan(grid, streaming: .columns(2)))
        }
        if let grid = explanation.plan.grid, explanation.units[0] >= 2 * grid.rows {
          plans.append(MultiplyPlan(grid, streaming: .rows(2)))
        }
        let ratio = TestRatio.product(try first.dense(), exact)
        #expect(ratio < 16, "\(name)")
        if integers { #expect(try first.dense() == exact.product, "\(name)") }
        for plan in plans {
          let (other, _) = try await drawn.result(plan, on: cluster)
          #expect(other == first, "\(name) by \(plan), not \(explanation.plan)")
        }
      }
    }
    let cell = pairs.firstIndex { $0 == (left, right) } ?? 0
    let rounds = 40
    if !isFullTest, cell == 0 {
      print("products of round \(testSeed % rounds) of \(rounds): repeat with TESSERA_TEST_SEED=\(testSeed)")
    }
    for round in isFullTest ? 0..<rounds : testSeed % rounds..<testSeed % rounds + 1 {
      for (position, kind) in ScalarKind.allCases.enumerated() {
        let number = (cell * 40 + round) * 4 + position
        try await check(
          number, workers: [1, 2, 3, 4, 7][number % 5], way: ways[(number + cell) % 4],
          integers: number % 3 == 0,
          kind.type)
      }
    }
  }

  @Test(arguments: pairs) func bitsDoNotDependOnWorkersStylesOrMessages(left: MatrixType, right: MatrixType)
    async throws
  {
    let number = 5000 + (pairs.firstIndex { $0 == (left, right) } ?? 0)
    func bits<S: Scalar>(_: S.Type, workers: Int, _ way: Way) async throws -> LocalMatrix<S> {
      let drawn = try drawn(number, left, right, integers: false, of: S.self)
      return try await withCluster(workers: workers, way: way, registry: .distributedMatrices) {
        try await drawn.result(nil, on: $0).0
      }
    }
    let expected = try await bits(Double.self, workers: 1, .messagePassing)
    for (workers, way) in [
      (2, Way.dataflow), (3, .messagePassingEncoded), (4, .dataflowEncoded), (7, .messagePassing),
    ] {
      let found = try await bits(Double.self, workers: workers, way)
      #expect(found == expected, "case \(number) on \(workers) workers, \(way)")
    }
  }

  @Test func typesOfResultsAreThoseOfTheTable() async throws {
    var generator = SeededGenerator(seed: 3)
    let (dense, sparse): (DenseMatrix<Double>, SparseMatrix<Double>) = (
      generator.dense(4, 4), try generator.sparse(4, 4, density: 0.5)
    )
    try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      let coordinate = try await CoordinateMatrix(sparse, on: cluster)
      let row = try await RowMatrix(dense, on: cluster)
      let block = try await BlockMatrix(dense, on: cluster)
      var found: [[Any]] = []
      found.append([
        try await coordinate * coordinate, try await coordinate * row, try await coordinate * block,
        try await coordinate * dense, try await coordinate * sparse,
      ])
      found.append([
        try await row * coordinate, try await row * row, try await row * block, try await row * dense,
        try await row * sparse,
      ])
      found.append([
        try await block * coordinate, try await block * row, try await block * block, try await block * dense,
        try await block * sparse,
      ])
      found.append([
        try await dense * coordinate, try await dense * row, try await dense * block, try dense * dense,
        try dense * sparse,
      ])
      found.append([
        try await sparse * coordinate, try await sparse * row, try await sparse * block, try sparse * dense,
        try sparse * sparse,
      ])
      let names: [MatrixType: Any.Type] = [
        .coordinate: CoordinateMatrix<Double>.self, .row: RowMatrix<Double>.self,
        .block: BlockMatrix<Double>.self, .localDense: DenseMatrix<Double>.self,
        .localSparse: SparseMatrix<Double>.self,
      ]
      for (i, left) in MatrixType.allCases.enumerated() {
        for (j, right) in MatrixType.allCases.enumerated() {
          #expect(type(of: found[i][j]) == names[MatrixType.product(left, right)]!, "\(left) x \(right)")
        }
      }
    }
  }

  @Test(arguments: [Way.messagePassing, .dataflow]) func mismatchedShapesThrowBeforeAnythingStarts(way: Way)
    async throws
  {
    try await withCluster(workers: 2, way: way, registry: .distributedMatrices) { cluster in
      let (left, right) = (DenseMatrix<Double>(zeros: 3, 4), DenseMatrix<Double>(zeros: 5, 2))
      let a = (
        try await CoordinateMatrix(left, on: cluster), try await RowMatrix(left, on: cluster),
        try await BlockMatrix(left, on: cluster)
      )
      let b = (
        try await CoordinateMatrix(right, on: cluster), try await RowMatrix(right, on: cluster),
        try await BlockMatrix(right, on: cluster)
      )
      let vector = RangeVector<Double>(onDriver: [1, 2])
      let image = try await RangeVector([1.0, 2, 3], cuts: Cuts(even: 3, parts: 2), on: cluster)
      let before = try await cluster.ledger()
      func check(_ name: String, _ shapes: [String], _ body: () async throws -> Void) async {
        let error = await #expect(throws: LinearAlgebraError.self, "\(name)") { try await body() }
        for shape in shapes { #expect("\(String(describing: error))".contains(shape), "\(name)") }
      }
      let shapes = ["3 x 4", "5 x 2"]
      await check("coordinate x coordinate", shapes) { _ = try await a.0 * b.0 }
      await check("coordinate x row", shapes) { _ = try await a.0 * b.1 }
      await check("coordinate x block", shapes) { _ = try await a.0 * b.2 }
      await check("coordinate x dense", shapes) { _ = try await a.0 * right }
      await check("coordinate x sparse", shapes) { _ = try await a.0 * right.sparse() }
      await check("row x coordinate", shapes) { _ = try await a.1 * b.0 }
      await check("row x row", shapes) { _ = try await a.1 * b.1 }
      await check("row x block", shapes) { _ = try await a.1 * b.2 }
      await check("row x dense", shapes) { _ = try await a.1 * right }
      await check("row x dense, unplanned", shapes) { _ = try await a.1.multiplied(by: right) }
      await check("row x sparse", shapes) { _ = try await a.1 * right.sparse() }
      await check("block x coordinate", shapes) { _ = try await a.2 * b.0 }
      await check("block x row", shapes) { _ = try await a.2 * b.1 }
      await check("block x block", shapes) { _ = try await a.2 * b.2 }
      await check("block x dense", shapes) { _ = try await a.2 * right }
      await check("block x sparse", shapes) { _ = try await a.2 * right.sparse() }
      await check("dense x coordinate", shapes) { _ = try await left * b.0 }
      await check("dense x row", shapes) { _ = try await left * b.1 }
      await check("dense x block", shapes) { _ = try await left * b.2 }
      await check("dense x dense", shapes) { _ = try left * right }
      await check("dense x sparse", shapes) { _ = try left * right.sparse() }
      await check("sparse x coordinate", shapes) { _ = try await left.sparse() * b.0 }
      await check("sparse x row", shapes) { _ = try await left.sparse() * b.1 }
      await check("sparse x block", shapes) { _ = try await left.sparse() * b.2 }
      await check("sparse x dense", shapes) { _ = try left.sparse() * right }
      await check("sparse x sparse", shapes) { _ = try left.sparse() * right.sparse() }
      await check("row' x row", ["4 x 3", "5 x 2"]) { _ = try await a.1.adjoint() * b.1 }
      await check("row x row'", ["3 x 4", "2 x 5"]) { _ = try await a.1 * b.1.adjoint() }
      await check("row + block", shapes) { _ = try await a.1.adding(b.2) }
      await check("block - coordinate", shapes) { _ = try await a.2.subtracting(b.0) }
      await check("coordinate .* row", shapes) { _ = try await a.0.elementwiseProduct(b.1) }
      await check("coordinate + row", shapes) { _ = try await a.0.adding(b.1) }
      await check("row and block", shapes) { _ = try await a.1.difference(from: b.2) }
      await check("coordinate and row", shapes) { _ = try await a.0.difference(from: b.1) }
      await check("accumulation", ["3 x 4", "5 x 5"]) { _ = try await a.1.adding(b.1, times: b.1.adjoint()) }
      await check("accumulated product", shapes) { _ = try await a.1.adding(a.1, times: b.1) }
      await check("coordinate accumulation", ["3 x 4", "5 x 5"]) {
        _ = try await a.0.adding(b.1, times: b.1.adjoint())
      }
      await check("row x vector", ["3 x 4", "2 x 1"]) { _ = try await a.1.apply([1, 2]) }
      await check("block x vector", ["3 x 4", "2 x 1"]) { _ = try await a.2.apply([1, 2]) }
      await check("coordinate x vector", ["3 x 4", "2 x 1"]) { _ = try await a.0.apply([1, 2]) }
      await check("row' x vector", ["4 x 3", "2 x 1"]) { _ = try await a.1.applyAdjoint(vector) }
      await check("block' x vector", ["4 x 3", "2 x 1"]) { _ = try await a.2.applyAdjoint(vector) }
      await check("coordinate' x vector", ["4 x 3", "2 x 1"]) { _ = try await a.0.applyAdjoint(vector) }
      await check("row gram", ["3 x 4", "2 x 1"]) { _ = try await a.1.applyGram([1, 2]) }
      await check("vectors", ["3 x 1", "2 x 1"]) { _ = try await image.combined(1, vector, 1) }
      await check("vectors' product", ["3 x 1", "2 x 1"]) { _ = try await image.dot(vector) }
      let after = try await cluster.ledger()
      #expect(after.total.sent.words == before.total.sent.words)
    }
  }

  @Test(arguments: [ScalarKind.double, .complexFloat]) func transposesAreMultipliedWhereTheyLie(
    kind: ScalarKind
  )
    async throws
  {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 11)
      let (a, b): (DenseMatrix<S>, DenseMatrix<S>) = (generator.dense(60, 21), generator.dense(60, 33))
      let c: DenseMatrix<S> = generator.dense(18, 33)
      try await withCluster(workers: 3, registry: .distributedMatrices) { cluster in
        let x = try await RowMatrix(a, partitions: 8, on: cluster)
        let y = try await BlockMatrix(b, grid: Partitioning(rows: 60, columns: 33, blockSize: 7), on: cluster)
        let z = try await RowMatrix(c, partitions: 4, on: cluster)
        let before = try await cluster.ledger()
        let first = try await (x.adjoint() * y).collect().dense()
        // No transpose is formed: what moves is what the product moves.
        #expect(
          (try await cluster.ledger() - before).operations.allSatisfy { !$0.contains("redistribution") })
        #expect(TestRatio.product(first, ExactProduct(a.adjoint(), b)) < 16)
        let second = try await (y * z.transposed()).collect().dense()
        #expect(TestRatio.product(second, ExactProduct(b, c.transposed())) < 16)
      }
    }
    try await check(kind.type)
  }

  @Test func sparseStaysSparse() async throws {
    var generator = SeededGenerator(seed: 5)
    let a: SparseMatrix<Double> = try generator.sparse(400, 400, density: 0.003)
    try await withCluster(workers: 3, registry: .distributedMatrices) { cluster in
      let x = try await BlockMatrix(
        a, grid: Partitioning(rows: 400, columns: 400, blockSize: 100), on: cluster)
      let product = try await x * x
      for tile in try await cluster.engine.collect(product.tiles) {
        guard case .sparse = tile else {
          Issue.record("a tile of a 99 % sparse product is dense")
          return
        }
      }
      #expect(product.storedCount < 400 * 400 / 20)
    }
  }

  /// A slab that is dense, as that of a full row is, makes no other one dense, also where nothing is.
  @Test func aFullRowLeavesTheRestSparse() async throws {
    let n = 900
    var entries = try TripletMatrix<Double>(rows: n, columns: n)
    for j in 0..<n { entries.append(0, j, 1) }
    for i in stride(from: 1, to: n, by: 7) { entries.append(i, 1, 2) }
    var twice = try TripletMatrix<Double>(rows: n, columns: n)
    for i in 0..<n { twice.append(i, i, 2) }
    let (a, b) = (try entries.compressed(), try twice.compressed())
    try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      // One slab to a row, nearly: of sparse rows as of the full one.
      let x = try await RowMatrix(a, partitions: 300, on: cluster)
      let product = try await x * RowMatrix(b, on: cluster)
      #expect(product.storedCount == a.nonzeroCount)
      #expect(try await product.collect().dense() == (2 * a).dense())
    }
  }

  @Test(arguments: [1, 2, 3, 5]) func productsAreAddedWhereTheResultLies(workers: Int) async throws {
    var generator = SeededGenerator(seed: 9)
    let (a, b): (DenseMatrix<Double>, DenseMatrix<Double>) = (
      generator.dense(30, 20), generator.dense(20, 24)
    )
    let c: DenseMatrix<Double> = generator.dense(30, 24)
    try await withCluster(workers: workers, registry: .distributedMatrices) { cluster in
      let (x, y) = (
        try await BlockMatrix(a, grid: Partitioning(rows: 30, columns: 20, blockSize: 5), on: cluster),
        try await BlockMatrix(b, grid: Partitioning(rows: 20, columns: 24, blockSize: 6), on: cluster)
      )
      let product = try await (x * y).collect().dense()
      let z = try await BlockMatrix(
        .dense(c),
        grid: Partitioning(
          rowCuts: Cuts(30, pieceLength: 5), columnCuts: Cuts(24, pieceLength: 6)),
        ownership: Ownership(owners: (0..<24).map { (7 * $0) % workers }, workerCount: workers), on: cluster)
      let sum = try await z.adding(x, times: y)
      #expect(sum.ownership == z.ownership)
      #expect(try await sum.collect().dense() == c + product)
      let rows = try await RowMatrix(c, partitions: 7, on: cluster)
      #expect(try await rows.adding(x, times: y).collect().dense() == c + product)
      await #expect(throws: LinearAlgebraError.self) { _ = try await z.adding(y, times: x) }
      for chunks in [1, 4] {
        let entries = try await CoordinateMatrix(c, partitions: chunks, on: cluster)
        #expect(try await entries.adding(x, times: y).collect().dense() == c + product)
      }
      #expect(try await c.adding(x, times: y) == c + product)
      #expect(try await c.adding(a, times: y) == c + product)
      await #expect(throws: LinearAlgebraError.self) { _ = try await c.adding(y, times: x) }
      await #expect(throws: LinearAlgebraError.self) { _ = try await c.adding(a, times: b) }
      // What is accumulated into is not touched.
      #expect(try await z.collect().dense() == c)
    }
  }

  @Test func matricesOfTwoClustersAreRefused() async throws {
    try await withCluster(workers: 2, registry: .distributedMatrices) { first in
      try await withCluster(workers: 2, registry: .distributedMatrices) { second in
        let local = DenseMatrix<Double>(zeros: 4, 4)
        let (a, b) = (try await RowMatrix(local, on: first), try await BlockMatrix(local, on: second))
        await #expect(throws: LinearAlgebraError.self) { _ = try await a * b }
        await #expect(throws: LinearAlgebraError.self) { _ = try await a.adding(b) }
        await #expect(throws: LinearAlgebraError.self) { _ = try await a.difference(from: b) }
      }
    }
  }
}
