// Arithmetic, norms, slices, generation and products with vectors of the distributed types agree with their
// local counterparts, whatever the grids, and are the same bits on any number of workers.

import TesseraCommunication
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

private enum Affine: ElementFunction {
  typealias Element = Double
  static let name = "test/affine"
  static func value(of x: Double, _ shift: Int) -> Double { 2 * x + Double(shift) }
}

private enum Hilbert: MatrixFunction {
  typealias Element = Double
  static let name = "test/hilbert"
  static func value(row: Int, column: Int, _: Empty) -> Double { 1 / Double(row + column + 1) }
}

private enum Band: MatrixFunction {
  typealias Element = Double
  static let name = "test/band"
  static func value(row: Int, column: Int, _: Empty) -> Double { abs(row - column) > 1 ? 0 : 2 }
}

extension TaskRegistry {
  fileprivate static let arithmetic = distributedMatrices.adding(function: Affine.self).adding(
    matrixFunction: Hilbert.self
  ).adding(matrixFunction: Band.self)
}

private let shapes = [(0, 0), (0, 3), (3, 0), (1, 1), (5, 3), (3, 50), (50, 5), (257, 10)]

/// Everything that the types have in common, of one matrix and one other that is cut otherwise.
private func checkArithmetic<A: DistributedMatrix<Double>, B: DistributedMatrix<Double>>(
  _ a: A, _ localA: DenseMatrix<Double>, _ b: B, _ localB: DenseMatrix<Double>, _ name: String
) async throws where A.Content == LocalMatrix<Double> {
  #expect(try await a.adding(b).collect().dense() == localA + localB, "\(name) A + B")
  #expect(try await a.subtracting(b).collect().dense() == localA - localB, "\(name) A - B")
  #expect(
    try await a.scaled(by: 2, adding: b, times: -3).collect().dense() == 2 * localA + -3 * localB,
    "\(name) 2A - 3B")
  #expect(
    try await a.elementwiseProduct(b).collect().dense() == localA.elementwiseProduct(localB), "\(name) A .* B"
  )
  #expect(try await a.scaled(by: 4).collect().dense() == 4 * localA, "\(name) 4A")
  #expect(try await a.map(Affine.self, 0).collect().dense() == 2 * localA, "\(name) map")
  #expect(
    try await a.map(Affine.self, 1).collect().dense() == localA.map { 2 * $0 + 1 }, "\(name) map to dense")
  for kind in MatrixNorm.allCases {
    let (found, expected) = (try await a.norm(kind), localA.norm(kind))
    #expect((found - expected).magnitude <= 1e-14 * expected, "\(name) \(kind)")
  }
  #expect(try await a.difference(from: a) == (0, 0), "\(name)")
  let difference = try await a.difference(from: b)
  #expect(difference.absolute == (try localA - localB).norm(.max), "\(name)")
  let (m, n) = (localA.rows, localA.columns)
  for (rows, columns) in [(0..<m, 0..<n), (m / 3..<m - m / 4, n / 2..<n), (m / 2..<m / 2, 0..<n)] {
    let slice = try await a.slice(rows: rows, columns: columns)
    #expect(slice.shape == Shape(rows.count, columns.count))
    #expect(try await slice.collect().dense() == localA[rows, columns], "\(name) \(rows), \(columns)")
  }
  let (rowCuts, columnCuts) = (a.partitioning.rowCuts, a.partitioning.columnCuts)
  let (i, j) = (rowCuts.count - 1, columnCuts.count / 2)
  let block = try await a.slice(rowPieces: i..<i + 1, columnPieces: j..<columnCuts.count)
  #expect(
    try await block.collect().dense() == localA[rowCuts[i], columnCuts[j].lowerBound..<n], "\(name) pieces")
  for t in 0..<a.layout.tileCount {
    let stored = a.layout.view.isTransposed ? localA.adjoint() : localA
    let grid = a.layout.grid
    #expect(
      try await a.collect(tile: t).dense() == stored[grid.rows(ofTile: t), grid.columns(ofTile: t)],
      "\(name) tile \(t)")
  }
  await #expect(throws: LinearAlgebraError.self) {
    _ = try await a.slice(rowPieces: 0..<rowCuts.count + 1, columnPieces: 0..<1)
  }
  await #expect(throws: LinearAlgebraError.self) { _ = try await a.collect(tile: a.layout.tileCount) }
}

/// A x and A^H y, whatever A is.
private func checkProducts<A: LinearOperator<Double>>(_ a: A, _ local: DenseMatrix<Double>, _ name: String)
  async throws
{
  var generator = SeededGenerator(seed: 12)
  let (x, y): ([Double], [Double]) = (generator.vector(local.columns), generator.vector(local.rows))
  func near(_ found: [Double], _ expected: [Double], _ what: String) {
    #expect(found.count == expected.count, "\(name) \(what)")
    let size = 1e-13 * Double(max(local.rows, local.columns, 1)) * (1 + local.norm(.max))
    #expect(zip(found, expected).allSatisfy { ($0 - $1).magnitude <= size }, "\(name) \(what)")
  }
  let image = try await a.apply(x)
  near(try await image.collect(), try local * x, "A x")
  near(try await a.applyAdjoint(image), try local.adjoint() * (try local * x), "A^H A x")
  near(try await a.applyGram(x), try local.adjoint() * (try local * x), "gram")
  near(
    try await a.applyAdjoint(RangeVector(onDriver: y)), try local.adjoint() * y, "A^H y from the driver")
  await #expect(throws: LinearAlgebraError.self) { try await a.apply(x + [1]) }
  await #expect(throws: LinearAlgebraError.self) {
    try await a.applyAdjoint(RangeVector(onDriver: y + [1]))
  }
}

@Suite(.timeLimit(.minutes(30))) struct ArithmeticTests {
  @Test(arguments: Way.allCases, [1, 3])
  func operationsMatchLocalOnesWhateverTheGrids(way: Way, workers: Int) async throws {
    try await withCluster(workers: workers, way: way, registry: .arithmetic) { cluster in
      for (m, n) in shapes where way == .messagePassing || m * n < 100 {
        var generator = SeededGenerator(seed: 10 * m + n)
        // Integers, so that sums are exact.
        let dense = DenseMatrix<Double>(rows: m, columns: n) { _, _ in generator.integer() }
        let sparse = try generator.sparse(m, n, density: 0.2, of: Double.self).mapStored {
          ($0 * 9).rounded()
        }
        let (grids, turned) = (Partitioning.grids(m, n), Partitioning.grids(n, m))
        let blocks = try await BlockMatrix(dense, grid: grids[1], on: cluster)
        let rows = try await RowMatrix(sparse, partitions: 3, on: cluster)
        let flipped = try await BlockMatrix(sparse.transposed(), grid: turned[3], on: cluster).adjoint()
        let chunks = try await CoordinateMatrix(sparse, partitions: 3, on: cluster)
        let local = try sparse.dense()
        let name = "\(m) x \(n)"
        try await checkArithmetic(blocks, dense, rows, local, name + " block, row")
        try await checkArithmetic(rows, local, blocks, dense, name + " row, block")
        try await checkArithmetic(flipped, local, chunks, local, name + " transposed block, chunks")
        try await checkArithmetic(rows.adjoint(), local.adjoint(), rows.transposed(), local.adjoint(), name)
        #expect(try await chunks.adding(blocks).collect().dense() == local + dense, "\(name)")
        #expect(try await chunks.elementwiseProduct(rows).norm(.max) == local.norm(.max) * local.norm(.max))
        #expect(try await chunks.scaled(by: 3).collect().dense() == 3 * local)
        #expect(try await chunks.map(Affine.self, 0).collect().dense() == 2 * local)
        #expect(try await chunks.slice(rows: m / 2..<m).collect().dense() == local[m / 2..<m, 0..<n])
        for (a, local, name) in [
          (blocks, dense, "block"), (flipped, local, "transposed block"),
        ] {
          try await checkProducts(a, local, name + " \(m) x \(n)")
        }
        try await checkProducts(rows, local, name + " row")
        try await checkProducts(rows.adjoint(), local.adjoint(), name + " row'")
        try await checkProducts(chunks, local, name + " chunks")
        try await checkProducts(chunks.transposed(), local.adjoint(), name + " chunks'")
        try await checkProducts(dense, dense, name + " dense")
        try await checkProducts(sparse, local, name + " sparse")
      }
    }
  }

  @Test(arguments: ScalarKind.allCases) func resultsAreTheSameBitsOnAnyNumberOfWorkers(scalar: ScalarKind)
    async throws
  {
    func results<S: Scalar>(_ workers: Int, _: S.Type) async throws -> Fingerprint {
      try await withCluster(workers: workers, registry: .distributedMatrices) { cluster in
        var bits = Fingerprint()
        var generator = SeededGenerator(seed: 4)
        let local: SparseMatrix<S> = try generator.sparse(40, 30, density: 0.3)
        let grid = Partitioning(rows: 40, columns: 30, blockSize: 7)
        let a = try await BlockMatrix(local, grid: grid, on: cluster)
        let c = try await CoordinateMatrix(local, partitions: 9, on: cluster)
        let factor = S(real: 0.3, imaginary: 0.7)
        bits.add(try await a.scaled(by: factor, adding: c.adjoint().adjoint(), times: 3).collect().dense())
        bits.add(try await a.adjoint().scaled(by: factor).collect().dense())
        let x: [S] = generator.vector(30)
        for image in [try await a.apply(x), try await c.apply(x)] {
          bits.add(try await image.collect())
          bits.add([try await image.norm()])
          bits.add([try await image.dot(image)])
          bits.add(try await a.applyAdjoint(image))
          bits.add(try await c.applyAdjoint(image))
        }
        for kind in MatrixNorm.allCases { bits.add([try await a.norm(kind), try await c.norm(kind)]) }
        return bits
      }
    }
    func check<S: Scalar>(_: S.Type) async throws {
      let expected = try await results(1, S.self)
      for workers in [2, 3, 5] { #expect(try await results(workers, S.self) == expected) }
    }
    try await check(scalar.type)
  }

  @Test(arguments: [1, 2, 5]) func generatedMatricesDependOnTheSeedAlone(workers: Int) async throws {
    let shape = Shape(37, 23)
    try await withCluster(workers: workers, registry: .arithmetic) { cluster in
      let dense: DenseMatrix<Double> = try MatrixGenerator.dense(shape, seed: 5)
      let sparse: SparseMatrix<Double> = try MatrixGenerator.sparse(shape, density: 0.2, seed: 5)
      let powerLaw: SparseMatrix<Double> = try MatrixGenerator.powerLaw(shape, density: 0.2, seed: 5)
      for (kind, expected) in [
        (GeneratedMatrix.dense, dense), (.sparse(density: 0.2), try sparse.dense()),
        (.powerLaw(density: 0.2), try powerLaw.dense()),
      ] {
        for grid in Partitioning.grids(37, 23) {
          let blocks = try await BlockMatrix<Double>.generated(kind, shape, seed: 5, grid: grid, on: cluster)
          #expect(try await blocks.collect().dense() == expected)
          #expect(blocks.storedCount == (try await blocks.storedCounts().reduce(0, +)))
        }
        let rows = try await RowMatrix<Double>.generated(kind, shape, seed: 5, partitions: 5, on: cluster)
        #expect(try await rows.collect().dense() == expected)
        let entries = try await CoordinateMatrix<Double>.generated(kind, shape, seed: 5, on: cluster)
        #expect(try await entries.collect().dense() == expected)
      }
      let hilbert = DenseMatrix<Double>(rows: 37, columns: 23) { 1 / Double($0 + $1 + 1) }
      let rows = try await RowMatrix.made(by: Hilbert.self, Empty(), shape, partitions: 4, on: cluster)
      #expect(try await rows.collect().dense() == hilbert)
      let blocks = try await BlockMatrix.made(by: Hilbert.self, Empty(), shape, on: cluster)
      #expect(try await blocks.collect().dense() == hilbert)
      let entries = try await CoordinateMatrix.made(by: Hilbert.self, Empty(), shape, on: cluster)
      #expect(try await entries.collect().dense() == hilbert)
    }
  }

  @Test func madeTilesAreDenseOrSparseByContent() async throws {
    try await withCluster(workers: 3, registry: .arithmetic) { cluster in
      let shape = Shape(90, 90)
      let band = DenseMatrix<Double>(rows: 90, columns: 90) { abs($0 - $1) > 1 ? 0 : 2 }
      let rows = try await RowMatrix.made(by: Band.self, Empty(), shape, partitions: 4, on: cluster)
      let grid = Partitioning(rows: 90, columns: 90, blockSize: 5)
      let blocks = try await BlockMatrix.made(by: Band.self, Empty(), shape, grid: grid, on: cluster)
      let entries = try await CoordinateMatrix.made(by: Band.self, Empty(), shape, on: cluster)
      #expect(rows.storedCount == 268 && entries.storedCount == 268)
      for matrix in [try await rows.collect(), try await blocks.collect(), try await entries.collect()] {
        #expect(!matrix.isDense)
        #expect(try matrix.dense() == band)
      }
      // A tile on the diagonal has 13 elements of 25, one beside it has one, others none.
      for (tile, isDense) in [(0, true), (1, false), (2, false)] {
        #expect(try await blocks.collect(tile: tile).isDense == isDense, "\(tile)")
      }
      let hilbert = try await RowMatrix.made(by: Hilbert.self, Empty(), shape, on: cluster)
      #expect(hilbert.storedCount == 8100)
      #expect(try await hilbert.collect().isDense)
    }
  }

  @Test func aProductThatTheDriverCannotHoldIsRefused() async throws {
    try await withCluster(workers: 1, registry: .arithmetic) { cluster in
      let n = 1 << 18
      let b = try await RowMatrix(TripletMatrix<Double>(rows: 0, columns: n), on: cluster)
      let product = try await plan(
        DenseMatrix(zeros: n, 0), times: b, MultiplyOptions(memoryPerWorker: .max))
      await #expect(throws: LinearAlgebraError.self) { _ = try await product.run() }
    }
  }

  @Test func sizesThatNoMachineHoldsAreErrors() async throws {
    try await withCluster(workers: 2, registry: .arithmetic) { cluster in
      let huge = Shape(3_000_000_000, 3_000_000_000)
      func check(_ name: String, _ body: () async throws -> Void) async {
        do {
          try await body()
          Issue.record("\(name) is accepted")
        } catch is LinearAlgebraError {
        } catch is PlanError {
        } catch let error as ExecutionError {
          if case .taskFailed = error {} else { Issue.record("\(name): \(error)") }
        } catch { Issue.record("\(name): \(error)") }
      }
      for shape in [huge, Shape(.max, .max), Shape(1 << 40, 1 << 30), Shape(100_000, 100_000_000)] {
        await check("dense rows") {
          _ = try await RowMatrix<Double>.generated(.dense, shape, seed: 1, on: cluster)
        }
        await check("dense blocks") {
          _ = try await BlockMatrix<Double>.generated(.dense, shape, seed: 1, on: cluster)
        }
        await check("sparse rows") {
          _ = try await RowMatrix<Double>.generated(.sparse(density: 0.5), shape, seed: 1, on: cluster)
        }
        await check("made rows") {
          let a = try await RowMatrix.made(by: Hilbert.self, Empty(), shape, on: cluster)
          _ = try await a.collect()
        }
        await check("made blocks") {
          let a = try await BlockMatrix.made(by: Hilbert.self, Empty(), shape, on: cluster)
          _ = try await a.collect()
        }
      }
      await check("coordinate") {
        _ = try await CoordinateMatrix(
          TripletMatrix<Double>(rows: huge.rows, columns: huge.columns), on: cluster)
      }
      // An outer product of two vectors of the longest kind is planned and refused.
      let n = Int(Int32.max)
      let column = try TripletMatrix<Double>(rows: n, columns: 1)
      let row = try TripletMatrix<Double>(rows: 1, columns: n)
      let (x, y) = (
        try await CoordinateMatrix(column, on: cluster), try await CoordinateMatrix(row, on: cluster)
      )
      #expect(try await plan(x, times: y).explanation.left == Shape(n, 1))
    }
  }

  @Test(arguments: Way.allCases) func rangeVectorsCombineWhereTheyAre(way: Way) async throws {
    try await withCluster(workers: 3, way: way, registry: .arithmetic) { cluster in
      let (x, y) = ((0..<17).map(Double.init), (0..<17).map { Double($0 * $0) })
      let a = try await RangeVector(x, cuts: Cuts(even: 17, parts: 4), on: cluster)
      for b in [
        try await RangeVector(y, cuts: Cuts(even: 17, parts: 4), on: cluster),
        try await RangeVector(y, cuts: Cuts(bounds: [0, 0, 9, 17]), on: cluster), RangeVector(onDriver: y),
      ] {
        for (first, second, p, q) in [(a, b, x, y), (b, a, y, x)] {
          let sum = try await first.combined(2, second, -1)
          #expect(try await sum.collect() == zip(p, q).map { 2 * $0 - $1 })
          #expect(try await first.dot(second) == zip(p, q).reduce(0) { $0 + $1.0 * $1.1 })
        }
        #expect(try await b.map(Affine.self, 3).collect() == y.map { 2 * $0 + 3 })
        #expect(try await (b.norm() - norm(y)).magnitude <= 1e-14 * norm(y))
      }
      let short = RangeVector<Double>(onDriver: [1])
      await #expect(throws: LinearAlgebraError.self) { try await a.combined(1, short, 1) }
      await #expect(throws: LinearAlgebraError.self) { try await a.dot(short) }
    }
  }

  @Test func shapesThatDoNotFitAreRefusedAndNaNIsSeen() async throws {
    try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      let a = try await BlockMatrix(DenseMatrix<Double>([[1, .nan], [2, 3]]), on: cluster)
      let b = try await RowMatrix(DenseMatrix<Double>(zeros: 3, 2), on: cluster)
      await #expect(throws: LinearAlgebraError.self) { try await a.adding(b) }
      await #expect(throws: LinearAlgebraError.self) { try await a.difference(from: b) }
      await #expect(throws: LinearAlgebraError.self) { try await a.slice(rows: 1..<3) }
      for kind in MatrixNorm.allCases { #expect(try await a.norm(kind).isNaN) }
      #expect(try await a.difference(from: a).absolute.isNaN)
    }
  }
}
