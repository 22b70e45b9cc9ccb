// A handle on tiles spread over the workers. The tiles live as long as the handle.

public import TesseraCommunication

/// Tiles 0..<tileCount of one type, each on the worker that owns its number.
public final class TileCollection<Element: WireCodable>: Sendable {
  /// The collection's number at its engine.
  public let identifier: Int
  /// The number of tiles.
  public let tileCount: Int
  private let release: @Sendable (Int) -> Void

  /// Made by engines; `release` is called with the identifier when the last user lets go.
  public init(identifier: Int, tileCount: Int, release: @escaping @Sendable (Int) -> Void) {
    self.identifier = identifier
    self.tileCount = tileCount
    self.release = release
  }

  deinit { release(identifier) }
}

/// Two collections of equally many tiles.
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
