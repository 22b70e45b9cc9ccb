// Every tile has one owner; the reduction tree depends on the number of tiles alone.

import TesseraPartitioning
import Testing

@Suite struct OwnershipTests {
  @Test func everyTileHasOneOwnerAndEveryOwnerAContiguousRange() {
    for tiles in 0...70 {
      for workers in 1...70 {
        let ownership = Ownership(tileCount: tiles, workerCount: workers)
        var next = 0
        for r in 0..<workers {
          let range = ownership.tiles(of: r)
          #expect(range.lowerBound == next)
          #expect(range.allSatisfy { ownership.owner(of: $0) == r })
          #expect(range.count == tiles / workers || range.count == tiles / workers + 1)
          next = range.upperBound
        }
        #expect(next == tiles, "\(tiles) tiles, \(workers) workers")
      }
    }
  }

  @Test func powersOfTwoOwnSubtrees() {
    for (tiles, workers) in [(1, 1), (8, 2), (64, 4), (256, 16), (32, 32)] {
      let spans = Set(subtrees(of: ReductionNode(root: tiles)).map { $0.first..<$0.end })
      let ownership = Ownership(tileCount: tiles, workerCount: workers)
      for r in 0..<workers { #expect(spans.contains(ownership.tiles(of: r)), "worker \(r) of \(workers)") }
    }
  }
}

@Suite struct ReductionTreeTests {
  @Test func leavesAreTheTilesInOrder() {
    for tiles in 1...300 { #expect(leaves(of: ReductionNode(root: tiles)) == Array(0..<tiles)) }
  }

  @Test func halvesPartitionTheirNodeAndAreAligned() {
    for tiles in 1...130 {
      for node in subtrees(of: ReductionNode(root: tiles)) {
        #expect(node.first % node.span == 0 && node.end - node.first <= node.span && node.first < node.end)
        if node.isLeaf { continue }
        let (left, right) = node.children
        #expect(left.first == node.first && left.span == node.span / 2)
        #expect(right?.first ?? left.end == left.end && right?.end ?? left.end == node.end)
      }
    }
  }

  @Test func theShapeIsTheOneOfTheFigure() {
    #expect(brackets(ReductionNode(root: 1)) == "0")
    #expect(brackets(ReductionNode(root: 3)) == "((0 1) 2)")
    #expect(brackets(ReductionNode(root: 6)) == "(((0 1) (2 3)) (4 5))")
    #expect(brackets(ReductionNode(root: 7)) == "(((0 1) (2 3)) ((4 5) 6))")
    #expect(brackets(ReductionNode(root: 9)) == "((((0 1) (2 3)) ((4 5) (6 7))) 8)")
  }

  @Test func theDepthIsTheLogarithm() {
    func depth(_ node: ReductionNode) -> Int {
      guard !node.isLeaf else { return 0 }
      let (left, right) = node.children
      return max(depth(left), right.map(depth) ?? -1) + (right == nil ? 0 : 1)
    }
    for tiles in 1...300 { #expect(1 << depth(ReductionNode(root: tiles)) < 2 * tiles) }
  }

  private func brackets(_ node: ReductionNode) -> String {
    if node.isLeaf { return "\(node.first)" }
    let (left, right) = node.children
    return right.map { "(\(brackets(left)) \(brackets($0)))" } ?? brackets(left)
  }
}

private func subtrees(of node: ReductionNode) -> [ReductionNode] {
  if node.isLeaf { return [node] }
  let (left, right) = node.children
  return [node] + subtrees(of: left) + (right.map(subtrees) ?? [])
}

private func leaves(of node: ReductionNode) -> [Int] { subtrees(of: node).filter(\.isLeaf).map(\.first) }
