// The tree in which the partial results of tiles 0..<T are combined. Its shape is a function of T alone: a
// node covers an aligned range [a, a + 2^l) of tiles, its children the two halves; a half without tiles
// is left out. So floating-point sums come out the same on any number of workers.
//
//   T = 6            [0,8)
//                   /     \
//               [0,4)     [4,8)
//              /    \       |
//          [0,2)  [2,4)   [4,6)
//
// A worker evaluates the parts of the tree whose leaves it owns; a node belongs to the owner of its first
// tile, who receives the right half from the owner of that half's first tile. With aligned ownership every
// worker but the root's sends exactly one partial result. Depth ceil(log2 T).

/// A node of the reduction tree.
public struct ReductionNode: Hashable, Sendable {
  /// The first tile below the node.
  public let first: Int
  /// One past the last tile below the node.
  public let end: Int
  /// The length of the aligned range, a power of two, of which `first..<end` is the part that has tiles.
  public let span: Int

  /// The root over `tileCount` tiles.
  ///
  /// - Precondition: `tileCount >= 1`.
  public init(root tileCount: Int) {
    precondition(tileCount >= 1)
    var span = 1
    while span < tileCount { span *= 2 }
    self.init(first: 0, end: tileCount, span: span)
  }

  private init(first: Int, end: Int, span: Int) {
    self.first = first
    self.end = end
    self.span = span
  }

  /// Whether the node is a single tile.
  public var isLeaf: Bool { end - first == 1 }

  /// The two halves; the right one is nil when it holds no tile, and the node then equals its left half.
  ///
  /// - Precondition: not a leaf.
  public var children: (left: ReductionNode, right: ReductionNode?) {
    let half = span / 2
    let middle = first + half
    let left = ReductionNode(first: first, end: min(middle, end), span: half)
    return (left, middle < end ? ReductionNode(first: middle, end: end, span: half) : nil)
  }

  /// The right halves below the node whose values go to another worker, that of their left halves: the nodes whose first
  /// tiles have another owner than the first tile of what they are joined with. O(tiles).
  ///
  /// - Precondition: `ownership` is of at least `end` tiles.
  public func crossings(_ ownership: Ownership) -> [ReductionNode] {
    if isLeaf { return [] }
    let (left, right) = children
    guard let right else { return left.crossings(ownership) }
    let moves = ownership.owner(of: left.first) != ownership.owner(of: right.first)
    return left.crossings(ownership) + right.crossings(ownership) + (moves ? [right] : [])
  }
}
