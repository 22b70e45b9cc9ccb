// Sparse matrices and triplets: conversions round trip, duplicates add up, and the dense matrix says what is
// right.

import Numerics
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

private let shapes = [(0, 0), (0, 4), (4, 0), (1, 1), (7, 5), (5, 7), (40, 33)]

@Suite struct SparseMatrixTests {
  /// Parts of every form, one below the other with gaps, side by side, and both.
  @Test(arguments: ScalarKind.allCases)
  func partsAreAssembledWhereTheyStand(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 33)
      let a: SparseMatrix<S> = try generator.sparse(30, 20, density: 0.2)
      let dense = try a.dense()
      for cuts in [
        [(0..<10, 0..<20), (10..<30, 0..<20)], [(20..<30, 3..<20), (2..<11, 0..<17), (11..<11, 0..<3)],
        [(0..<30, 12..<20), (0..<30, 0..<12)], [(0..<10, 0..<9), (5..<30, 9..<20), (10..<30, 0..<9)], [],
      ] {
        let expected = DenseMatrix<S>(rows: 30, columns: 20) { i, j in
          cuts.contains { $0.0.contains(i) && $0.1.contains(j) } ? dense[i, j] : 0
        }
        for isDense in [[false], [true], [true, false], [false, true]] {
          let parts = try cuts.enumerated().map { k, cut in
            let part = try a[cut.0, cut.1]
            return PlacedPart<S>(
              row: cut.0.lowerBound, column: cut.1.lowerBound,
              isDense[k % isDense.count]
                ? .dense(try part.dense(order: k % 2 == 0 ? .rowMajor : .columnMajor)) : .sparse(part))
          }
          let whole = try LocalMatrix.assembled(rows: 30, columns: 20, parts)
          #expect(try whole.dense() == expected)
          guard case .sparse(let b) = whole else { continue }
          #expect(
            try SparseMatrix(
              rows: 30, columns: 20, axis: b.axis, offsets: b.offsets, indices: b.indices, values: b.values)
              == b)
        }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func everyRepresentationIsTheSameMatrix(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 30)
      for (m, n) in shapes {
        let a: SparseMatrix<S> = try generator.sparse(m, n, density: 0.3)
        let dense = try a.dense()
        for stored in a.representations {
          #expect(stored == a)
          #expect(try stored.dense(order: .rowMajor) == dense && stored.dense(order: .columnMajor) == dense)
          #expect(try stored.transposed().dense() == dense.transposed())
          #expect(try stored.conjugated().dense() == dense.conjugated())
          #expect(try stored.adjoint().dense() == dense.adjoint())
          #expect(try stored.resolved().dense() == dense && !stored.resolved().isConjugated)
          #expect(try stored.triplets().compressed() == a && stored.triplets().compressed(by: .columns) == a)
          #expect(DenseMatrix(rows: m, columns: n) { stored[$0, $1] } == dense)
          #expect(try stored.mapStored { $0 + $0 }.dense() == dense + dense)
          for rows in [0..<m, m / 3..<m - m / 3] {
            for columns in [0..<n, n / 4..<n] {
              #expect(try stored[rows, columns].dense() == dense[rows, columns])
            }
          }
          #expect(try SparseMatrix.stackedRows([stored[0..<m / 2, 0..<n], a[m / 2..<m, 0..<n]]) == a)
        }
        #expect(dense.representations.allSatisfy { $0.sparse() == a })
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func transposesShareTheBuffers(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 31)
      let a: SparseMatrix<S> = try generator.sparse(6, 9, density: 0.5)
      for b in [a.transposed(), a.conjugated(), a.adjoint()] {
        #expect(a.storage.withUnsafeBytes(\.baseAddress) == b.storage.withUnsafeBytes(\.baseAddress))
        #expect(a.indices.withUnsafeBytes(\.baseAddress) == b.indices.withUnsafeBytes(\.baseAddress))
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func sumsMergeThePatterns(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 32)
      for (m, n) in shapes {
        let a: SparseMatrix<S> = try generator.sparse(m, n, density: 0.3)
        let b: SparseMatrix<S> = try generator.sparse(m, n, density: 0.3)
        let factor: S = generator.scalar()
        for left in a.representations {
          for right in b.representations {
            #expect(try (left + right).dense() == a.dense() + b.dense())
            #expect(try (left - right).dense() == a.dense() - b.dense())
          }
          #expect(try (factor * left).dense() == factor * a.dense())
        }
        // Entries that cancel stay.
        #expect(try (a - a).nonzeroCount == a.nonzeroCount)
      }
    }
    try check(scalar.type)
  }

  @Test func theLastIndexOfTheLargestTileTakesPartInSums() throws {
    let last = Int(Int32.max) - 1
    func row(_ columns: [Int32]) throws -> SparseMatrix<Double> {
      try SparseMatrix(
        rows: 1, columns: last + 1, axis: .rows, offsets: [0, columns.count], indices: columns,
        values: columns.map { _ in 1 })
    }
    let sum = try row([0, Int32(last)]) + row([3, Int32(last)])
    #expect(sum.indices == [0, 3, Int32(last)] && sum.values == [1, 1, 2])
    #expect(try row([Int32(last)]).norm() == 1)
  }

  @Test(arguments: ScalarKind.allCases)
  func duplicatesAddUp(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 33)
      for (m, n) in shapes where m * n > 0 {
        var expected = DenseMatrix<S>(zeros: m, n)
        var entries = try TripletMatrix<S>(rows: m, columns: n)
        for _ in 0..<2 * m * n {
          let (i, j) = (Int(generator.next() % UInt64(m)), Int(generator.next() % UInt64(n)))
          let value: S = generator.integer()
          entries.append(i, j, value)
          expected[i, j] += value
        }
        for axis in [CompressedAxis.rows, .columns] {
          #expect(try entries.compressed(by: axis).dense() == expected)
          #expect(try entries.adjoint().compressed(by: axis).dense() == expected.adjoint())
          #expect(try entries.conjugated().transposed().compressed(by: axis).dense() == expected.adjoint())
        }
        #expect(try entries.dense() == expected && entries.dense(order: .rowMajor) == expected)
        var conjugated = entries.conjugated()
        conjugated.append(0, 0, S(real: 1, imaginary: 1))
        var more = expected.conjugated()
        more[0, 0] += S(real: 1, imaginary: 1)
        #expect(try conjugated.dense() == more)
      }
    }
    try check(scalar.type)
  }

  /// Lists in every order, short lines and long ones: what stable sorting and adding up in the order of the list gives,
  /// bit for bit. The list stays as it was for those who hold it.
  @Test(arguments: [(40, 30, 90), (1, 50_000, 3000), (3, 7, 4000), (20_000, 2, 9000), (5, 1, 200), (4, 4, 0)])
  func listsInAnyOrderAreCompressed(rows: Int, columns: Int, count: Int) throws {
    var random = SeededGenerator(seed: count)
    let drawn = (0..<count).map { _ in
      Drawn(
        row: Int32.random(in: 0..<Int32(rows), using: &random),
        column: Int32.random(in: 0..<Int32(columns), using: &random),
        value: Double.random(in: -1...1, using: &random))
    }
    let byRows = drawn.sorted { $0.place(.rows) < $1.place(.rows) }
    let byColumns = drawn.sorted { $0.place(.columns) < $1.place(.columns) }
    var distinct: [Drawn] = []
    for entry in byRows where entry.place(.rows) != distinct.last?.place(.rows) { distinct.append(entry) }
    for entries in [drawn, byRows, byColumns, byRows.reversed(), distinct] {
      let (i, j, values) = (entries.map(\.row), entries.map(\.column), entries.map(\.value))
      let list = try TripletMatrix<Double>(
        rows: rows, columns: columns, rowIndices: i, columnIndices: j, values: values)
      for axis in [CompressedAxis.rows, .columns] {
        var sums: [UInt64: Double] = [:]
        for entry in entries {
          sums[entry.place(axis)] = sums[entry.place(axis)].map { $0 + entry.value } ?? entry.value
        }
        let places = sums.keys.sorted()
        var offsets = [Int](repeating: 0, count: (axis == .rows ? rows : columns) + 1)
        for place in places { offsets[Int(place >> 32) + 1] += 1 }
        for p in 1..<offsets.count { offsets[p] += offsets[p - 1] }
        let compressed = try list.compressed(by: axis)
        #expect(compressed.offsets == offsets)
        #expect(compressed.indices == places.map { Int32(truncatingIfNeeded: $0) })
        #expect(compressed.storage == places.map { sums[$0] ?? .nan })
        #expect(list.rowIndices == i && list.columnIndices == j && list.storage == values)
      }
    }
  }

  private struct Drawn {
    var row: Int32
    var column: Int32
    var value: Double

    /// Its place, major index first.
    func place(_ axis: CompressedAxis) -> UInt64 {
      axis == .rows ? UInt64(row) << 32 | UInt64(column) : UInt64(column) << 32 | UInt64(row)
    }
  }

  @Test func storedZerosAreEntries() throws {
    let a = try TripletMatrix<Double>(
      rows: 2, columns: 2, rowIndices: [0, 1], columnIndices: [1, 1], values: [0, 2])
    #expect(try a.compressed().nonzeroCount == 2)
    #expect(try a.compressed().dense().sparse().nonzeroCount == 1)
  }

  /// Duplicates add up in each list before the two meet, and no factor of one touches an infinity.
  @Test func sumsOfListsKeepThePlacesOfBoth() throws {
    func list(_ entries: [(Int, Int, Double)]) throws -> TripletMatrix<Double> {
      var list = try TripletMatrix<Double>(rows: 3, columns: 4)
      for (i, j, value) in entries { list.append(i, j, value) }
      return list
    }
    let a = try list([(2, 3, 1), (0, 0, 0), (2, 3, 1e16), (1, 1, 5)])
    let b = try list([(2, 3, 1), (1, 1, -5), (0, 2, -0.0)])
    let sum = try a.scaled(by: 1, adding: b, times: 1)
    #expect(sum.rowIndices == [0, 0, 1, 2] && sum.columnIndices == [0, 2, 1, 3])
    #expect(sum.storage == [0, 0, 0, (1 + 1e16) + 1] && sum.storage[1].sign == .minus)
    #expect(try a.scaled(by: 2, adding: a, times: -2).storage == [0, 0, 0])
    var infinite = try TripletMatrix<Complex<Double>>(rows: 1, columns: 1)
    infinite.append(0, 0, Complex(.infinity, 0))
    let doubled = try infinite.conjugated().scaled(by: 1, adding: infinite, times: 1).storage[0]
    #expect(doubled.realPart == .infinity && doubled.imaginaryPart == 0)
    #expect(throws: LinearAlgebraError.self) {
      try a.scaled(by: 1, adding: TripletMatrix(rows: 4, columns: 3), times: 1)
    }
  }

  @Test func localMatricesAreSparseWhenBothOperandsAre() throws {
    let dense = LocalMatrix.dense(DenseMatrix<Double>([[1, 2], [0, 3]]))
    let sparse = LocalMatrix.sparse(DenseMatrix<Double>([[1, 2], [0, 3]]).sparse())
    for (a, b) in [(dense, dense), (dense, sparse), (sparse, dense), (sparse, sparse)] {
      let c = try a * b
      #expect(try c.dense() == DenseMatrix([[1, 8], [0, 9]]))
      if case .sparse = c { #expect(a == sparse && b == sparse) } else { #expect(a == dense || b == dense) }
      #expect(
        try LocalMatrix.stackedRows([a, b]).dense() == DenseMatrix([[1, 2], [0, 3], [1, 2], [0, 3]]))
      #expect(try a.transposed().dense() == DenseMatrix([[1, 0], [2, 3]]) && a.norm(.one) == 5)
      #expect(try a[0..<1, 1..<2].dense() == DenseMatrix([[2]]))
    }
    #expect(sparse.storedCount == 3 && dense.storedCount == 4)
    #expect(throws: LinearAlgebraError.self) { try LocalMatrix<Double>.stackedRows([]) }
  }

  @Test func badArgumentsAreRefused() throws {
    func sparse(_ offsets: [Int], _ indices: [Int32], _ values: [Double]) throws {
      _ = try SparseMatrix(
        rows: 2, columns: 3, axis: .rows, offsets: offsets, indices: indices, values: values)
    }
    try sparse([0, 1, 2], [0, 2], [1, 2])
    #expect(throws: LinearAlgebraError.self) { try sparse([0, 2], [0, 2], [1, 2]) }
    #expect(throws: LinearAlgebraError.self) { try sparse([1, 1, 2], [0, 2], [1, 2]) }
    #expect(throws: LinearAlgebraError.self) { try sparse([0, 3, 2], [0, 2], [1, 2]) }
    #expect(throws: LinearAlgebraError.self) { try sparse([0, 1, 2], [0, 3], [1, 2]) }
    #expect(throws: LinearAlgebraError.self) { try sparse([0, 1, 2], [-1, 2], [1, 2]) }
    #expect(throws: LinearAlgebraError.self) { try sparse([0, 2, 2], [1, 1], [1, 2]) }
    #expect(throws: LinearAlgebraError.self) { try sparse([0, 2, 2], [2, 1], [1, 2]) }
    #expect(throws: LinearAlgebraError.self) { try sparse([0, 1, 2], [0, 2], [1]) }
    let a = SparseMatrix<Double>(zeros: 2, 3)
    #expect(throws: LinearAlgebraError.self) { try a + a.transposed() }
    #expect(throws: LinearAlgebraError.self) { try a * a }
    #expect(throws: LinearAlgebraError.self) { try a * [1] }
    #expect(throws: LinearAlgebraError.self) { try a[0..<3, 0..<1] }
    #expect(throws: LinearAlgebraError.self) { try SparseMatrix<Double>.stackedRows([]) }
    #expect(throws: LinearAlgebraError.self) { try SparseMatrix.stackedRows([a, a.transposed()]) }
    #expect(throws: LinearAlgebraError.self) { try TripletMatrix<Double>(rows: -1, columns: 2) }
    #expect(throws: LinearAlgebraError.self) { try TripletMatrix<Double>(rows: 1 << 31, columns: 2) }
    #expect(throws: LinearAlgebraError.self) {
      try TripletMatrix<Double>(rows: 1, columns: 1, rowIndices: [0], columnIndices: [1], values: [1])
    }
    #expect(throws: LinearAlgebraError.self) {
      try TripletMatrix<Double>(rows: 1, columns: 1, rowIndices: [0], columnIndices: [], values: [1])
    }
    #expect(throws: LinearAlgebraError.self) {
      try TripletMatrix<Double>(rows: Int(Int32.max), columns: Int(Int32.max)).dense()
    }
  }
}
