// What the choice of an algorithm changes, and what it does not: algorithms that the conformance suite, which
// holds what every collective moves against its formula, does not reach move what theirs says; results never
// depend on the choice.

import TesseraInstrumentation
import Testing

@testable import TesseraCommunication
@testable import TesseraTestSupport

@Suite(.serialized, .timeLimit(.minutes(30))) struct CollectiveCostTests {
  private func moved(_ size: Int, _ run: @escaping @Sendable (any Communicator) throws -> Void) throws
    -> [Moved]
  {
    let group = InProcessCommunicator.group(size: size).map { MeasuredCommunicator($0) }
    _ = try onThreads(group) { try run($0) }
    return group.map { end in
      let total = end.ledger.entries(of: end.rank).total
      return Moved(sent: Flow(total.sent), received: Flow(total.received))
    }
  }

  /// Long pieces are combined part by part: a message for each part, and the words of the formula.
  @Test(arguments: 1...8) func longPiecesTakeSeveralRounds(size: Int) throws {
    // Scratch for 7 numbers of every other rank.
    let scratchBytes = 7 * 8 * max(1, size - 1)
    for count in [0, 1, 7 * size, 7 * size + 1, 100] {
      let pieces = Pieces(count: count, parts: size)
      let moved = try moved(size) { end in
        _ = try changed([Double](repeating: 1, count: count)) {
          try end.combinePieces($0, pieces, .sum, scratchBytes: scratchBytes, .collective)
        }
      }
      let expected = (0..<size).map {
        CollectiveFormulas(rank: $0, size: size).combinePieces((0..<size).map { pieces[$0].count }, limit: 7)
      }
      #expect(moved == expected, "\(count) numbers")
    }
  }

  /// The algorithm for few numbers, also on so few ranks that nobody chooses it.
  @Test(arguments: 1...9) func partsThatTravelByBitsMoveAsOftenAsBitsAreSet(size: Int) throws {
    for part in [0, 1, 5] {
      let pieces = Pieces(count: part * size, parts: size)
      let moved = try moved(size) { end in
        let sent = [Double](repeating: 1, count: part * size)
        _ = try changed(sent) { received in
          try sent.withUnsafeBufferPointer { try end.allToAllByBits($0, received, pieces, .collective) }
        }
      }
      let expected = (0..<size).map { CollectiveFormulas(rank: $0, size: size).allToAllByBits(part) }
      #expect(moved == expected, "\(part) each")
    }
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
