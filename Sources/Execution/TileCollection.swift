// Handles on tiles spread over the workers. The tiles live as long as the handle. What a task reads is one
// collection, or two or three that are aligned: tile t of the task is made of tile t of each.

public import TesseraCommunication
public import TesseraPartitioning

/// Tiles 0..<tileCount of one type, each on the worker that owns its number.
public final class TileCollection<Element: WireCodable>: Sendable {
  /// The collection's number at its engine.
  public let identifier: Int
  /// Who owns which tile. In the dataflow style where a tile is made while that worker lives, unless its
  /// inputs lie elsewhere.
  public let ownership: Ownership
  private let release: @Sendable (Int) -> Void

  /// Made by engines; `release` is called with the identifier when the last user lets go.
  public init(identifier: Int, ownership: Ownership, release: @escaping @Sendable (Int) -> Void) {
    self.identifier = identifier
    self.ownership = ownership
    self.release = release
  }

  /// The number of tiles.
  public var tileCount: Int { ownership.tileCount }

  deinit { release(identifier) }
}

/// Two collections of equally many tiles. A task on them runs where the first one's tiles are; tiles of the
/// second that lie elsewhere are moved there first.
public struct AlignedPair<First: Tile, Second: Tile>: Sendable {
  /// The first collection.
  public let first: TileCollection<First>
  /// The second collection.
  public let second: TileCollection<Second>

  /// Pairs the collections.
  ///
  /// - Precondition: equally many tiles.
  public init(_ first: TileCollection<First>, _ second: TileCollection<Second>) {
    precondition(first.tileCount == second.tileCount, "the collections are not aligned")
    self.first = first
    self.second = second
  }
}

/// Three collections of equally many tiles. A task on them runs where the first one's tiles are; tiles of the
/// others that lie elsewhere are moved there first.
public struct AlignedTriple<First: Tile, Second: Tile, Third: Tile>: Sendable {
  /// The first collection.
  public let first: TileCollection<First>
  /// The second collection.
  public let second: TileCollection<Second>
  /// The third collection.
  public let third: TileCollection<Third>

  /// Joins the collections.
  ///
  /// - Precondition: equally many tiles.
  public init(
    _ first: TileCollection<First>, _ second: TileCollection<Second>, _ third: TileCollection<Third>
  ) {
    precondition(
      first.tileCount == second.tileCount && first.tileCount == third.tileCount,
      "the collections are not aligned")
    self.first = first
    self.second = second
    self.third = third
  }
}
