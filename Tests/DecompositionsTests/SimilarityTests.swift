// Cosine similarities: exact ones against their definition, sampled ones against their bound.

import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

/// What is compared of a result, in the order of rows and columns.
private struct Pair<S: Scalar>: Equatable, Sendable {
  let i: Int
  let j: Int
  let value: S
}

private func similar<S: Scalar>(
  _ a: LocalMatrix<S>, threshold: S.Real = 0, standardError: S.Real = 0, seed: UInt64 = 0, limit: Int? = nil,
  byRows: Bool = false, partitions: Int? = 4, workers: Int = 2, way: Way = .messagePassing
) async throws -> [Pair<S>] {
  try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
    let matrix = try await RowMatrix(a, partitions: partitions, on: cluster)
    let found =
      try await byRows
      ? matrix.rowSimilarities(threshold: threshold, standardError: standardError, seed: seed, limit: limit)
      : matrix.columnSimilarities(
        threshold: threshold, standardError: standardError, seed: seed, limit: limit)
    var pairs: [Pair<S>] = []
    found.pairs.forEach { pairs.append(Pair(i: $0, j: $1, value: $2)) }
    return pairs.sorted { ($0.i, $0.j) < ($1.i, $1.j) }
  }
}

/// By the definition.
private func cosines<S: Scalar>(_ a: DenseMatrix<S>, threshold: S.Real) -> [Pair<S>] {
  var pairs: [Pair<S>] = []
  for i in 0..<a.columns {
    for j in i + 1..<max(i + 1, a.columns) {
      let (x, y) = (a.column(i), a.column(j))
      guard norm(x) > 0, norm(y) > 0 else { continue }
      let value = S(real: 1 / (norm(x) * norm(y))) * dot(x, y)
      if value.modulus >= threshold, value != 0 { pairs.append(Pair(i: i, j: j, value: value)) }
    }
  }
  return pairs
}

@Suite(.timeLimit(.minutes(30))) struct SimilarityTests {
  @Test(arguments: ScalarKind.allCases)
  func exactOnesAreTheirDefinition(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 100)
      for (m, n) in [(0, 3), (3, 0), (1, 1), (1, 5), (50, 10), (10, 50)] {
        let sparse: SparseMatrix<S> = try generator.sparse(m, n, density: 0.3)
        for local in [LocalMatrix.sparse(sparse), .dense(generator.dense(m, n))] {
          let a = try local.dense()
          for threshold in [0, 0.25] as [S.Real] {
            let found = try await similar(local, threshold: threshold)
            let expected = cosines(a, threshold: threshold)
            // At the threshold, rounding decides.
            #expect((found.count - expected.count).magnitude <= (threshold > 0 ? 1 : 0), "\(m) x \(n)")
            if found.count == expected.count {
              for (x, y) in zip(found, expected) {
                #expect(x.i == y.i && x.j == y.j)
                #expect((x.value - y.value).modulus < 100 * S.Real.ulpOfOne)
              }
            }
          }
          let rows = try await similar(local, threshold: 0, byRows: true)
          #expect(rows.count == cosines(a.transposed(), threshold: 0).count)
        }
      }
    }
    try await check(scalar.type)
  }

  @Test func manyColumnsStaySparseOnTheWorkers() async throws {
    var generator = SeededGenerator(seed: 101)
    let n = 5000
    var entries = try TripletMatrix<Double>(rows: 300, columns: n)
    for j in 0..<n {
      for _ in 0..<2 { entries.append(Int(generator.next() % 300), j, 1 + generator.scalar(Double.self) / 2) }
    }
    let sparse = try entries.compressed()
    let found = try await similar(.sparse(sparse), threshold: 0.9)
    let columns = sparse.compressed(by: .columns)
    var expected = 0
    // Mostly columns whose two rows are the same; all are looked at.
    let lists = (0..<n).map { j in
      (columns.offsets[j]..<columns.offsets[j + 1]).map { (columns.indices[$0], columns.values[$0]) }
    }
    for i in 0..<n {
      for j in i + 1..<n {
        var product = 0.0
        for (r, x) in lists[i] { for (s, y) in lists[j] where s == r { product += x * y } }
        if product == 0 { continue }
        let size = lists[i].reduce(0) { $0 + $1.1 * $1.1 } * lists[j].reduce(0) { $0 + $1.1 * $1.1 }
        if product / size.squareRoot() >= 0.9 { expected += 1 }
      }
    }
    #expect(expected > 100 && (found.count - expected).magnitude <= 1, "\(found.count), \(expected)")
  }

  @Test(arguments: [-1030, -1000, -500, 500, 1000, 1023], [0, 0.2])
  func scalesOfTwoChangeNothingElse(exponent: Int, standardError: Double) async throws {
    var generator = SeededGenerator(seed: 102)
    // Few enough digits for subnormal numbers.
    let a: DenseMatrix<Double> = generator.dense(300, 5).map { ($0 * 256).rounded() / 256 }
    let factor = Double(sign: .plus, exponent: exponent / 2, significand: 1)
    let rest = Double(sign: .plus, exponent: exponent - exponent / 2, significand: 1)
    let x = try await similar(.dense(a), standardError: standardError)
    let y = try await similar(.dense(a.map { rest * (factor * $0) }), standardError: standardError)
    #expect(x.count == 10 && y.count == 10)
    for (p, q) in zip(x, y) {
      // What is sampled depends on the sizes of columns, which are not the same when each is scaled by itself.
      #expect((p.value - q.value).magnitude < (standardError > 0 ? 5 * standardError : 1e-14))
    }
  }

  @Test func columnsOfAllSizesAndZeroOnesAreCompared() async throws {
    var generator = SeededGenerator(seed: 106)
    let a: DenseMatrix<Double> = generator.dense(40, 4)
    let exponents = [1000, -1000, 0, 300]
    let scaled = DenseMatrix<Double>(rows: 40, columns: 5) { i, j in
      j == 4 ? 0 : a[i, j] * Double(sign: .plus, exponent: exponents[j], significand: 1)
    }
    let (x, y) = (try await similar(.dense(a)), try await similar(.dense(scaled)))
    #expect(x.map(\.i) == y.map(\.i) && x.map(\.j) == y.map(\.j))
    for (p, q) in zip(x, y) { #expect((p.value - q.value).magnitude < 1e-14) }
    // A zero column alone changes nothing of the others.
    let zero = DenseMatrix<Double>(rows: 40, columns: 5) { i, j in j == 4 ? 0 : a[i, j] }
    for (p, q) in zip(x, try await similar(.dense(zero))) { #expect((p.value - q.value).magnitude < 1e-14) }
  }

  /// More slabs than the products are worth: they are joined, and nothing but rounding tells.
  @Test func slabsOfASparseMatrixAreJoinedForItsGramMatrix() async throws {
    var generator = SeededGenerator(seed: 107)
    let sparse: SparseMatrix<Double> = try generator.sparse(600, 90, density: 0.02)
    #expect(joinedSlabs(Shape(600, 90), storedCount: sparse.nonzeroCount, slabs: 37) == 8)
    #expect(joinedSlabs(Shape(600, 90), storedCount: 600 * 90, slabs: 37) == 1)
    let exact = cosines(try sparse.dense(), threshold: 0)
    let expected = try await similar(.sparse(sparse), partitions: 37, workers: 1)
    #expect(expected.map(\.i) == exact.map(\.i) && expected.map(\.j) == exact.map(\.j))
    for (x, y) in zip(expected, exact) { #expect((x.value - y.value).magnitude < 1e-14) }
    for (workers, way) in [(2, Way.dataflow), (3, .messagePassingEncoded), (7, .dataflowEncoded)] {
      #expect(
        try await similar(.sparse(sparse), partitions: 37, workers: workers, way: way) == expected,
        "\(workers) workers, \(way)")
    }
  }

  /// Over 40 seeds the mean is unbiased and the spread within the bound that is reported.
  @Test func sampledOnesKeepTheirStandardError() async throws {
    var generator = SeededGenerator(seed: 103)
    let sparse: SparseMatrix<Double> = try generator.sparse(3000, 6, density: 0.5)
    let exact = cosines(try sparse.dense(), threshold: 0)
    let (error, seeds) = (0.08, 40)
    var (sums, squares) = ([Double](repeating: 0, count: 15), [Double](repeating: 0, count: 15))
    for seed in 0..<seeds {
      let found = try await similar(.sparse(sparse), standardError: error, seed: UInt64(seed))
      for pair in found {
        guard let k = exact.firstIndex(where: { $0.i == pair.i && $0.j == pair.j }) else { continue }
        let difference = pair.value - exact[k].value
        sums[k] += difference
        squares[k] += difference * difference
      }
    }
    let spread = squares.map { ($0 / Double(seeds)).squareRoot() }
    // Something is left out, and no more than is allowed: 40 draws know a deviation to a fifth or so.
    #expect(spread.allSatisfy { $0 > 0 && $0 < 1.3 * error }, "\(spread)")
    #expect(sums.allSatisfy { ($0 / Double(seeds)).magnitude < 4 * error / Double(seeds).squareRoot() })
  }

  @Test func aSampleDependsOnTheSeedAlone() async throws {
    var generator = SeededGenerator(seed: 104)
    let sparse: SparseMatrix<Double> = try generator.sparse(400, 8, density: 0.5)
    let expected = try await similar(.sparse(sparse), standardError: 0.2, seed: 5, workers: 1)
    for (workers, way) in [(2, Way.dataflow), (3, .messagePassingEncoded), (5, .dataflowEncoded)] {
      #expect(
        try await similar(.sparse(sparse), standardError: 0.2, seed: 5, workers: workers, way: way)
          == expected)
    }
    let otherCut = try await similar(.sparse(sparse), standardError: 0.2, seed: 5, partitions: 9)
    #expect(otherCut.map(\.j) == expected.map(\.j))
    for (x, y) in zip(otherCut, expected) { #expect((x.value - y.value).magnitude < 1e-14) }
    #expect(try await similar(.sparse(sparse), standardError: 0.2, seed: 6) != expected)
    // An accepted error that nothing needs to be left out for leaves nothing out.
    #expect(try await similar(.sparse(sparse), standardError: 1e-3) == similar(.sparse(sparse)))
  }

  @Test func moreThanFitsIsRefusedWithWhatItIs() async throws {
    var generator = SeededGenerator(seed: 105)
    let a = LocalMatrix<Double>.dense(generator.dense(20, 9))
    await #expect(throws: LinearAlgebraError.self) { try await similar(a, limit: 35) }
    #expect(try await similar(a, limit: 36).count == 36)
    // Of sampled columns and of a Gram matrix that stays on the workers alike.
    let tall = LocalMatrix<Double>.dense(generator.dense(4000, 9))
    #expect(try await similar(tall, standardError: 0.05, limit: 36).count == 36)
    await #expect(
      throws: LinearAlgebraError.tooLarge(
        what: "the number of similar pairs (a higher threshold has fewer)", value: 36, limit: 35)
    ) { try await similar(tall, standardError: 0.05, limit: 35) }
    let wide = LocalMatrix<Double>.sparse(
      DenseMatrix(rows: 2, columns: 4100) { i, j in j < 12 || i == 1 && j % 400 == 0 ? 1 : 0 }.sparse())
    await #expect(throws: (any Error).self) { try await similar(wide, limit: 20) }
    await #expect(throws: LinearAlgebraError.self) { try await similar(a, threshold: 1.5) }
    await #expect(throws: LinearAlgebraError.self) { try await similar(a, threshold: .nan) }
    await #expect(throws: LinearAlgebraError.self) { try await similar(a, standardError: -1) }
  }
}
