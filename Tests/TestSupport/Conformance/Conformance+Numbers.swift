// Collectives on numbers, of one scalar: sizes on both sides of every choice of algorithm, every root, pieces
// of unequal length.

import TesseraCommunication
import TesseraLocalMatrices
import TesseraPartitioning

extension Conformance {
  func numbers<S: Scalar>(_ type: S.Type) throws {
    for count in [0, 1, 3, 1000, 20_011] {
      for root in roots {
        var numbers: [S] = vector(count, by: rank == root ? 77 : rank)
        try end.broadcast(numbers: &numbers, from: root)
        expect(numbers == vector(count, by: 77), "broadcast of \(count) \(S.kind) from \(root)")
      }
      try pieces([Int](repeating: count, count: size), S.self)
      try pieces(unevenCounts(size, about: count), S.self)
      try allToAll(count, S.self)
      try reductions(count, S.self)
    }
  }

  /// Gather, scatter and all-gather of pieces.
  private func pieces<S: Scalar>(_ counts: [Int], _ type: S.Type) throws {
    let mine: [S] = vector(counts[rank], by: rank)
    let all: [S] = (0..<size).flatMap { vector(counts[$0], by: $0) }
    let what = "of \(S.kind), lengths \(counts)"
    for root in roots {
      expect(
        try end.gather(numbers: mine, counts: counts, to: root) == (rank == root ? all : []),
        "gather at \(root) \(what)")
      expect(
        try end.scatter(numbers: rank == root ? all : [], counts: counts, from: root) == mine,
        "scatter from \(root) \(what)")
    }
    expect(try end.allGather(numbers: mine, counts: counts) == all, "all-gather \(what)")
  }

  private func allToAll<S: Scalar>(_ count: Int, _ type: S.Type) throws {
    let sent: [S] = (0..<size).flatMap { vector(count, by: rank * 10 + $0) }
    expect(
      try end.allToAll(numbers: sent) == (0..<size).flatMap { vector(count, by: $0 * 10 + rank) },
      "all-to-all of \(count) \(S.kind) each")
    // From i to j, i + 2j mod 3 of them more or less, or none.
    func length(_ i: Int, _ j: Int) -> Int { (i + j) % 3 == 1 ? 0 : count + (i + 2 * j) % 3 }
    let uneven: [S] = (0..<size).flatMap { vector(length(rank, $0), by: rank * 10 + $0) }
    let received = try end.allToAll(
      numbers: uneven, counts: (0..<size).map { length(rank, $0) },
      receivedCounts: (0..<size).map { length($0, rank) })
    expect(
      received == (0..<size).flatMap { vector(length($0, rank), by: $0 * 10 + rank) },
      "all-to-all of about \(count) \(S.kind) each")
  }

  /// Sums whose bits depend on the order, against the tree over the ranks.
  private func reductions<S: Scalar>(_ count: Int, _ type: S.Type) throws {
    let root = ReductionNode(root: size)
    let mine: [S] = (0..<count).map { roughNumber($0, by: rank) }
    let sum: [S] = (0..<count).map { treeSum($0, below: root) }
    var numbers = mine
    try end.allReduce(numbers: &numbers, .sum)
    expect(haveEqualBits(numbers, sum), "all-reduce of \(count) \(S.kind)")
    for target in Set([0, size - 1]).sorted() {
      numbers = mine
      try end.reduce(numbers: &numbers, .sum, to: target)
      if rank == target {
        expect(haveEqualBits(numbers, sum), "reduce of \(count) \(S.kind) at \(target)")
      }
    }
    for counts in [even(count), uneven(count)] {
      let first = counts[..<rank].reduce(0, +)
      expect(
        haveEqualBits(
          try end.reduceScatter(numbers: mine, counts: counts, .sum),
          Array(sum[first..<first + counts[rank]])),
        "reduce-scatter of \(S.kind), lengths \(counts)")
    }
  }

  private func even(_ count: Int) -> [Int] {
    (0..<size).map { count / size + ($0 < count % size ? 1 : 0) }
  }

  /// All at every other rank, the rest none.
  private func uneven(_ count: Int) -> [Int] {
    let takers = (size + 1) / 2
    return (0..<size).map { $0 % 2 == 1 ? 0 : count / takers + ($0 == 0 ? count % takers : 0) }
  }
}
