// Every operation of a row matrix agrees with its local counterpart, and gives the same bits on any number of
// workers, whether they share memory or only bytes.

import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

private let sizes = [0, 1, 2, 3, 5, 10, 50, 257]
private let partitionCounts: [Int?] = [nil, 1, 2, 3, 64]

@Suite struct RowMatrixTests {
  @Test(arguments: ScalarKind.allCases, [false, true])
  func operationsMatchLocalOnesAndHaveTheSameBitsOnAnyNumberOfWorkers(scalar: ScalarKind, sparse: Bool)
    async throws
  {
    func check<S: Scalar>(_: S.Type) async throws {
      let expected = try await results(S.self, sparse: sparse, workers: 1, encodes: false, isReference: true)
      for (workers, encodes) in [(2, false), (3, true), (4, false), (7, true)] {
        let found = try await results(
          S.self, sparse: sparse, workers: workers, encodes: encodes, isReference: false)
        for (name, bits) in found {
          let isEqual = bits == expected[name]
          #expect(isEqual, "\(name) on \(workers) workers")
        }
      }
    }
    try await check(scalar.type)
  }

  private func results<S: Scalar>(
    _: S.Type, sparse: Bool, workers: Int, encodes: Bool, isReference: Bool
  ) async throws -> [String: Fingerprint] {
    try await withCluster(workers: workers, encodes: encodes, registry: .distributedMatrices) { cluster in
      var all: [String: Fingerprint] = [:]
      // One worker does everything and is checked; the others do a part of it, and the same.
      let sizes = isReference ? sizes : [0, 1, 3, 10, 257]
      let partitionCounts = isReference ? partitionCounts : [nil, 3]
      for m in sizes {
        for n in sizes where m * n <= 257 * 10 || S.kind == .double || S.kind == .complexFloat && isReference
        {
          var generator = SeededGenerator(seed: 1000 * m + n)
          let local: LocalMatrix<S> =
            sparse
            ? .sparse(try generator.sparse(m, n, density: n == 1 ? 0.8 : 0.15))
            : .dense(generator.dense(m, n))
          for partitions in partitionCounts where m * n <= 100 || partitions ?? 3 == 3 {
            var vectors = SeededGenerator(seed: 7)
            let a = try await RowMatrix(local, partitions: partitions, on: cluster)
            #expect(a.shape == Shape(m, n))
            let name = "\(m) x \(n) in \(partitions.map(String.init) ?? "default")"
            let probe = try await Probe(a, local, using: &vectors)
            if isReference { try probe.check(name) }
            all[name] = probe.fingerprint
          }
        }
      }
      return all
    }
  }
}

/// One result of every operation.
private struct Probe<S: Scalar> {
  private let a: DenseMatrix<S>
  private let x: [S]
  private let panel: DenseMatrix<S>
  private let y: [S]

  private let applied: [S]
  private let adjointApplied: [S]
  private let gramApplied: [S]
  private let gramPanel: DenseMatrix<S>
  private let gram: DenseMatrix<S>
  private let product: DenseMatrix<S>
  private let productGram: DenseMatrix<S>
  private let triangle: DenseMatrix<S>
  private let adjoint: LocalMatrix<S>
  private let scaled: LocalMatrix<S>
  private let orthonormal: DenseMatrix<S>
  private let largest: S.Real
  private let frobenius: S.Real
  private let collected: LocalMatrix<S>

  init(_ matrix: RowMatrix<S>, _ local: LocalMatrix<S>, using generator: inout SeededGenerator) async throws {
    a = try local.dense()
    let (m, n) = (a.rows, a.columns)
    x = generator.vector(n)
    y = generator.vector(m)
    panel = generator.dense(n, 3)
    let rangeVector = try await matrix.apply(x)
    applied = try await rangeVector.collect()
    adjointApplied = try await matrix.applyAdjoint(
      try await RangeVector(y, cuts: matrix.partitioning.rowCuts, on: matrix.cluster))
    gramApplied = try await matrix.applyGram(x)
    gramPanel = try await matrix.applyGram(panel)
    gram = try await matrix.gram()
    let rows = try await matrix.multiplied(by: panel)
    product = try await rows.collect().dense()
    productGram = try await matrix.adjoint(times: rows)
    triangle = try await matrix.triangle(of: panel)
    adjoint = try await matrix.adjoint().materialized().collect()
    scaled = try await matrix.scaled(by: 2).collect()
    orthonormal = try await rows.orthonormalFactor().collect().dense()
    (largest, frobenius) = try await matrix.magnitudes()
    collected = try await matrix.collect()
  }

  var fingerprint: Fingerprint {
    var bits = Fingerprint()
    for numbers in [applied, adjointApplied, gramApplied] { bits.add(numbers) }
    for matrix in [gramPanel, gram, product, productGram, triangle, orthonormal] { bits.add(matrix) }
    bits.add([largest, frobenius])
    for matrix in [adjoint, scaled, collected] {
      if let matrix = try? matrix.dense() { bits.add(matrix) }
    }
    return bits
  }

  func check(_ name: String) throws {
    let (m, n) = (a.rows, a.columns)
    let unit = S.Real.ulpOfOne * S.Real(max(m, n, 3))
    let size = a.norm()
    let adjointA = a.adjoint()
    func column(_ x: [S]) throws -> DenseMatrix<S> { try DenseMatrix(rows: x.count, columns: 1, elements: x) }
    func near(_ found: DenseMatrix<S>, _ expected: DenseMatrix<S>, _ size: S.Real, _ what: String) throws {
      #expect(found.shape == expected.shape, "\(what), \(name)")
      if found.shape == expected.shape {
        #expect(try (found - expected).norm() <= 4 * unit * size, "\(what), \(name)")
      }
    }
    let image = try a * panel
    try near(try column(applied), try a * column(x), size * norm(x), "A x")
    try near(try column(adjointApplied), try adjointA * column(y), size * norm(y), "A^H y")
    try near(try column(gramApplied), try adjointA * (try a * column(x)), size * size * norm(x), "A^H A x")
    try near(gramPanel, try adjointA * image, size * size * panel.norm(), "A^H A X")
    try near(gram, try adjointA * a, size * size, "A^H A")
    #expect(gram == gram.adjoint(), "\(name)")
    try near(product, image, size * panel.norm(), "A X")
    try near(productGram, try adjointA * image, size * size * panel.norm(), "A^H B")
    let k = min(m, 3)
    #expect(triangle.shape == Shape(k, 3))
    for i in 0..<k {
      #expect(triangle[i, i].realPart >= 0 && (0..<i).allSatisfy { triangle[i, $0] == 0 }, "\(name)")
    }
    let square = try image.adjoint() * image
    try near(try triangle.adjoint() * triangle, square, size * size * panel.norm() * panel.norm(), "R^H R")
    #expect(try adjoint.dense() == adjointA, "\(name)")
    #expect(try scaled.dense() == 2 * a, "\(name)")
    #expect(try collected.dense() == a, "\(name)")
    #expect(orthonormal.shape == Shape(m, k))
    #expect(try TestRatio.orthogonality(orthonormal) < 60, "\(name)")
    // Q spans the columns: what Q misses of A X is rounding.
    try near(try orthonormal * (try orthonormal.adjoint() * image), image, size * panel.norm(), "Q Q^H A X")
    #expect((frobenius - size).magnitude <= unit * size && largest == a.norm(.max), "\(name)")
  }
}

@Suite struct RowMatrixStructureTests {
  @Test func slabsOfADenseMatrixAreEvenAndOfASparseOneBalanced() async throws {
    try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      let dense = try await RowMatrix<Double>(.dense(DenseMatrix(zeros: 10, 3)), partitions: 4, on: cluster)
      #expect(dense.partitioning.rowCuts == Cuts(even: 10, parts: 4))
      #expect(dense.storedCount == 30)
      var entries = try TripletMatrix<Double>(rows: 100, columns: 100)
      for j in 0..<100 { entries.append(99, j, 1) }
      let sparse = try await RowMatrix(.sparse(try entries.compressed()), partitions: 2, on: cluster)
      // 200 units of weight; the half is reached within the last row.
      #expect(
        sparse.partitioning.rowCuts.bounds == [0, 100, 100]
          || sparse.partitioning.rowCuts.bounds == [0, 99, 100])
      #expect(sparse.storedCount == 100)
    }
  }

  @Test func oneDenseSlabDoesNotFillAWideSparseMatrix() async throws {
    let (rows, columns) = (64, 20_000)
    var entries = try TripletMatrix<Double>(rows: rows, columns: columns)
    for j in 0..<columns { entries.append(5, j, 1) }
    for i in 0..<rows where i != 5 { entries.append(i, 7 * i, Double(i)) }
    let local = try entries.compressed()
    try await withCluster(workers: 3, registry: .distributedMatrices) { cluster in
      let a = try await RowMatrix(.sparse(local), partitions: 64, on: cluster)
      let adjoint = try await a.adjoint().materialized()
      for case .dense(let slab) in [try await a.collect(), try await adjoint.collect()] {
        Issue.record("dense: \(slab.shape)")
      }
      #expect(try await a.collect() == .sparse(local))
      #expect(try await adjoint.collect() == .sparse(local.adjoint()))
    }
  }

  @Test(arguments: [0, -1]) func fewerThanOneSlabIsRefused(count: Int) async throws {
    try await withCluster(workers: 1, registry: .distributedMatrices) { cluster in
      let error = LinearAlgebraError.invalidArgument("a matrix cannot be cut into \(count) slabs")
      await #expect(throws: error) {
        try await RowMatrix<Double>(.dense(DenseMatrix(zeros: 2, 2)), partitions: count, on: cluster)
      }
      let a = try await RowMatrix<Double>(.dense(DenseMatrix(zeros: 2, 2)), on: cluster)
      await #expect(throws: error) { try await a.adjoint().materialized(partitions: count) }
    }
  }

  @Test func shapesThatDoNotFitAreNamed() async throws {
    try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      let a = try await RowMatrix<Double>(.dense(DenseMatrix(zeros: 6, 4)), partitions: 2, on: cluster)
      let b = try await RowMatrix<Double>(.dense(DenseMatrix(zeros: 6, 4)), partitions: 3, on: cluster)
      let vector = try await RangeVector(
        [Double](repeating: 0, count: 7), cuts: Cuts(even: 7, parts: 2), on: cluster)
      await expectShapes("6 x 4", "3 x 1") { _ = try await a.apply([1, 2, 3]) }
      await expectShapes("6 x 4", "3 x 1") { _ = try await a.applyGram([1, 2, 3]) }
      await expectShapes("6 x 4", "5 x 2") { _ = try await a.applyGram(DenseMatrix(zeros: 5, 2)) }
      await expectShapes("6 x 4", "5 x 2") { _ = try await a.multiplied(by: DenseMatrix(zeros: 5, 2)) }
      await expectShapes("6 x 4", "5 x 2") { _ = try await a.triangle(of: DenseMatrix(zeros: 5, 2)) }
      await expectShapes("4 x 6", "7 x 1") { _ = try await a.applyAdjoint(vector) }
      await expectShapes("4 x 6", "6 x 4") { _ = try await a.adjoint(times: b) }
      await expectShapes("7 x 1", "2 x 1") {
        _ = try await RangeVector<Double>([1, 2], cuts: vector.cuts, on: cluster)
      }
    }
  }

  private func expectShapes(_ left: String, _ right: String, _ body: () async throws -> Void) async {
    do {
      try await body()
      Issue.record("\(left) and \(right) were accepted")
    } catch let error as LinearAlgebraError {
      let message = "\(error)"
      #expect(message.contains(left) && message.contains(right), "\(message)")
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test(arguments: [1, 3], [Double.nan, .infinity, -.infinity])
  func theFirstElementThatIsNotFiniteIsNamedInRowOrder(workers: Int, value: Double) async throws {
    try await withCluster(workers: workers, registry: .distributedMatrices) { cluster in
      for order in [StorageOrder.rowMajor, .columnMajor] {
        var a = DenseMatrix<Double>(zeros: 9, 5, order: order)
        for (i, j) in [(7, 0), (4, 3), (4, 1), (8, 4)] { a[i, j] = value }
        for partitions in [1, 2, 5, 9, 20] {
          for local in [LocalMatrix.dense(a), .sparse(a.sparse())] {
            let matrix = try await RowMatrix(local, partitions: partitions, on: cluster)
            await #expect(throws: LinearAlgebraError.notFinite(row: 4, column: 1)) {
              try await matrix.magnitudes()
            }
          }
        }
      }
    }
  }

  @Test(arguments: ScalarKind.allCases, MatrixKind.allCases)
  func theOrthonormalFactorIsOrthonormalForAnyRank(scalar: ScalarKind, kind: MatrixKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 40)
      for (m, n) in [(1, 1), (3, 5), (10, 10), (50, 3), (40, 20), (257, 10)] {
        let local: DenseMatrix<S> = kind.matrix(m, n, using: &generator)
        try await withCluster(workers: 3, registry: .distributedMatrices) { cluster in
          for partitions in [1, 3, 64] {
            let a = try await RowMatrix(.dense(local), partitions: partitions, on: cluster)
            let (rows, r) = try await a.orthogonalFactors()
            let q = try await rows.collect().dense()
            #expect(try TestRatio.orthogonality(q) < 60, "\(m) x \(n) in \(partitions)")
            #expect(
              try TestRatio.factors(local, q * r, dimension: max(m, n)) < 60, "\(m) x \(n) in \(partitions)")
          }
        }
      }
    }
    try await check(scalar.type)
  }
}
