// What each collective moves: the messages and the words that every rank sends and receives are exactly those
// of the formula in its file, for pieces of equal and of unequal length, on both sides of every choice of
// algorithm.

import TesseraCommunication
import TesseraInstrumentation
import TesseraLocalMatrices

extension Conformance {
  func costs() throws {
    try costsOfValues()
    for count in [0, 1, 5, 997, 20_011] {
      try costsOfBuffers(count)
      try costsOfPieces([Int](repeating: count, count: size))
      try costsOfPieces(unevenCounts(size, about: count))
    }
  }

  private var formulas: CollectiveFormulas { CollectiveFormulas(rank: rank, size: size) }

  /// Runs a collective through an end that counts, and compares.
  private func check(
    _ what: @autoclosure () -> String, _ expected: Moved, _ body: (any Communicator) throws -> Void
  ) throws {
    let counting = MeasuredCommunicator(end)
    try body(counting)
    let total = counting.ledger.entries(of: rank).total
    let moved = Moved(sent: Flow(total.sent), received: Flow(total.received))
    expect(moved == expected, "\(what()): \(moved); the formula says \(expected)")
  }

  /// Rank k's value has k + 10 words.
  private func costsOfValues() throws {
    let lengths = (0..<size).map { $0 + 10 }
    let values = lengths.map { Numbers([Double](repeating: 1, count: $0)) }
    let mine = values[rank]
    try check("barrier", formulas.barrier) { try $0.barrier() }
    for root in roots {
      try check("broadcast of a value from \(root)", formulas.downTheTree(lengths[root], from: root)) {
        _ = try $0.broadcast(rank == root ? mine : nil, from: root)
      }
      let gather = formulas.gatherValues(lengths, to: root)
      try check("gather of values at \(root)", gather) { _ = try $0.gather(mine, to: root) }
      try check("scatter of values from \(root)", gather.backwards) {
        _ = try $0.scatter(rank == root ? values : nil, from: root)
      }
    }
    let allGather = formulas.allGatherValues(lengths)
    try check("all-gather of values", allGather) { _ = try $0.allGather(mine) }
    try check("all-to-all of values", allGather) {
      _ = try $0.allToAll([Numbers<Double>](repeating: mine, count: size))
    }
    try check("reduce of values", formulas.reduceAlongTree(10, to: 0)) {
      _ = try $0.reduce(values[0]) { a, _ in a }
    }
    try check("all-reduce of values", formulas.doubling(10)) { _ = try $0.allReduce(values[0]) { a, _ in a } }
    try check("split", formulas.allGatherValues([Int](repeating: 0, count: size))) {
      _ = try $0.split(color: rank % 2)
    }
  }

  /// Collectives on n numbers at each rank.
  private func costsOfBuffers(_ n: Int) throws {
    let numbers = [Double](repeating: 1, count: n)
    let reduceIsLarge = Collective.reduce.isLarge(bytes: 8 * n, size: size)
    for root in roots {
      let broadcast =
        Collective.broadcast.isLarge(bytes: 8 * n, size: size)
        ? formulas.broadcastPieces(n, from: root) : n > 0 ? formulas.downTheTree(n, from: root) : Moved()
      try check("broadcast of \(n) from \(root)", broadcast) { end in
        var buffer = numbers
        try end.broadcast(numbers: &buffer, from: root)
      }
      let pieces = formulas.cut(n)
      let reduce =
        reduceIsLarge
        ? formulas.combinePieces(pieces) + formulas.gatherDirectly(pieces, to: root)
        : n > 0 ? formulas.reduceAlongTree(n, to: root) : Moved()
      try check("reduce of \(n) at \(root)", reduce) { end in
        var buffer = numbers
        try end.reduce(numbers: &buffer, .sum, to: root)
      }
    }
    let pieces = formulas.cut(n)
    let allReduce =
      Collective.allReduce.isLarge(bytes: 8 * n, size: size)
      ? formulas.combinePieces(pieces) + formulas.allGatherAround(pieces)
      : n > 0 ? formulas.doubling(n) : Moved()
    try check("all-reduce of \(n)", allReduce) { end in
      var buffer = numbers
      try end.allReduce(numbers: &buffer, .sum)
    }
    let parts = [Int](repeating: n, count: size)
    let allToAll =
      Collective.allToAll.isLarge(bytes: 8 * n * size, size: size)
      ? formulas.allToAllDirectly(parts, parts) : formulas.allToAllByBits(n)
    try check("all-to-all of \(n) each", allToAll) {
      _ = try $0.allToAll(numbers: [Double](repeating: 1, count: n * size))
    }
  }

  /// Collectives on `counts[k]` numbers of rank k.
  private func costsOfPieces(_ counts: [Int]) throws {
    let total = counts.reduce(0, +)
    let mine = [Double](repeating: 1, count: counts[rank])
    let all = [Double](repeating: 1, count: total)
    let isLarge = Collective.gather.isLarge(bytes: 8 * total, size: size)
    for root in roots {
      let gather =
        isLarge ? formulas.gatherDirectly(counts, to: root) : formulas.gatherAlongTree(counts, to: root)
      try check("gather of \(counts) at \(root)", gather) {
        _ = try $0.gather(numbers: mine, counts: counts, to: root)
      }
      try check("scatter of \(counts) from \(root)", gather.backwards) {
        _ = try $0.scatter(numbers: rank == root ? all : [], counts: counts, from: root)
      }
    }
    let allGather =
      Collective.allGather.isLarge(bytes: 8 * total, size: size)
      ? formulas.allGatherAround(counts) : formulas.allGatherByDoubling(counts)
    try check("all-gather of \(counts)", allGather) { _ = try $0.allGather(numbers: mine, counts: counts) }
    try check("reduce-scatter of \(counts)", formulas.combinePieces(counts)) {
      _ = try $0.reduceScatter(numbers: all, counts: counts, .sum)
    }
    // From i to j as many as rank j has, but none from i to i + 1 where there are others.
    func length(_ i: Int, _ j: Int) -> Int { size > 2 && j == (i + 1) % size ? 0 : counts[j] }
    let (outgoing, incoming) = ((0..<size).map { length(rank, $0) }, (0..<size).map { length($0, rank) })
    try check("all-to-all of \(outgoing)", formulas.allToAllDirectly(outgoing, incoming)) {
      _ = try $0.allToAll(
        numbers: [Double](repeating: 1, count: outgoing.reduce(0, +)), counts: outgoing,
        receivedCounts: incoming)
    }
  }
}
