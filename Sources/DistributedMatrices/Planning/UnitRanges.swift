// Which units each layer of cells takes, and which nodes of the reduction tree a range of leaves is.

import TesseraPartitioning

/// `count` units in `parts` consecutive ranges, as contiguous ownership shares tiles out.
func evenRanges(_ count: Int, _ parts: Int) -> [Range<Int>] {
  func first(_ p: Int) -> Int { (p * count + parts - 1) / parts }
  return (0..<parts).map { first($0)..<first($0 + 1) }
}

/// `count` leaves of a reduction tree in `parts` consecutive ranges: subtrees, so that each makes one partial
/// result, where that leaves no range more than a third longer than an even share; else even.
func alignedRanges(_ count: Int, _ parts: Int) -> [Range<Int>] {
  var span = 1
  while span < count { span *= 2 }
  let isPowerOfTwo = parts & (parts - 1) == 0
  if isPowerOfTwo, span >= parts, 3 * (span / parts) * parts <= 4 * count {
    let length = span / parts
    return (0..<parts).map { min($0 * length, count)..<min(($0 + 1) * length, count) }
  }
  return evenRanges(count, parts)
}

extension ReductionNode {
  /// The fewest nodes of the tree over `count` leaves that together have the leaves `range`, from left to
  /// right.
  static func covering(_ range: Range<Int>, of count: Int) -> [ReductionNode] {
    guard !range.isEmpty else { return [] }
    func cover(_ node: ReductionNode) -> [ReductionNode] {
      if range.lowerBound <= node.first && node.end <= range.upperBound { return [node] }
      if node.end <= range.lowerBound || range.upperBound <= node.first { return [] }
      let (left, right) = node.children
      return cover(left) + (right.map(cover) ?? [])
    }
    return cover(ReductionNode(root: count))
  }
}

extension Range<Int> {
  /// Part `p` of `count` consecutive parts that are as long as each other, or one longer.
  func part(_ p: Int, of count: Int) -> Range<Int> {
    let length = (self.count + count - 1) / count
    let first = Swift.min(lowerBound + p * length, upperBound)
    return first..<Swift.min(first + length, upperBound)
  }
}

extension [Range<Int>] {
  /// First and last positions, one after the other.
  var spans: [Int] { flatMap { [$0.lowerBound, $0.upperBound] } }
}
