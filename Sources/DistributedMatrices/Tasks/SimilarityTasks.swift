// Cosine similarities of columns are the elements of a Gram matrix. Here: columns multiplied by factors, or
// sampled, and the pairs that are similar enough, picked out of the tiles of a distributed Gram matrix. O(stored
// elements); n words, or 2n, to every worker; three words a pair from it.

import Numerics
import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// What the columns of a slab are multiplied by, and with what probability an element is kept.
struct SamplingArguments<S: Scalar>: WireCodable {
  let factors: [S.Real]
  /// Empty to keep all.
  let probabilities: [Double]
  let seed: UInt64
  /// The first row of each slab.
  let firstRows: [Int]

  init(factors: [S.Real], probabilities: [Double], seed: UInt64, firstRows: [Int]) {
    self.factors = factors
    self.probabilities = probabilities
    self.seed = seed
    self.firstRows = firstRows
  }

  func encode(to writer: inout WireWriter) {
    writer.write(array: factors)
    writer.write(array: probabilities)
    writer.write(Int(bitPattern: UInt(seed)))
    writer.write(array: firstRows)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    factors = try reader.readArray(of: S.Real.self)
    probabilities = try reader.readArray(of: Double.self)
    seed = UInt64(UInt(bitPattern: try reader.readInt()))
    firstRows = try reader.readArray(of: Int.self)
    guard probabilities.isEmpty || probabilities.count == factors.count else {
      throw .malformed(expected: "a probability for each column")
    }
  }
}

/// Column j times its factor; with probabilities, element (i, j) is kept with probability p_j, as the counter
/// (j, i) of the seed says, whatever slab holds it.
enum ColumnSamplingTask<S: Scalar>: MapTask {
  typealias Arguments = SamplingArguments<S>
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("column-sampling", S.self) }

  static func run(_ arguments: SamplingArguments<S>, _ slab: LocalMatrix<S>, tile: Int) throws -> LocalMatrix<
    S
  > {
    guard arguments.factors.count == slab.columns, arguments.firstRows.indices.contains(tile),
      arguments.firstRows[tile] >= 0, arguments.firstRows[tile] < Int.max - slab.rows
    else { throw CommunicationError.malformed(expected: "factors of \(slab.columns) columns") }
    switch slab {
    case .dense(let a):
      let scaled = a.scalingColumns(by: arguments.factors.map { S(real: $0) })
      if arguments.probabilities.isEmpty { return .dense(scaled) }
      return .sparse(sampled(scaled.sparse(), arguments, arguments.firstRows[tile], scaling: false))
    case .sparse(let a):
      return .sparse(
        sampled(a.compressed(by: .rows).resolved(), arguments, arguments.firstRows[tile], scaling: true))
    }
  }
}

@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
private func sampled<S: Scalar>(
  _ matrix: SparseMatrix<S>, _ arguments: SamplingArguments<S>, _ firstRow: Int, scaling: Bool
) -> SparseMatrix<S> {
  let a = matrix.compressed(by: .rows)
  let random = CounterBasedRandom(seed: arguments.seed)
  var offsets = [0]
  var indices: [Int32] = []
  var values: [S] = []
  indices.reserveCapacity(a.nonzeroCount)
  values.reserveCapacity(a.nonzeroCount)
  for i in 0..<a.rows {
    for q in a.offsets[i]..<a.offsets[i + 1] {
      let j = Int(a.indices[q])
      if !arguments.probabilities.isEmpty, arguments.probabilities[j] < 1,
        random.uniform(UInt64(j), stream: UInt64(firstRow + i)) >= arguments.probabilities[j]
      {
        continue
      }
      indices.append(a.indices[q])
      values.append(scaling ? a.storage[q] * S(real: arguments.factors[j]) : a.storage[q])
    }
    offsets.append(indices.count)
  }
  return SparseMatrix(unchecked: a.rows, a.columns, axis: .rows, offsets: offsets, indices: indices, values)
}

/// Which pairs are wanted of the tiles of a Gram matrix.
struct PairArguments<S: Scalar>: WireCodable {
  let norms: [S.Real]
  let threshold: S.Real
  let limit: Int
  let grid: Partitioning

  init(norms: [S.Real], threshold: S.Real, limit: Int, grid: Partitioning) {
    self.norms = norms
    self.threshold = threshold
    self.limit = limit
    self.grid = grid
  }

  func encode(to writer: inout WireWriter) {
    writer.write(array: norms)
    writer.write(array: [threshold])
    writer.write(limit)
    grid.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    norms = try reader.readArray(of: S.Real.self)
    let numbers = try reader.readArray(of: S.Real.self)
    limit = try reader.readInt(in: 0...Int.max / 2, "a limit")
    grid = try Partitioning(from: &reader)
    guard numbers.count == 1, grid.rows == norms.count, grid.columns == norms.count else {
      throw .malformed(expected: "a threshold, and the norms of all columns")
    }
    threshold = numbers[0]
  }
}

/// Pairs (i, j), i < j, and their similarities.
package struct ColumnPairs<S: Scalar>: WireCodable, Sendable {
  package private(set) var rows: [Int32] = []
  package private(set) var columns: [Int32] = []
  package private(set) var values: [S] = []

  init() {}

  /// The number of pairs.
  package var count: Int { values.count }

  /// The pairs of n columns whose inner products are given, packed by columns, and what to multiply them by. O(n^2).
  ///
  /// - Throws: `tooLarge` for more than `limit` pairs.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  package init(packed: [S], inverses: [S.Real], threshold: S.Real, limit: Int) throws(LinearAlgebraError) {
    for j in inverses.indices {
      for i in 0..<j { try add(i, j, packed[i + j * (j + 1) / 2], inverses, threshold, limit: limit) }
    }
  }

  /// Adds the pair (i, j) with inner product `product` if their cosine is at least `threshold` and not zero.
  ///
  /// - Throws: `tooLarge` above `limit` pairs.
  @inline(__always)
  fileprivate mutating func add(
    _ i: Int, _ j: Int, _ product: S, _ inverses: [S.Real], _ threshold: S.Real, limit: Int
  ) throws(LinearAlgebraError) {
    let cosine = S(real: inverses[i]) * (S(real: inverses[j]) * product)
    let size = cosine.modulus
    guard size >= threshold, size > 0 else { return }
    if count >= limit { throw Self.tooMany(limit) }
    rows.append(Int32(truncatingIfNeeded: i))
    columns.append(Int32(truncatingIfNeeded: j))
    values.append(cosine)
  }

  mutating func join(_ other: ColumnPairs, limit: Int) throws(LinearAlgebraError) {
    if count > limit - other.count { throw Self.tooMany(limit) }
    rows += other.rows
    columns += other.columns
    values += other.values
  }

  private static func tooMany(_ limit: Int) -> LinearAlgebraError {
    .tooLarge(
      what: "the number of similar pairs (a higher threshold has fewer)", value: limit + 1, limit: limit)
  }

  package func encode(to writer: inout WireWriter) {
    writer.write(array: rows)
    writer.write(array: columns)
    writer.write(array: values)
  }

  package init(from reader: inout WireReader) throws(CommunicationError) {
    rows = try reader.readArray(of: Int32.self)
    columns = try reader.readArray(of: Int32.self)
    values = try reader.readArray(of: S.self)
    guard rows.count == values.count, columns.count == values.count else {
      throw .malformed(expected: "pairs of columns")
    }
  }
}

enum SimilarPairsTask<S: Scalar>: ReduceTask {
  typealias Arguments = PairArguments<S>
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("similar-pairs", S.self) }

  static func run(_ arguments: PairArguments<S>, _ gram: LocalMatrix<S>, tile: Int) throws -> ColumnPairs<S> {
    let grid = arguments.grid
    guard 0..<grid.tileCount ~= tile, gram.rows == grid.rows(ofTile: tile).count,
      gram.columns == grid.columns(ofTile: tile).count
    else { throw CommunicationError.malformed(expected: "tile \(tile) in a grid") }
    let (row, column) = (grid.rows(ofTile: tile).lowerBound, grid.columns(ofTile: tile).lowerBound)
    var pairs = ColumnPairs<S>()
    if row >= column + gram.columns { return pairs }
    let inverses = arguments.norms.map { 1 / $0 }
    try gram.forEach { i, j, value in
      if row + i < column + j {
        try pairs.add(row + i, column + j, value, inverses, arguments.threshold, limit: arguments.limit)
      }
    }
    return pairs
  }

  static func combine(_ left: inout ColumnPairs<S>, _ right: ColumnPairs<S>, _ arguments: PairArguments<S>)
    throws
  {
    try left.join(right, limit: arguments.limit)
  }
}
