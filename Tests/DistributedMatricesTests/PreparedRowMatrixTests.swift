// A prepared row matrix is the same operator, and has the same bits on any number of workers, in either style, whether
// they share memory or only bytes.

import TesseraCommunication
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

@Suite struct PreparedRowMatrixTests {
  @Test(arguments: ScalarKind.allCases) func operationsMatchThoseOfTheRowMatrix(scalar: ScalarKind)
    async throws
  {
    func check<S: Scalar>(_: S.Type) async throws {
      try await withCluster(workers: 3, registry: .distributedMatrices) { cluster in
        for kind in [GeneratedMatrix.sparse(density: 0.1), .powerLaw(density: 0.2), .dense] {
          let (m, n) = (230, 20)
          let a = try await RowMatrix<S>.generated(kind, Shape(m, n), seed: 3, partitions: 4, on: cluster)
          let prepared = try await a.prepared()
          #expect(prepared.shape == a.shape && prepared.storedCount == a.storedCount)
          let restored = try await prepared.rowMatrix().collect()
          let local = try await a.collect().dense()
          #expect(try restored.dense() == local)
          var generator = SeededGenerator(seed: 9)
          let (x, y): ([S], [S]) = (generator.vector(n), generator.vector(m))
          let block = generator.dense(n, 5, of: S.self)
          #expect(try await prepared.apply(x).collect() == a.apply(x).collect())
          let range = try await RangeVector(y, cuts: a.partitioning.rowCuts, on: cluster)
          func expect(
            _ product: DenseMatrix<S>, _ left: DenseMatrix<S>, _ right: DenseMatrix<S>, _ what: String
          ) {
            #expect(TestRatio.product(product, ExactProduct(left, right)) < 16, "\(what) of \(kind)")
          }
          let adjoint = local.adjoint()
          expect(column(try await prepared.applyAdjoint(range)), adjoint, column(y), "A^H y")
          let image = try await a.apply(x).collect()
          expect(column(try await prepared.applyGram(x)), adjoint, column(image), "A^H A x")
          let product = try await prepared.multiplied(by: block)
          let localProduct = try await product.collect().dense()
          expect(localProduct, local, block, "A X")
          expect(try await prepared.applyGram(block), adjoint, localProduct, "A^H A X")
          expect(try await prepared.adjoint(times: product), adjoint, localProduct, "A^H B")
          let (mine, theirs) = (try await prepared.magnitudes(), try await a.magnitudes())
          #expect(mine.largest == theirs.largest)
          let limit = S.Real(local.storage.count) * S.Real.ulpOfOne
          #expect((mine.frobenius - theirs.frobenius).magnitude <= limit * theirs.frobenius)
          let doubled = try await prepared.scaled(by: 2).rowMatrix().collect().dense()
          #expect(doubled == local.map { 2 * $0 })
          // R is that of A X as it is rounded, up to the signs of its rows: compare R^H R.
          let r = try await prepared.triangle(of: block)
          let gram = try localProduct.adjoint() * localProduct
          let difference = try (r.adjoint() * r - gram).norm()
          #expect(difference <= 100 * S.Real.ulpOfOne * gram.norm() * S.Real(m))
          for wrong in [n - 1, n + 1] {
            await #expect(throws: LinearAlgebraError.self) {
              _ = try await prepared.applyGram([S](repeating: 1, count: wrong))
            }
          }
        }
      }
    }
    try await check(scalar.type)
  }

  @Test(arguments: Way.allCases) func bitsAreTheSameOnAnyNumberOfWorkers(way: Way) async throws {
    func run(_ workers: Int, _ way: Way) async throws -> Fingerprint {
      try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
        var bits = Fingerprint()
        let shape = Shape(3000, 400)
        let made = try await PreparedRowMatrix<Double>.generated(
          .sparse(density: 0.01), shape, seed: 6, partitions: 8, on: cluster)
        let prepared = try await RowMatrix<Double>.generated(
          .sparse(density: 0.01), shape, seed: 6, partitions: 8, on: cluster
        ).prepared()
        #expect(try await made.cluster.engine.collect(made.tiles) == cluster.engine.collect(prepared.tiles))
        let x: [Double] = CounterBasedRandom(seed: 1).symmetricVector(count: 400)
        bits.add(try await made.applyGram(x))
        bits.add(try await prepared.applyGram(x))
        bits.add(try await made.apply(x).collect())
        let block = try MatrixGenerator.dense(Shape(400, 3), seed: 2, as: Double.self)
        bits.add(try await made.applyGram(block))
        return bits
      }
    }
    let expected = try await run(1, .messagePassing)
    for workers in [1, 2, 3, 5] { #expect(try await run(workers, way) == expected, "\(workers) workers") }
  }

  @Test func slabsAreGroupedByContentAndSurviveTheWire() throws {
    let short: SparseMatrix<Double> = try MatrixGenerator.sparse(Shape(50, 30), density: 0.1, seed: 1)
    let long: SparseMatrix<Double> = try MatrixGenerator.sparse(Shape(10, 300), density: 0.4, seed: 1)
    guard case .grouped = PreparedSlab(.sparse(short)), case .plain = PreparedSlab(.sparse(long)),
      case .plain = PreparedSlab(.dense(try short.dense()))
    else {
      Issue.record("slabs are not prepared by content")
      return
    }
    let wide: SparseMatrix<Double> = try MatrixGenerator.sparse(Shape(5, 70_000), density: 1e-4, seed: 1)
    for matrix in [short, long, wide] {
      let slab = PreparedSlab(.sparse(matrix))
      let bytes = encoded(slab)
      #expect(try decoded(PreparedSlab<Double>.self, bytes) == slab)
      for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 200)) {
        #expect(throws: CommunicationError.self) {
          _ = try decoded(PreparedSlab<Double>.self, Array(bytes.prefix(length)))
        }
      }
      var generator = SeededGenerator(seed: 30)
      for _ in 0..<200 {
        var damaged = bytes
        damaged.mutate(using: &generator)
        _ = try? decoded(PreparedSlab<Double>.self, damaged)
      }
    }
  }

  private func column<S: Scalar>(_ x: [S]) -> DenseMatrix<S> {
    DenseMatrix(rows: x.count, columns: 1) { i, _ in x[i] }
  }
}
