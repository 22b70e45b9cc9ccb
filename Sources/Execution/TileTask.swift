// Work that is shipped to the workers: named static functions on tiles. Code does not travel; a task's name
// and arguments do, and every binary has the task in its registry. State lives in the arguments.
//
// Three kinds, one for each verb of the engine:
//   map       tile -> tile                          the new tile stays where the old one is
//   reduce    tile -> value, values -> value        combined along the reduction tree, ends at the driver
//   exchange  tile -> pieces, pieces -> tile        every piece goes to the owner of its new tile

public import TesseraCommunication

/// A value that can live on a worker as one piece of a collection.
public protocol Tile: WireCodable, TaskInput where Collections == TileCollection<Self> {
  /// The name of the type in every binary, such as `matrix/d`.
  static var typeName: String { get }
}

/// What a task reads: one tile, or the tiles of equal number of aligned collections.
public protocol TaskInput: Sendable {
  /// The handles a driver names the input by.
  associatedtype Collections: Sendable
  /// The collections' identifiers.
  static func identifiers(of collections: Collections) -> [Int]
  /// The number of tiles in each collection.
  static func tileCount(of collections: Collections) -> Int
  /// The types of the tiles, in the order of `identifiers(of:)`.
  static var tileTypes: [any WireCodable.Type] { get }
  /// The input made of the stored tiles, in the order of `identifiers(of:)`; nil when a type differs.
  static func assemble(_ tiles: [any Sendable]) -> Self?
}

extension Tile {
  /// The collection's identifier.
  public static func identifiers(of collections: TileCollection<Self>) -> [Int] {
    [collections.identifier]
  }
  /// The number of tiles in the collection.
  public static func tileCount(of collections: TileCollection<Self>) -> Int {
    collections.tileCount
  }
  /// The tile's own type.
  public static var tileTypes: [any WireCodable.Type] { [Self.self] }
  /// The tile itself.
  public static func assemble(_ tiles: [any Sendable]) -> Self? { tiles.first as? Self }
}

/// The tiles of equal number of two aligned collections.
public struct TilePair<First: Tile, Second: Tile>: TaskInput {
  /// The tile of the first collection.
  public let first: First
  /// The tile of the second collection.
  public let second: Second

  /// The identifiers of both.
  public static func identifiers(of collections: AlignedPair<First, Second>) -> [Int] {
    [collections.first.identifier, collections.second.identifier]
  }
  /// The number of tiles in either.
  public static func tileCount(of collections: AlignedPair<First, Second>) -> Int {
    collections.first.tileCount
  }
  /// The types of both.
  public static var tileTypes: [any WireCodable.Type] { [First.self, Second.self] }
  /// The pair of the two tiles.
  public static func assemble(_ tiles: [any Sendable]) -> TilePair? {
    guard tiles.count == 2, let first = tiles[0] as? First, let second = tiles[1] as? Second else {
      return nil
    }
    return TilePair(first: first, second: second)
  }
}

/// A named static function on tiles. Types conform to one of the protocols below; what they take and make is
/// read off their functions.
public protocol TileTask: Sendable {
  /// What the driver sends to every worker with the task.
  associatedtype Arguments: WireCodable
  /// What the task reads.
  associatedtype Input: TaskInput
  /// The name of the task in every binary, such as `gram-apply/d`; by default the type's.
  static var name: String { get }
}

extension TileTask {
  /// The type's name without its module's, such as `CountTask` or `CountTask<Double>`. (With it, names of
  /// private types would have addresses in them, which differ between processes.)
  public static var name: String { String(describing: Self.self) }
}

/// A task that makes a tile from a tile.
public protocol MapTask: TileTask {
  // Named here again because Swift infers types from the functions of the protocol that names them.
  /// What the driver sends to every worker with the task.
  associatedtype Arguments
  /// What the task reads.
  associatedtype Input
  /// The tile it makes.
  associatedtype Output: Tile
  /// Makes the output for tile number `tile`.
  static func run(_ arguments: Arguments, _ input: Input, tile: Int) throws -> Output
}

/// A task that makes a value from each tile, and one value from two.
public protocol ReduceTask: TileTask {
  // Named here again because Swift infers types from the functions of the protocol that names them.
  /// What the driver sends to every worker with the task.
  associatedtype Arguments
  /// What the task reads.
  associatedtype Input
  /// The value it makes.
  associatedtype Output: WireCodable
  /// Makes the value of tile number `tile`.
  static func run(_ arguments: Arguments, _ input: Input, tile: Int) throws -> Output
  /// Takes the value of the tiles that follow into the value of the tiles before.
  static func combine(_ left: inout Output, _ right: Output, _ arguments: Arguments) throws
}

/// A task that cuts tiles into pieces and puts new tiles together from them.
public protocol ExchangeTask: TileTask {
  // Named here again because Swift infers types from the functions of the protocol that names them.
  /// What the driver sends to every worker with the task.
  associatedtype Arguments
  /// What the task reads.
  associatedtype Input
  /// What travels between tiles.
  associatedtype Piece: WireCodable
  /// The tile it makes.
  associatedtype Output: Tile
  /// The pieces of tile number `tile`, each with the number of the new tile it belongs to.
  static func split(_ arguments: Arguments, _ input: Input, tile: Int) throws -> [(
    target: Int, piece: Piece
  )]
  /// New tile number `tile` from its pieces, which stand in the order of the tiles they come from.
  static func merge(_ arguments: Arguments, _ pieces: [Piece], tile: Int) throws -> Output
}
