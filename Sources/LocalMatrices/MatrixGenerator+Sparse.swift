// Sparse random matrices straight in compressed rows. Row i has a Poisson number of draws (at most n): of distinct
// columns, every set of so many equally likely, or of columns with a power law; values are uniform in [-1, 1). The number is a function of (seed, i),
// column and value of (seed, i, entry), so that rows are made in any order by anyone, in the memory of the result.
// About 25 ns an entry, most of it the generator.
//
// Distinct columns: for j = n - k ... n - 1 take a random one of 0...j, or j itself where that is taken already
// (Bentley and Floyd, A Sample of Brilliance, Communications of the ACM 30, 1987): k draws, no rejections.

import Numerics

extension MatrixGenerator {
  /// A sparse m x n matrix: each row has as many entries as chance gives it (a Poisson number with mean
  /// `density` n, at most n), at uniformly random distinct columns. Values uniform in [-1, 1).
  ///
  /// - Throws: `invalidArgument`, `tooLarge`, `outOfMemory`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func sparse<S: Scalar>(
    _ shape: Shape, density: Double, seed: UInt64, as type: S.Type = S.self
  ) throws(LinearAlgebraError) -> SparseMatrix<S> {
    try checkDimensions(shape.rows, shape.columns)
    return try sparse(rows: 0..<shape.rows, columns: shape.columns, density: density, seed: seed)
  }

  /// The given rows of the sparse m x n matrix of this density and seed.
  ///
  /// - Throws: `invalidArgument`, `tooLarge`, `outOfMemory`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func sparse<S: Scalar>(
    rows: Range<Int>, columns: Int, density: Double, seed: UInt64, as type: S.Type = S.self
  ) throws(LinearAlgebraError) -> SparseMatrix<S> {
    let (random, offsets) = try lengths(rows, columns, density, seed, S.self)
    let total = offsets[rows.count]
    var values: [S] = []
    let indices = [Int32](inLargePages: total) { indices, indexCount in
      values = [S](inLargePages: total) { values, valueCount in
        for (r, i) in rows.enumerated() {
          let (start, entries) = (offsets[r], offsets[r + 1] - offsets[r])
          let row = RandomRow(random: random, row: i, columns: columns, entries: entries)
          row.fill(UnsafeMutableBufferPointer(rebasing: indices[start..<start + entries])) { entry, bits in
            values.initializeElement(at: start + entry, to: scalar(bits))
          }
        }
        valueCount = total
      }
      indexCount = total
    }
    return SparseMatrix(
      unchecked: rows.count, columns, axis: .rows, offsets: offsets, indices: indices, values)
  }

  /// A sparse m x n matrix in which column j is drawn with a probability that falls as 1/(j + 1), as words in
  /// texts and links between pages are. Each row has a Poisson number of draws with mean `density` n (at most
  /// n); those of the same column add up.
  ///
  /// - Throws: `invalidArgument`, `tooLarge`, `outOfMemory`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func powerLaw<S: Scalar>(
    _ shape: Shape, density: Double, seed: UInt64, as type: S.Type = S.self
  ) throws(LinearAlgebraError) -> SparseMatrix<S> {
    try checkDimensions(shape.rows, shape.columns)
    return try powerLaw(rows: 0..<shape.rows, columns: shape.columns, density: density, seed: seed)
  }

  /// The given rows of the power-law m x n matrix of this density and seed.
  ///
  /// - Throws: `invalidArgument`, `tooLarge`, `outOfMemory`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func powerLaw<S: Scalar>(
    rows: Range<Int>, columns: Int, density: Double, seed: UInt64, as type: S.Type = S.self
  ) throws(LinearAlgebraError) -> SparseMatrix<S> {
    let (random, draws) = try lengths(rows, columns, density, seed, S.self)
    let logarithm = Double.log(Double(columns) + 1)
    var offsets = [Int](roomInLargePages: rows.count + 1)
    var values: [S] = []
    offsets.append(0)
    let indices = [Int32](inLargePages: draws[rows.count]) { indices, indexCount in
      values = [S](inLargePages: draws[rows.count]) { values, valueCount in
        var end = 0
        // A long row: column and number of each draw, and its value.
        var long: [(key: UInt64, value: S)] = []
        func draw(_ row: Int, _ entry: Int) -> (column: Int32, value: S) {
          let bits = random.bits(UInt64(row) << 32 | UInt64(entry), stream: 2)
          // The inverse of the distribution log(1 + j) / log(1 + n), at a multiple of 2^-53.
          let drawn = Double.exp(Double(bits.0 >> 11) * 0x1p-53 * logarithm) - 1
          return (Int32(min(max(drawn, 0), Double(columns - 1))), scalar(bits.1))
        }
        for (r, i) in rows.enumerated() {
          let (start, count) = (end, draws[r + 1] - draws[r])
          if count > mostInserted {
            long.removeAll(keepingCapacity: true)
            for entry in 0..<count {
              let (column, value) = draw(i, entry)
              long.append((UInt64(UInt32(bitPattern: column)) << 32 | UInt64(entry), value))
            }
            long.sort { $0.key < $1.key }
            for (key, value) in long {
              let column = Int32(truncatingIfNeeded: key >> 32)
              if end > start && indices[end - 1] == column {
                values[end - 1] += value
              } else {
                indices[end] = column
                values[end] = value
                end += 1
              }
            }
          } else {
            for entry in 0..<count {
              let (column, value) = draw(i, entry)
              // Among the row's columns so far, which ascend.
              var place = end
              while place > start && indices[place - 1] > column { place -= 1 }
              if place > start && indices[place - 1] == column {
                values[place - 1] += value
              } else {
                var next = end
                while next > place {
                  indices[next] = indices[next - 1]
                  values[next] = values[next - 1]
                  next -= 1
                }
                indices[place] = column
                values[place] = value
                end += 1
              }
            }
          }
          offsets.append(end)
        }
        valueCount = end
      }
      indexCount = values.count
    }
    return SparseMatrix(
      unchecked: rows.count, columns, axis: .rows, offsets: offsets, indices: indices, values)
  }

  /// A scalar from random bits, 24 for each part.
  @inline(__always)
  private static func scalar<S: Scalar>(_ bits: UInt64) -> S {
    CounterBasedRandom.symmetric(bits, bits << 24)
  }

  /// The seed's numbers, and where each row's entries begin when each has a Poisson number of them.
  private static func lengths<S: Scalar>(
    _ rows: Range<Int>, _ columns: Int, _ density: Double, _ seed: UInt64, _: S.Type
  ) throws(LinearAlgebraError) -> (CounterBasedRandom, offsets: [Int]) {
    guard density >= 0, density <= 1 else {
      throw .invalidArgument("the density is \(density), expected 0 to 1")
    }
    try checkDimensions(rows.upperBound, columns)
    let mean = density * Double(columns)
    try MemoryGuard.check(
      "a sparse matrix of \(rows.count) x \(columns) with density \(density)", rows.count, Int(mean) + 1,
      bytesPerElement: MemoryLayout<S>.stride + 8)
    let random = CounterBasedRandom(seed: seed)
    let quantiles = PoissonQuantiles(mean: mean)
    var offsets = [Int](roomInLargePages: rows.count + 1)
    var total = 0
    offsets.append(total)
    for i in rows {
      total += min(columns, quantiles.number(at: random.uniform(UInt64(i), stream: 1)))
      offsets.append(total)
    }
    return (random, offsets)
  }
}

/// A row of at most so many entries is kept in order while they come; a longer one is sorted afterwards.
private let mostInserted = 64

/// One row of distinct random columns.
private struct RandomRow {
  let random: CounterBasedRandom
  let row: Int
  let columns: Int
  let entries: Int

  /// Where a set of columns is a table of bits: many entries, and not many more words of bits than entries, or than
  /// steps of an insertion.
  private var isDense: Bool { entries > 32 && columns / 64 <= max(8 * entries, entries * entries / 16) }

  /// Writes the columns, ascending, and calls `value` for each entry with random bits.
  @inline(__always)
  func fill(_ indices: UnsafeMutableBufferPointer<Int32>, value: (_ entry: Int, _ bits: UInt64) -> Void) {
    if isDense { return fillFromBits(indices, value: value) }
    for entry in 0..<entries {
      let (drawn, bits, last) = draw(entry)
      value(entry, bits)
      // All so far are below `last`.
      var place = entry
      while place > 0 && indices[place - 1] > drawn { place -= 1 }
      if place > 0 && indices[place - 1] == drawn {
        indices.initializeElement(at: entry, to: last)
      } else {
        var next = entry
        while next > place {
          indices[next] = indices[next - 1]
          next -= 1
        }
        indices[place] = drawn
      }
    }
  }

  private func fillFromBits(
    _ indices: UnsafeMutableBufferPointer<Int32>, value: (_ entry: Int, _ bits: UInt64) -> Void
  ) {
    let words = (columns + 63) / 64
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: words) { set in
      set.initialize(repeating: 0)
      for entry in 0..<entries {
        let (drawn, bits, last) = draw(entry)
        value(entry, bits)
        let isTaken = set[Int(drawn) / 64] >> UInt64(drawn % 64) & 1 == 1
        let column = isTaken ? last : drawn
        set[Int(column) / 64] |= 1 << UInt64(column % 64)
      }
      var next = 0
      for word in 0..<words {
        var rest = set[word]
        while rest != 0 {
          indices.initializeElement(
            at: next, to: Int32(truncatingIfNeeded: 64 * word + rest.trailingZeroBitCount))
          next += 1
          rest &= rest - 1
        }
      }
    }
  }

  /// A column of 0...last for the entry, bits for its value, and last.
  @inline(__always)
  private func draw(_ entry: Int) -> (column: Int32, bits: UInt64, last: Int32) {
    let last = columns - entries + entry
    let bits = random.bits(UInt64(row) << 32 | UInt64(entry), stream: 2)
    let column = bits.0.multipliedFullWidth(by: UInt64(last + 1)).high
    return (Int32(truncatingIfNeeded: column), bits.1, Int32(truncatingIfNeeded: last))
  }
}
