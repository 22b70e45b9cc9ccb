// What a message belongs to, so that unlike messages between the same two workers stay apart.

/// A number for a purpose, within a group of workers.
public struct Tag: Hashable, Sendable {
  /// What the message is for, 0 to 255. The library's own purposes are below 16.
  public let purpose: Int
  /// The group that the message stays in: 0 for the whole job, other numbers for what `split` has made.
  public let group: Int

  /// A tag for messages of the whole job.
  ///
  /// - Precondition: `purpose` is 0 to 255.
  public init(_ purpose: Int) { self.init(purpose, group: 0) }

  /// The largest group number: with the purpose, tags have 31 bits.
  public static let maximumGroup = (1 << 23) - 1

  init(_ purpose: Int, group: Int) {
    precondition(
      0...255 ~= purpose && 0...Self.maximumGroup ~= group, "no tag has purpose \(purpose) and group \(group)"
    )
    self.purpose = purpose
    self.group = group
  }

  /// What every worker is to do next.
  public static let control = Tag(0)
  /// A value sent to all.
  public static let broadcast = Tag(1)
  /// How each worker's part of a step ended.
  public static let status = Tag(2)
  /// Tiles on their way to or from the driver.
  public static let tiles = Tag(3)
  /// Partial results on their way up the reduction tree.
  public static let reduction = Tag(4)
  /// Pieces of tiles on their way to the tiles they become part of.
  public static let exchange = Tag(5)
  /// Messages of a collective operation.
  public static let collective = Tag(6)
}

extension Tag: CustomStringConvertible {
  /// The purpose's name, or its number.
  public var description: String {
    let names = [
      "control", "broadcast", "status", "tiles", "reduction", "exchange", "collective",
      // Those of the dataflow style, which are Execution's own.
      "placement", "arguments", "reply", "result", "report", "accounts",
    ]
    return names.indices.contains(purpose) ? names[purpose] : "purpose \(purpose)"
  }
}
