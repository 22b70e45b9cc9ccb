// Weight, mean, sum of squared deviations, extremes, nonzeros and 1-norm of every column, in one pass. A chunk of
// rows that stays in cache is read twice: for its means s, then for the sums of x - s and of (x - s)^2, which
// correct each other (Chan, Golub, LeVeque, Algorithms for Computing the Sample Variance, The American
// Statistician 37, 1983, eq. 1.7). Chunks and tiles are merged pairwise by the formula of the same authors,
// their means kept in two numbers each, so that means of 1e8 still differ by what they differ by. All sums are
// in double precision whatever the scalar. Of a sparse slab only the stored entries are read; the zeros between
// them enter by their number. 9 flops per element; 7n words (complex: 10n) from every worker.

import Numerics
import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

/// What is known of the columns of some rows. A complex column has two means and two sums, of its real and
/// its imaginary parts, side by side; what is said of its elements is said of their moduli.
package struct ColumnMoments: WireCodable, Sendable {
  /// The sum of the rows' weights.
  package fileprivate(set) var weight: Double
  /// The number of rows whose weight is not zero; others are as if they were not there.
  package fileprivate(set) var rows: Int
  /// The means, rounded, and what was rounded off.
  package private(set) var mean: [Double]
  package private(set) var meanTail: [Double]
  /// The weighted sums of squared deviations from the mean.
  package private(set) var squares: [Double]
  package private(set) var minimum: [Double]
  package private(set) var maximum: [Double]
  /// The weighted sums of moduli.
  package private(set) var sums: [Double]
  package private(set) var nonzeros: [Int]
  /// Tile, row in it and value of the first weight that is negative or not finite, as numbers; empty without one.
  package fileprivate(set) var wrongWeight: [Double] = []

  /// Nothing known of `columns` columns of `parts` parts each.
  init(columns: Int, parts: Int) {
    (weight, rows) = (0, 0)
    mean = [Double](repeating: 0, count: columns * parts)
    (meanTail, squares) = (mean, mean)
    minimum = [Double](repeating: .infinity, count: columns)
    maximum = [Double](repeating: -.infinity, count: columns)
    sums = [Double](repeating: 0, count: columns)
    nonzeros = [Int](repeating: 0, count: columns)
  }

  package func encode(to writer: inout WireWriter) {
    writer.write(rows)
    writer.write(array: [weight])
    writer.write(array: wrongWeight)
    for numbers in [mean, meanTail, squares, minimum, maximum, sums] { writer.write(array: numbers) }
    writer.write(array: nonzeros)
  }

  package init(from reader: inout WireReader) throws(CommunicationError) {
    let count = try reader.readInt(in: 0...1 << 48, "rows")
    rows = count
    let weights = try reader.readArray(of: Double.self)
    wrongWeight = try reader.readArray(of: Double.self)
    mean = try reader.readArray(of: Double.self)
    meanTail = try reader.readArray(of: Double.self)
    squares = try reader.readArray(of: Double.self)
    minimum = try reader.readArray(of: Double.self)
    maximum = try reader.readArray(of: Double.self)
    sums = try reader.readArray(of: Double.self)
    let found = try reader.readArray(of: Int.self)
    nonzeros = found
    let columns = sums.count
    guard weights.count == 1, wrongWeight.isEmpty || wrongWeight.count == 3, meanTail.count == mean.count,
      squares.count == mean.count,
      minimum.count == columns, maximum.count == columns, found.count == columns,
      mean.count == columns || mean.count == 2 * columns, found.allSatisfy({ 0...count ~= $0 })
    else { throw .malformed(expected: "moments of columns") }
    weight = weights[0]
  }

  /// Takes in what is known of other rows. O(n).
  ///
  /// - Throws: `malformed` for another number of columns.
  mutating func merge(_ other: ColumnMoments) throws(CommunicationError) {
    guard mean.count == other.mean.count, sums.count == other.sums.count else {
      throw .malformed(expected: "moments of \(sums.count) columns, not \(other.sums.count)")
    }
    let wrong = wrongWeight.isEmpty ? other.wrongWeight : wrongWeight
    defer { wrongWeight = wrong }
    if other.rows == 0 { return }
    if rows == 0 {
      self = other
      return
    }
    let total = weight + other.weight
    let share = other.weight / total
    let cross = weight * share
    for j in mean.indices {
      let difference = (other.mean[j] - mean[j]) + (other.meanTail[j] - meanTail[j])
      squares[j] += other.squares[j] + difference * difference * cross
      (mean[j], meanTail[j]) = exactSum(mean[j], meanTail[j] + difference * share)
    }
    for j in sums.indices {
      minimum[j] = min(minimum[j], other.minimum[j])
      maximum[j] = max(maximum[j], other.maximum[j])
      sums[j] += other.sums[j]
      // Each is at most the number of its rows, so the sum does not leave the range of Int.
      nonzeros[j] += other.nonzeros[j]
    }
    weight = total
    rows += other.rows
  }
}

/// a + b as the rounded sum and what was rounded off, exactly. Source: Knuth, The Art of Computer Programming 2,
/// 4.2.2.
@inline(__always) private func exactSum(_ a: Double, _ b: Double) -> (Double, Double) {
  let sum = a + b
  let shadow = sum - a
  return (sum, (a - (sum - shadow)) + (b - shadow))
}

/// Powers of two by which columns are multiplied first; none for the matrix as it is.
typealias ColumnScales = VectorTile<Double>

enum ColumnMomentsTask<S: Scalar>: ReduceTask {
  typealias Arguments = ColumnScales
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("column-moments", S.self) }

  static func run(_ scales: ColumnScales, _ slab: LocalMatrix<S>, tile: Int) throws -> ColumnMoments {
    try moments(of: slab, nil, scales)
  }

  static func combine(_ left: inout ColumnMoments, _ right: ColumnMoments, _: ColumnScales) throws {
    try left.merge(right)
  }
}

/// The same with a weight for each row.
enum WeightedColumnMomentsTask<S: Scalar>: ReduceTask {
  typealias Arguments = ColumnScales
  typealias Input = TilePair<LocalMatrix<S>, VectorTile<S.Real>>
  static var name: String { scalarName("weighted-column-moments", S.self) }

  static func run(
    _ scales: ColumnScales, _ input: TilePair<LocalMatrix<S>, VectorTile<S.Real>>, tile: Int
  ) throws -> ColumnMoments {
    let weights = input.second.elements.map { Double($0) }
    guard weights.count == input.first.rows else {
      throw CommunicationError.malformed(expected: "\(input.first.rows) weights, not \(weights.count)")
    }
    if let wrong = weights.firstIndex(where: { !($0 >= 0 && $0 < .infinity) }) {
      var none = ColumnMoments(columns: input.first.columns, parts: S.isComplex ? 2 : 1)
      none.wrongWeight = [Double(tile), Double(wrong), weights[wrong]]
      return none
    }
    return try moments(of: input.first, weights, scales)
  }

  static func combine(_ left: inout ColumnMoments, _ right: ColumnMoments, _: ColumnScales) throws {
    try left.merge(right)
  }
}

private func moments<S: Scalar>(of slab: LocalMatrix<S>, _ weights: [Double]?, _ scales: ColumnScales) throws
  -> ColumnMoments
{
  guard scales.elements.isEmpty || scales.elements.count == slab.columns else {
    throw CommunicationError.malformed(expected: "\(slab.columns) scales, not \(scales.elements.count)")
  }
  switch slab {
  case .dense(let a): return try denseMoments(a, weights, scales.elements)
  case .sparse(let a): return sparseMoments(a, weights, scales.elements)
  }
}

// MARK: dense

@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
private func denseMoments<S: Scalar>(_ a: DenseMatrix<S>, _ weights: [Double]?, _ scales: [Double])
  throws(CommunicationError) -> ColumnMoments
{
  let (m, n, parts) = (a.rows, a.columns, S.isComplex ? 2 : 1)
  var all = ColumnMoments(columns: n, parts: parts)
  if n == 0 {
    let chosen = weights?.filter { $0 != 0 }
    (all.rows, all.weight) = (chosen?.count ?? m, chosen?.reduce(0, +) ?? Double(m))
    return all
  }
  let elements = a.elements(in: .rowMajor)
  let height = max(16, (256 << 10) / (8 * n * parts))
  let ones = [Double](repeating: 1, count: min(height, m))
  var buffer: [Double] = []
  for start in stride(from: 0, to: m, by: height) {
    let rows = start..<min(start + height, m)
    if S.self == Double.self, weights == nil, scales.isEmpty {
      // The numbers are where they are wanted.
      let found = elements.withUnsafeBytes {
        ColumnMoments(
          chunk: UnsafeBufferPointer(
            rebasing: $0.bindMemory(to: Double.self)[start * n..<rows.upperBound * n]),
          n, 1, weights: ones[..<rows.count])
      }
      try all.merge(found)
      continue
    }
    buffer.removeAll(keepingCapacity: true)
    var chosen: [Double] = []
    for i in rows {
      let weight = weights?[i] ?? 1
      if weight == 0 { continue }
      chosen.append(weight)
      for j in 0..<n {
        let (value, scale) = (elements[i * n + j], scales.isEmpty ? 1 : scales[j])
        buffer.append(Double(value.realPart) * scale)
        if S.isComplex { buffer.append(Double(value.imaginaryPart) * scale) }
      }
    }
    if chosen.isEmpty { continue }
    let found = buffer.withUnsafeBufferPointer { ColumnMoments(chunk: $0, n, parts, weights: chosen[...]) }
    try all.merge(found)
  }
  return all
}

extension ColumnMoments {
  /// The moments of rows of n elements of `parts` numbers each.
  ///
  /// - Precondition: at least one row of one element.
  fileprivate init(chunk: UnsafeBufferPointer<Double>, _ n: Int, _ parts: Int, weights: ArraySlice<Double>) {
    self.init(columns: n, parts: parts)
    let weights = Array(weights)
    let numbers = WeightedRows(chunk, columns: n * parts, weights: weights)
    rows = weights.count
    weight = weights.reduce(0, +)
    mean = numbers.sums().map { $0 / weight }
    (meanTail, squares) = numbers.deviations(from: mean)
    if parts == 1 {
      (minimum, maximum, sums, nonzeros) = numbers.extremes()
    } else {
      let moduli = (0..<rows * n).map { Double.hypot(chunk[2 * $0], chunk[2 * $0 + 1]) }
      (minimum, maximum, sums, nonzeros) = moduli.withUnsafeBufferPointer {
        WeightedRows($0, columns: n, weights: weights).extremes()
      }
    }
    correct()
  }

  /// From the sums of deviations from `mean` to the mean and the sums of squares of deviations from it.
  fileprivate mutating func correct() {
    for j in mean.indices {
      let shift = meanTail[j] / weight
      squares[j] = max(0, squares[j] - shift * meanTail[j])
      (mean[j], meanTail[j]) = exactSum(mean[j], shift)
    }
  }
}

// MARK: sparse

@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
private func sparseMoments<S: Scalar>(_ a: SparseMatrix<S>, _ weights: [Double]?, _ scales: [Double])
  -> ColumnMoments
{
  let (n, parts) = (a.columns, S.isComplex ? 2 : 1)
  var all = ColumnMoments(columns: n, parts: parts)
  let rows = weights?.count { $0 != 0 } ?? a.rows
  if rows == 0 { return all }
  all.fill(a, weights, scales, rows)
  return all
}

extension ColumnMoments {
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  fileprivate mutating func fill<S: Scalar>(
    _ a: SparseMatrix<S>, _ weights: [Double]?, _ scales: [Double], _ count: Int
  ) {
    let parts = S.isComplex ? 2 : 1
    rows = count
    weight = weights?.reduce(0, +) ?? Double(count)
    // What is stored of a column, by number and by weight.
    var stored = [Int](repeating: 0, count: a.columns)
    var storedWeight = [Double](repeating: 0, count: a.columns)
    a.forEach { i, j, value in
      let w = weights?[i] ?? 1
      if w == 0 { return }
      let scale = scales.isEmpty ? 1 : scales[j]
      let (x, y) = (Double(value.realPart) * scale, Double(value.imaginaryPart) * scale)
      let size = S.isComplex ? Double.hypot(x, y) : x
      mean[j * parts] += w * x
      if S.isComplex { mean[j * parts + 1] += w * y }
      minimum[j] = min(minimum[j], size)
      maximum[j] = max(maximum[j], size)
      sums[j] += w * size.magnitude
      nonzeros[j] += size == 0 ? 0 : 1
      stored[j] += 1
      storedWeight[j] += w
    }
    for j in mean.indices { mean[j] /= weight }
    a.forEach { i, j, value in
      let w = weights?[i] ?? 1
      if w == 0 { return }
      let scale = scales.isEmpty ? 1 : scales[j]
      let x = Double(value.realPart) * scale - mean[j * parts]
      meanTail[j * parts] += w * x
      squares[j * parts] += w * x * x
      if S.isComplex {
        let y = Double(value.imaginaryPart) * scale - mean[j * parts + 1]
        meanTail[j * parts + 1] += w * y
        squares[j * parts + 1] += w * y * y
      }
    }
    for j in mean.indices where stored[j / parts] < count {
      let rest = weight - storedWeight[j / parts]
      meanTail[j] -= rest * mean[j]
      squares[j] += rest * mean[j] * mean[j]
      minimum[j / parts] = min(minimum[j / parts], 0)
      maximum[j / parts] = max(maximum[j / parts], 0)
    }
    correct()
  }
}
