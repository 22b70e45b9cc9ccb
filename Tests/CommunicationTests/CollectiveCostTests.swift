// The words that each collective moves are those of the formula in its file, on any number of ranks, for few
// numbers and for many, and its results do not depend on the algorithm.

@testable import TesseraCommunication
import TesseraInstrumentation
import TesseraTestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(30))) struct CollectiveCostTests {
  /// The numbers of bits set in the integers below `size`: how often the parts of a tree are moved.
  private func bitsSet(below size: Int) -> Int { (0..<size).reduce(0) { $0 + $1.nonzeroBitCount } }

  /// How many ranks receive in the rounds of recursive doubling, all rounds together.
  private func receiversInDoubling(_ size: Int) -> Int {
    (0..<size).reduce(0) { sum, rank in
      var (span, receives) = (1, 0)
      while span < size {
        receives += (rank / span ^ 1) * span < size ? 1 : 0
        span *= 2
      }
      return sum + receives
    }
  }

  private func words(_ size: Int, _ run: @escaping @Sendable (any Communicator) throws -> Void) throws -> Int
  {
    let group = InProcessCommunicator.group(size: size).map { MeasuredCommunicator($0) }
    _ = try onThreads(group) { try run($0) }
    return LedgerReport(group.map { $0.ledger.entries(of: $0.rank) }).total.sent.words
  }

  @Test(arguments: 1...8) func numbersMoveAsOftenAsTheFormulasSay(ranks: Int) throws {
    for n in [0, 1, 5, 840, 84_000] {
      let bytes = 8 * n
      #expect(
        try words(ranks) { end in
          var numbers = [Double](repeating: 1, count: n)
          try end.broadcast(numbers: &numbers, from: end.size - 1)
        } == (ranks - 1) * n)
      let total = ranks * n
      let isLargeGather = Collective.gather.isLarge(bytes: ranks * bytes, size: ranks)
      #expect(
        try words(ranks) { _ = try $0.gather(numbers: [Double](repeating: 1, count: n)) }
          == (isLargeGather ? total - n : bitsSet(below: ranks) * n))
      #expect(
        try words(ranks) { end in
          _ = try end.scatter(
            numbers: [Double](repeating: 1, count: end.rank == 0 ? total : 0),
            counts: [Int](repeating: n, count: end.size))
        } == (isLargeGather ? total - n : bitsSet(below: ranks) * n))
      #expect(
        try words(ranks) { _ = try $0.allGather(numbers: [Double](repeating: 1, count: n)) } == (ranks - 1)
          * total)
      #expect(
        try words(ranks) { _ = try $0.allToAll(numbers: [Double](repeating: 1, count: ranks * n)) }
          == (Collective.allToAll.isLarge(bytes: ranks * bytes, size: ranks)
            ? ranks * (ranks - 1) : ranks * bitsSet(below: ranks))
          * n)
      let isLargeReduce = Collective.reduce.isLarge(bytes: bytes, size: ranks)
      for root in [0, ranks - 1] {
        let rootPiece = n / ranks + (root < n % ranks ? 1 : 0)
        #expect(
          try words(ranks) { end in
            var numbers = [Double](repeating: 1, count: n)
            try end.reduce(numbers: &numbers, .sum, to: root)
          } == (isLargeReduce ? ranks * n - rootPiece : (ranks - 1 + (root == 0 ? 0 : 1)) * n))
      }
      #expect(
        try words(ranks) { end in
          var numbers = [Double](repeating: 1, count: n)
          try end.allReduce(numbers: &numbers, .sum)
        }
          == (Collective.allReduce.isLarge(bytes: bytes, size: ranks)
            ? 2 * (ranks - 1) * n : receiversInDoubling(ranks) * n))
      #expect(
        try words(ranks) { end in
          _ = try end.reduceScatter(
            numbers: [Double](repeating: 1, count: ranks * n), counts: [Int](repeating: n, count: ranks), .sum
          )
        } == (ranks - 1) * total)
    }
  }

  @Test(arguments: 1...8) func valuesMoveAsOftenAsTheFormulasSay(ranks: Int) throws {
    // Rank k's value has k + 10 words.
    @Sendable func value(_ rank: Int) -> Words { Words([Double](repeating: 1, count: rank + 10)) }
    let all = (0..<ranks).reduce(0) { $0 + $1 + 10 }
    #expect(try words(ranks) { try $0.barrier() } == 0)
    #expect(try words(ranks) { _ = try $0.broadcast($0.rank == 0 ? value(0) : nil) } == (ranks - 1) * 10)
    #expect(try words(ranks) { _ = try $0.gather(value($0.rank)) } == all - 10)
    #expect(
      try words(ranks) { _ = try $0.scatter($0.rank == 0 ? (0..<ranks).map(value) : nil) } == all - 10)
    #expect(try words(ranks) { _ = try $0.allGather(value($0.rank)) } == (ranks - 1) * all)
    #expect(
      try words(ranks) { end in _ = try end.allToAll((0..<ranks).map { _ in value(end.rank) }) }
        == (ranks - 1) * all)
    #expect(try words(ranks) { _ = try $0.reduce(value(0), tag: .status) { a, _ in a } } == (ranks - 1) * 10)
    #expect(
      try words(ranks) { _ = try $0.allReduce(value(0)) { a, _ in a } } == receiversInDoubling(ranks) * 10)
  }

  /// The choice is a matter of time only.
  @Test(arguments: 1...9) func bothAlgorithmsGiveTheSameBits(size: Int) throws {
    for count in [1, 7, 100] {
      let differences = try onThreads(InProcessCommunicator.group(size: size)) { try differing($0, count) }
      #expect(differences == [[String]](repeating: [], count: size), "\(count) numbers")
    }
  }

  @Test func theChoiceGrowsWithTheMessage() {
    for collective in Collective.allCases {
      for size in 1...64 {
        let choices = (0..<24).map { collective.isLarge(bytes: 1 << $0, size: size) }
        // Once large, always large.
        #expect(choices == choices.sorted { !$0 && $1 }, "\(collective) on \(size)")
        #expect(choices.last == true || size <= 2)
      }
    }
  }
}

/// The collectives whose two algorithms do not agree on `count` numbers of each rank.
private func differing(_ end: any Communicator, _ count: Int) throws -> [String] {
  let mine = (0..<count).map { [1e16, 1, -1e16, 0.3][($0 + end.rank * 3) % 4] }
  let pieces = Pieces(count: count, parts: end.size)
  var differing: [String] = []
  let doubled = try changed(mine) { try end.allReduceByDoubling($0, .sum, .collective) }
  let around = try changed(mine) {
    // A piece takes several rounds in so little memory.
    try end.combinePieces($0, pieces, .sum, scratchBytes: 24, .collective)
    try end.allGatherAround($0, pieces, .collective)
  }
  let turned = try changed(mine) {
    try end.combinePieces($0, pieces, .sum, .collective)
    try end.allGatherByDoubling($0, pieces, .collective)
  }
  if around != doubled || turned != doubled { differing.append("all-reduce") }
  for root in 0..<end.size {
    let along = try changed(mine) { try end.reduceAlongTree($0, .sum, to: root, .collective) }
    let inPieces = try changed(mine) { try end.reducePieces($0, .sum, to: root, .collective) }
    if end.rank == root, along != doubled || inPieces != doubled { differing.append("reduce to \(root)") }
    let first = try changed(mine) { try end.broadcastAlongTree($0, from: root, .collective) }
    let second = try changed(mine) { try end.broadcastPieces($0, from: root, .collective) }
    if first != second { differing.append("broadcast from \(root)") }
  }
  let parts = Pieces(count: count * end.size, parts: end.size)
  let sent = (0..<count * end.size).map { Double(end.rank * 10_000 + $0) }
  let zeros = [Double](repeating: 0, count: sent.count)
  let direct = try changed(zeros) { received in
    try sent.withUnsafeBufferPointer { try end.allToAllDirectly($0, parts, received, parts, .collective) }
  }
  let byBits = try changed(zeros) { received in
    try sent.withUnsafeBufferPointer { try end.allToAllByBits($0, received, parts, .collective) }
  }
  if direct != byBits { differing.append("all-to-all") }
  return differing
}

/// The numbers after `body` has worked on them.
private func changed(_ numbers: [Double], _ body: (UnsafeMutableBufferPointer<Double>) throws -> Void) throws
  -> [Double]
{
  var numbers = numbers
  try numbers.withUnsafeMutableBufferPointer { try body($0) }
  return numbers
}
