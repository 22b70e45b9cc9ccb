// What a tile of a distributed matrix can do, whether it is a matrix or a list of entries: it can be cut into
// parts, and put together from parts.

import TesseraCommunication
public import TesseraExecution
public import TesseraLocalMatrices
import TesseraPartitioning

/// A tile of a distributed matrix.
public protocol MatrixTile<Element>: Tile {
  /// The scalar.
  associatedtype Element: Scalar
  /// Number of stored elements.
  var storedCount: Int { get }
  /// Whether every element is stored.
  var isDense: Bool { get }
  /// Rows and columns.
  var shape: Shape { get }
  /// A x, A the tile as `view` reads it.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`.
  func product(_ view: MatrixView, _ x: [Element]) throws -> [Element]
  /// The stored elements of each row of the tile as `view` reads it.
  func rowCounts(_ view: MatrixView) -> [Int]
  /// The parts that go to each tile of the redistribution's target, when this is tile `tile` of its source.
  ///
  /// - Throws: `CommunicationError.malformed` when the tile is not of the shape that the source says.
  func cut(_ movement: Redistribution, tile: Int) throws -> [(target: Int, piece: TilePart<Element>)]
  /// The tile of the given shape from its parts; entries at the same place add up in the order of the parts.
  ///
  /// - Throws: `CommunicationError.malformed` for a part that leaves the tile, `LinearAlgebraError`.
  init(rows: Int, columns: Int, parts: [TilePart<Element>]) throws
}

extension LocalMatrix: MatrixTile {
  /// Whether the matrix is a dense one.
  public var isDense: Bool {
    if case .dense = self { true } else { false }
  }

  /// A x, A the tile as `view` reads it. 2 flops per stored element.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`.
  public func product(_ view: MatrixView, _ x: [S]) throws -> [S] {
    switch view(self) {
    case .dense(let a): try a * x
    case .sparse(let a): try a * x
    }
  }

  /// The parts of a dense tile are regions of it, those of a sparse one runs of entries.
  ///
  /// - Throws: `CommunicationError.malformed` when the tile is not of the shape that the source says.
  public func cut(_ movement: Redistribution, tile: Int) throws -> [(target: Int, piece: TilePart<S>)] {
    let place = try movement.source.place(ofTile: tile, shape)
    switch movement.source.view(self) {
    case .dense(let a): return a.cut(place, movement)
    case .sparse(let a): return a.triplets().cut(place, movement)
    }
  }

  /// The tile put together: dense where that takes fewer bytes, else sparse by rows.
  ///
  /// - Throws: `CommunicationError.malformed` for a part that leaves the tile, `LinearAlgebraError`.
  public init(rows: Int, columns: Int, parts: [TilePart<S>]) throws {
    try self.init(rows: rows, columns: columns, parts: parts, form: .smaller)
  }
}

extension TripletMatrix: MatrixTile {
  /// Number of entries.
  public var storedCount: Int { entryCount }
  /// False.
  public var isDense: Bool { false }

  /// A x, A the list as `view` reads it. 2 flops per entry.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`.
  public func product(_ view: MatrixView, _ x: [S]) throws -> [S] {
    let a = view(self)
    try checkOperand("product", a.shape, Shape(x.count, 1))
    return a.timesVector(x)
  }

  /// The parts are runs of entries, in the order of the list.
  ///
  /// - Throws: `CommunicationError.malformed` when the tile is not of the shape that the source says.
  public func cut(_ movement: Redistribution, tile: Int) throws -> [(target: Int, piece: TilePart<S>)] {
    let place = try movement.source.place(ofTile: tile, shape)
    return movement.source.view(self).cut(place, movement)
  }

  /// The entries of all parts, one after the other.
  ///
  /// - Throws: `CommunicationError.malformed` for a part that leaves the tile, `LinearAlgebraError`.
  public init(rows: Int, columns: Int, parts: [TilePart<S>]) throws {
    self = try TripletMatrix(rows: rows, columns: columns, joining: parts)
  }
}
