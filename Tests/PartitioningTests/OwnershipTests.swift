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
          #expect(range == Array(next..<next + range.count))
          #expect(range.allSatisfy { ownership.owner(of: $0) == r })
          #expect(range.count == tiles / workers || range.count == tiles / workers + 1)
          next += range.count
        }
        #expect(next == tiles, "\(tiles) tiles, \(workers) workers")
      }
    }
  }

  @Test func anExplicitOwnershipIsWhatItSays() {
    for (tiles, workers) in [(0, 1), (1, 1), (1, 5), (7, 3), (16, 4), (5, 9)] {
      for seed in 0..<5 {
        let owners = (0..<tiles).map { ($0 * 7 + seed) % workers }
        let ownership = Ownership(owners: owners, workerCount: workers)
        #expect(ownership.tileCount == tiles && ownership.workerCount == workers)
        #expect((0..<tiles).map(ownership.owner(of:)) == owners)
        for r in 0..<workers { #expect(ownership.tiles(of: r) == owners.indices.filter { owners[$0] == r }) }
      }
    }
  }

  @Test func anOwnershipThatNamesTheContiguousRuleIsTheContiguousRule() {
    for tiles in 0...20 {
      for workers in 1...20 {
        let contiguous = Ownership(tileCount: tiles, workerCount: workers)
        let named = Ownership(owners: (0..<tiles).map(contiguous.owner(of:)), workerCount: workers)
        #expect(named == contiguous && named.explicitOwners == nil)
      }
    }
    #expect(Ownership(tileCount: 3, allOn: 1, of: 2) == Ownership(owners: [1, 1, 1], workerCount: 2))
    #expect(Ownership(owners: [1, 0], workerCount: 2) != Ownership(tileCount: 2, workerCount: 2))
  }

  @Test func powersOfTwoOwnSubtrees() {
    for (tiles, workers) in [(1, 1), (8, 2), (64, 4), (256, 16), (32, 32)] {
      let spans = Set(subtrees(of: ReductionNode(root: tiles)).map { Array($0.first..<$0.end) })
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
