// Generated sparse matrices are functions of (seed, row), their rows sets of distinct columns, and both follow the
// distributions they are said to.

import Numerics
import TesseraTestSupport
import Testing

@testable import TesseraLocalMatrices

@Suite struct GeneratorTests {
  @Test(arguments: [0.0, 0.01, 0.2, 0.7, 1.0]) func rowsDoNotDependOnWhoMakesThem(density: Double) throws {
    let whole: SparseMatrix<Float> = try MatrixGenerator.sparse(Shape(60, 130), density: density, seed: 5)
    for cut in [0, 1, 31, 60] {
      let above: SparseMatrix<Float> = try MatrixGenerator.sparse(
        rows: 0..<cut, columns: 130, density: density, seed: 5)
      let below: SparseMatrix<Float> = try MatrixGenerator.sparse(
        rows: cut..<60, columns: 130, density: density, seed: 5)
      #expect(try SparseMatrix.stackedRows([above, below]) == whole)
    }
    // Ascending and distinct: what the checked initializer takes.
    #expect(
      try SparseMatrix(
        rows: 60, columns: 130, axis: .rows, offsets: whole.offsets, indices: whole.indices,
        values: whole.values) == whole)
  }

  @Test func columnsAndLengthsFollowTheirDistributions() throws {
    // Both ways of drawing a row's columns: few entries one by one, many by a table of bits.
    for (n, mean) in [(50, 5.0), (300, 60.0)] {
      let m = 20_000
      let a: SparseMatrix<Double> = try MatrixGenerator.sparse(
        Shape(m, n), density: mean / Double(n), seed: 11)
      let lengths = (0..<m).map { Double(a.offsets[$0 + 1] - a.offsets[$0]) }
      let average = lengths.reduce(0, +) / Double(m)
      let variance = lengths.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(m)
      // Five standard deviations of the mean and of the variance of m Poisson numbers.
      #expect(abs(average - mean) < 5 * (mean / Double(m)).squareRoot())
      #expect(abs(variance - mean) < 5 * mean * (3 / Double(m)).squareRoot())
      var counts = [Double](repeating: 0, count: n)
      for j in a.indices { counts[Int(j)] += 1 }
      let expected = Double(a.nonzeroCount) / Double(n)
      let chi = counts.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
      #expect(chi < Double(n) + 5 * (2 * Double(n)).squareRoot(), "columns are not uniform")
      #expect(a.values.allSatisfy { $0 >= -1 && $0 < 1 })
      let sum = a.values.reduce(0, +) / (Double(a.nonzeroCount) / 3).squareRoot()
      #expect(abs(sum) < 5, "values are not centred")
    }
  }

  @Test func everyColumnIsThereAtDensityOneOfAFullRow() throws {
    // A Poisson number above n gives a full row.
    let a: SparseMatrix<Double> = try MatrixGenerator.sparse(Shape(400, 40), density: 1, seed: 2)
    let full = (0..<400).filter { a.offsets[$0 + 1] - a.offsets[$0] == 40 }
    #expect(full.count > 100)
  }

  /// What a definition in a few lines makes, whichever way a row is put in order.
  @Test(arguments: [(500, 0.02), (500, 0.9), (3, 1.0), (100_000, 0.005)])
  func powerLawRowsAreTheSumsOfTheirDraws(columns: Int, density: Double) throws {
    let a: SparseMatrix<Double> = try MatrixGenerator.powerLaw(
      rows: 3..<9, columns: columns, density: density, seed: 7)
    // Ascending and distinct: what the checked initializer takes.
    let checked = try SparseMatrix(
      rows: 6, columns: columns, axis: .rows, offsets: a.offsets, indices: a.indices, values: a.values)
    let random = CounterBasedRandom(seed: 7)
    for i in 3..<9 {
      var sums = [Double](repeating: 0, count: columns)
      let row = try checked[i - 3..<i - 2, 0..<columns]
      let quantiles = PoissonQuantiles(mean: density * Double(columns))
      let draws = min(columns, quantiles.number(at: random.uniform(UInt64(i), stream: 1)))
      for entry in 0..<draws {
        let bits = random.bits(UInt64(i) << 32 | UInt64(entry), stream: 2)
        let place = Double.exp(Double(bits.0 >> 11) * 0x1p-53 * Double.log(Double(columns) + 1)) - 1
        sums[Int(min(max(place, 0), Double(columns - 1)))] += CounterBasedRandom.symmetric(
          bits.1, bits.1 << 24)
      }
      #expect(try row.dense() == DenseMatrix([sums]))
    }
  }

  @Test func quantilesInvertTheDistribution() {
    for mean in [0.0, 0.3, 2.2, 17, 29.9, 120, 499] {
      let quantiles = PoissonQuantiles(mean: mean)
      var (term, sum) = (Double.exp(-mean), Double.exp(-mean))
      for k in 0..<Int(mean + 5 * mean.squareRoot() + 3) where sum < 1 - 1e-12 {
        #expect(quantiles.number(at: max(0, sum * (1 - 1e-9))) <= k, "mean \(mean), k \(k)")
        #expect(quantiles.number(at: min(sum * (1 + 1e-9), 1 - 1e-16)) >= k, "mean \(mean), k \(k)")
        term *= mean / Double(k + 1)
        sum += term
      }
      #expect(quantiles.number(at: 0) == 0 || mean > 30)
    }
  }
}
