// Work that is shipped to the workers: named static functions on tiles. Code does not travel; a task's name
// and arguments do, and every binary has the task in its registry. State lives in the arguments.
//
// Three kinds, one for each verb of the engine:
//   map       tile -> tile                          the new tile stays where the old one is
//   reduce    tile -> value, values -> value        combined along the reduction tree, ends at the driver
//   exchange  tile -> pieces, pieces -> tile        every piece goes to the owner of its new tile

public import TesseraCommunication
public import TesseraPartitioning

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
  /// Who owns which tile of the first collection: where the task runs.
  static func ownership(of collections: Collections) -> Ownership
  /// The collections with the tiles of all where the first one's are.
  static func aligned(_ collections: Collections, by engine: some Engine) async throws(ExecutionError)
    -> Collections
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
  /// The collection's ownership.
  public static func ownership(of collections: TileCollection<Self>) -> Ownership { collections.ownership }
  /// The collection itself.
  public static func aligned(_ collections: TileCollection<Self>, by engine: some Engine)
    async throws(ExecutionError) -> TileCollection<Self>
  { collections }
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
  /// The first one's ownership.
  public static func ownership(of collections: AlignedPair<First, Second>) -> Ownership {
    collections.first.ownership
  }
  /// The first collection and the second moved to it. Words moved: those of the second's tiles that lie
  /// elsewhere.
  public static func aligned(_ collections: AlignedPair<First, Second>, by engine: some Engine)
    async throws(ExecutionError) -> AlignedPair<First, Second>
  {
    AlignedPair(
      collections.first, try await engine.move(collections.second, to: collections.first.ownership))
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

/// The tiles of equal number of three aligned collections.
public struct TileTriple<First: Tile, Second: Tile, Third: Tile>: TaskInput {
  /// The tile of the first collection.
  public let first: First
  /// The tile of the second collection.
  public let second: Second
  /// The tile of the third collection.
  public let third: Third

  /// The identifiers of all three.
  public static func identifiers(of collections: AlignedTriple<First, Second, Third>) -> [Int] {
    [collections.first.identifier, collections.second.identifier, collections.third.identifier]
  }
  /// The first one's ownership.
  public static func ownership(of collections: AlignedTriple<First, Second, Third>) -> Ownership {
    collections.first.ownership
  }
  /// The first collection and the others moved to it. Words moved: those of the others' tiles that lie
  /// elsewhere.
  public static func aligned(_ collections: AlignedTriple<First, Second, Third>, by engine: some Engine)
    async throws(ExecutionError) -> AlignedTriple<First, Second, Third>
  {
    let ownership = collections.first.ownership
    return AlignedTriple(
      collections.first, try await engine.move(collections.second, to: ownership),
      try await engine.move(collections.third, to: ownership))
  }
  /// The types of all three.
  public static var tileTypes: [any WireCodable.Type] { [First.self, Second.self, Third.self] }
  /// The three tiles together.
  public static func assemble(_ tiles: [any Sendable]) -> TileTriple? {
    guard tiles.count == 3, let first = tiles[0] as? First, let second = tiles[1] as? Second,
      let third = tiles[2] as? Third
    else { return nil }
    return TileTriple(first: first, second: second, third: third)
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
