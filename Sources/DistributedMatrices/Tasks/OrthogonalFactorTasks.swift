// Q of a tall A = Q R in slabs, by a tree (TSQR). Upwards every slab factors A_i = Q_i R_i, and pairs of
// triangles are stacked and factored again, [R_2t; R_2t+1] = Q R, until one is left, which is A's. Downwards
// the root's C, n x c, becomes Q C: a node cuts its Q C into the parts of its two children, and a slab's part
// is Q_i C_i. Every factor comes from Householder reflections, so Q is orthonormal to rounding whatever the
// rank of A. n(n+1)/2 words up and nc words down per level and pair of nodes on different workers. Source:
// Demmel, Grigori, Hoemmen, Langou 2012, section 3.
//
// Within a slab the same is done once more, with chunks of rows that stay in the second cache: LAPACK's panels
// are matrix-vector products, three times slower from memory.

import Numerics
import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

/// Where to cut rows x columns for factoring: chunks that a cache holds, four times as tall as wide or more.
func factorChunks(rows: Int, columns: Int, stride: Int) -> [Range<Int>] {
  let cache = 400 << 10
  let height = max(4 * columns, cache / max(1, columns * stride))
  // Where a chunk is too wide for the cache, chunks only add work.
  guard height * columns * stride <= 4 * cache, rows >= 2 * height else { return [0..<rows] }
  let count = rows / height
  return (0..<count).map { $0 * rows / count..<($0 + 1) * rows / count }
}

/// The upper trapezoid of a k x n matrix, k <= n or not, as it travels: its zeros do not.
struct Triangle<S: Scalar>: WireCodable {
  let matrix: DenseMatrix<S>

  init(_ matrix: DenseMatrix<S>) { self.matrix = matrix }

  func encode(to writer: inout WireWriter) {
    let (k, elements) = (matrix.rows, matrix.elements(in: .columnMajor))
    var packed: [S] = []
    for j in 0..<matrix.columns { packed += elements[j * k..<j * k + min(j + 1, k)] }
    writer.write(k)
    writer.write(matrix.columns)
    writer.write(array: packed)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    let limit = Int(Int32.max)
    let (k, n) = (
      try reader.readInt(in: 0...limit, "rows of a triangle"),
      try reader.readInt(in: 0...limit, "columns of a triangle")
    )
    let packed = try reader.readArray(of: S.self)
    // A trapezoid holds at least half of the smaller square: nothing is allocated on a header's word alone.
    let square = min(k, n)
    guard packed.count == square * (square + 1) / 2 + k * max(0, n - k), k <= n else {
      throw .malformed(expected: "a triangle of \(k) x \(n)")
    }
    var elements: [S] = []
    elements.reserveCapacity(k * n)
    var next = 0
    for j in 0..<n {
      let height = min(j + 1, k)
      elements += packed[next..<next + height]
      elements += repeatElement(0, count: k - height)
      next += height
    }
    matrix = DenseMatrix(unchecked: k, n, order: .columnMajor, elements)
  }
}

/// The factors of one slab, or of one node of the tree: Q = diag(leaves) joint, or joint alone.
struct FactoredSlab<S: Scalar>: Tile {
  /// The orthonormal factors of the chunks, where there are several.
  let leaves: [DenseMatrix<S>]
  /// Rows of `joint` that belong to each chunk, or to each child.
  let heights: [Int]
  /// The orthonormal factor of what stands on `heights` rows.
  let joint: DenseMatrix<S>
  let r: DenseMatrix<S>

  static var typeName: String { scalarName("factored-slab", S.self) }

  /// A slab's factors.
  init(of slab: DenseMatrix<S>) throws(LinearAlgebraError) {
    let chunks = factorChunks(rows: slab.rows, columns: slab.columns, stride: MemoryLayout<S>.stride)
    if chunks.count == 1 {
      let factors = try slab.qr()
      (leaves, heights, joint, r) = ([], [slab.rows], factors.q, factors.r)
      return
    }
    var parts: [QRFactorization<S>] = []
    for chunk in chunks { parts.append(try slab[chunk, 0..<slab.columns].qr()) }
    let stacked = try DenseMatrix.stackedRows(parts.map(\.r)).qr()
    (leaves, heights) = (parts.map(\.q), parts.map(\.r.rows))
    (joint, r) = (stacked.q, stacked.r)
  }

  /// A node's factors, of one or two triangles.
  init(over children: [DenseMatrix<S>]) throws(LinearAlgebraError) {
    (leaves, heights) = ([], children.map(\.rows))
    if children.count == 1 {
      (joint, r) = (DenseMatrix(identity: children[0].rows), children[0])
    } else {
      let factors = try DenseMatrix.stackedRows(children).qr()
      (joint, r) = (factors.q, factors.r)
    }
  }

  /// The parts of joint C, one for each of `heights`.
  func parts(of c: DenseMatrix<S>) throws -> [DenseMatrix<S>] {
    guard c.rows == joint.columns else {
      throw CommunicationError.malformed(expected: "\(joint.columns) rows of a factor, not \(c.rows)")
    }
    let product = try joint * c
    if heights.count == 1 { return [product] }
    var row = 0
    return try heights.map { height in
      defer { row += height }
      return try product[row..<row + height, 0..<c.columns]
    }
  }

  /// Q C.
  func applied(to c: DenseMatrix<S>) throws -> DenseMatrix<S> {
    let parts = try parts(of: c)
    if leaves.isEmpty { return parts[0] }
    return try .stackedRows(zip(leaves, parts).map { try $0 * $1 })
  }

  func encode(to writer: inout WireWriter) {
    leaves.encode(to: &writer)
    heights.encode(to: &writer)
    joint.encode(to: &writer)
    r.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    leaves = try [DenseMatrix<S>](from: &reader)
    heights = try [Int](from: &reader)
    joint = try DenseMatrix(from: &reader)
    r = try DenseMatrix(from: &reader)
    var height = 0
    for part in heights {
      let (sum, overflow) = height.addingReportingOverflow(part)
      guard part >= 0, !overflow else { throw .malformed(expected: "heights of parts") }
      height = sum
    }
    guard !heights.isEmpty, height == joint.rows, joint.columns == r.rows,
      leaves.isEmpty || leaves.map(\.columns) == heights
    else { throw .malformed(expected: "the factors of a slab") }
  }
}

/// A_i to Q_i and R_i.
enum FactorTask<S: Scalar>: MapTask {
  typealias Arguments = Empty
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("factor", S.self) }

  static func run(_: Empty, _ slab: LocalMatrix<S>, tile: Int) throws -> FactoredSlab<S> {
    try FactoredSlab(of: slab.dense())
  }
}

/// Triangles up one level of the tree: those of nodes 2t and 2t + 1 to node t.
enum RaiseTask<S: Scalar>: ExchangeTask {
  typealias Arguments = Empty
  typealias Input = FactoredSlab<S>
  static var name: String { scalarName("raise", S.self) }

  static func split(_: Empty, _ node: FactoredSlab<S>, tile: Int) -> [(target: Int, piece: Triangle<S>)] {
    [(tile / 2, Triangle(node.r))]
  }

  static func merge(_: Empty, _ pieces: [Triangle<S>], tile: Int) throws -> FactoredSlab<S> {
    guard (1...2).contains(pieces.count) else {
      throw CommunicationError.malformed(expected: "the triangles of node \(tile)")
    }
    return try FactoredSlab(over: pieces.map(\.matrix))
  }
}

/// The triangle of the root.
enum RootTriangleTask<S: Scalar>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = FactoredSlab<S>
  static var name: String { scalarName("root-triangle", S.self) }

  static func run(_: Empty, _ root: FactoredSlab<S>, tile: Int) -> Triangle<S> { Triangle(root.r) }

  static func combine(_ left: inout Triangle<S>, _ right: Triangle<S>, _: Empty) throws {
    throw CommunicationError.malformed(expected: "one root")
  }
}

/// Q C down one level of the tree: the parts of node t to nodes 2t and 2t + 1.
enum LowerTask<S: Scalar>: ExchangeTask {
  typealias Arguments = Empty
  typealias Input = TilePair<FactoredSlab<S>, LocalMatrix<S>>
  static var name: String { scalarName("lower", S.self) }

  static func split(_: Empty, _ input: TilePair<FactoredSlab<S>, LocalMatrix<S>>, tile: Int) throws -> [(
    target: Int, piece: DenseMatrix<S>
  )] {
    let parts = try input.first.parts(of: try input.second.dense())
    return parts.indices.map { (2 * tile + $0, parts[$0]) }
  }

  static func merge(_: Empty, _ pieces: [DenseMatrix<S>], tile: Int) throws -> LocalMatrix<S> {
    guard pieces.count == 1 else {
      throw CommunicationError.malformed(expected: "the factor of node \(tile)")
    }
    return .dense(pieces[0])
  }
}

/// Q_i C_i.
enum RecombineTask<S: Scalar>: MapTask {
  typealias Arguments = Empty
  typealias Input = TilePair<FactoredSlab<S>, LocalMatrix<S>>
  static var name: String { scalarName("recombine", S.self) }

  static func run(_: Empty, _ input: TilePair<FactoredSlab<S>, LocalMatrix<S>>, tile: Int) throws
    -> LocalMatrix<S>
  {
    .dense(try input.first.applied(to: try input.second.dense()))
  }
}
