// How a product is to be computed, as a value that prints and parses:
//
//   local                both operands stand on the driver, which multiplies them
//   4x1x2                a grid of cells (see MultiplyGrid)
//   4x1x2/columns:3      the same, B and C taken in 3 panels of columns, one after the other
//   4x1x2/rows:3         the same, A and C taken in 3 panels of rows
//   4x1x2/touched        a cell gets only the columns of A and rows of B that meet there (see TouchedSets)

/// The plan of a product.
public struct MultiplyPlan: Hashable, Sendable {
  /// Where the work is done.
  public enum Place: Hashable, Sendable {
    /// On the driver.
    case local
    /// On the cells of a grid.
    case grid(MultiplyGrid)
  }

  /// How much of the operands a cell holds at a time.
  public enum Streaming: Hashable, Sendable {
    /// All that it needs.
    case none
    /// So many panels of A's rows, one after the other.
    case rows(Int)
    /// So many panels of B's columns, one after the other.
    case columns(Int)

    /// Whether A comes in panels.
    var takesRows: Bool { if case .rows = self { true } else { false } }
    /// Whether B comes in panels.
    var takesColumns: Bool { if case .columns = self { true } else { false } }
    /// Number of panels.
    var panels: Int {
      switch self {
      case .none: 1
      case .rows(let count), .columns(let count): count
      }
    }
  }

  /// Where the work is done.
  public var place: Place
  /// How much is held at a time.
  public var streaming = Streaming.none
  /// Whether a cell gets only those rows of B that its rows of A touch, and those columns of A that its columns
  /// of B touch: for sparse operands.
  public var fetchesTouched = false

  /// A product on the driver.
  public static let local = MultiplyPlan(place: .local)

  /// A product on a grid.
  public init(_ grid: MultiplyGrid, streaming: Streaming = .none, fetchesTouched: Bool = false) {
    place = .grid(grid)
    self.streaming = streaming
    self.fetchesTouched = fetchesTouched
  }

  private init(place: Place) { self.place = place }

  /// The grid; nil for a product on the driver.
  public var grid: MultiplyGrid? {
    if case .grid(let grid) = place { grid } else { nil }
  }

  /// What the field calls it.
  public var name: String {
    guard let grid else { return "local" }
    return fetchesTouched ? "\(grid.name), what is touched" : grid.name
  }
}

extension MultiplyPlan: LosslessStringConvertible {
  /// What `init(_:)` reads.
  public var description: String {
    guard case .grid(let grid) = place else { return "local" }
    let streamed =
      switch streaming {
      case .none: ""
      case .rows(let count): "/rows:\(count)"
      case .columns(let count): "/columns:\(count)"
      }
    return "\(grid)" + streamed + (fetchesTouched ? "/touched" : "")
  }

  /// The plan that `description` prints; nil for other text.
  public init?(_ text: String) {
    if text == "local" {
      self = .local
      return
    }
    var parts = text.split(separator: "/", omittingEmptySubsequences: false)[...]
    guard let first = parts.popFirst(), let grid = MultiplyGrid(first) else { return nil }
    self.init(grid)
    if parts.last == "touched" {
      fetchesTouched = true
      parts.removeLast()
    }
    guard let part = parts.popFirst() else { return }
    let words = part.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.isEmpty, words.count == 2, let count = Int(words[1]), count >= 2 else { return nil }
    switch words[0] {
    case "rows": streaming = .rows(count)
    case "columns": streaming = .columns(count)
    default: return nil
    }
  }
}
