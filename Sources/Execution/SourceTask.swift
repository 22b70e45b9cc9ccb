// Tiles that come from nowhere but a task's arguments: a part of a file that every worker can read, a
// generator. The driver never has them.

public import TesseraCommunication

/// A task that makes a tile from its number alone.
///
/// It may run more than once for a tile, anywhere, and has to make the same tile each time: what is lost is
/// made again from here.
///
/// A conforming type spells `Arguments` as a type alias.
public protocol SourceTask: Sendable {
  /// What the driver sends to every worker with the task.
  associatedtype Arguments: WireCodable
  /// The tile it makes.
  associatedtype Output: Tile
  /// The name of the task in every binary, such as `random-rows/d`.
  static var name: String { get }
  /// Makes tile number `tile`.
  static func make(_ arguments: Arguments, tile: Int) throws -> Output
}
