// Collections with explicit owners: every verb does the same wherever tiles lie, and in message passing what
// moves is exactly what changes its owner.

import TesseraCommunication
import TesseraExecution
import TesseraInstrumentation
import TesseraPartitioning
import TesseraTestSupport
import Testing

@testable import TesseraExecution

private let workerCounts = [1, 2, 3, 5]

/// The texts of three collections, joined.
private enum TripleTask: MapTask {
  typealias Arguments = Empty
  typealias Input = TileTriple<Text, Text, Numbers>
  static let name = "test/triple"
  static func run(_: Empty, _ input: TileTriple<Text, Text, Numbers>, tile: Int) -> Text {
    Text("\(tile) \(input.first.text) \(input.second.text) \(Int(input.third.elements[0]))")
  }
}

/// Brackets around pairs of texts.
private enum PairBracketingTask: ReduceTask {
  typealias Arguments = Empty
  typealias Input = TilePair<Text, Text>
  static let name = "test/pair-bracketing"
  static func run(_: Empty, _ input: TilePair<Text, Text>, tile: Int) -> String {
    input.first.text + input.second.text
  }
  static func combine(_ left: inout String, _ right: String, _: Empty) { left = "(\(left) \(right))" }
}

extension TaskRegistry {
  fileprivate static let owned = test.adding([.map(TripleTask.self), .reduce(PairBracketingTask.self)])
}

/// The contiguous rule, everything on the last, dealt out, backwards, at random.
private func ownerships(tiles: Int, workers: Int) -> [Ownership] {
  var generator = SeededGenerator(seed: tiles * 31 + workers)
  let contiguous = Ownership(tileCount: tiles, workerCount: workers)
  let owners: [[Int]] = [
    (0..<tiles).map { _ in workers - 1 }, (0..<tiles).map { $0 % workers },
    (0..<tiles).map { workers - 1 - contiguous.owner(of: $0) },
    (0..<tiles).map { _ in Int.random(in: 0..<workers, using: &generator) },
  ]
  return [contiguous] + owners.map { Ownership(owners: $0, workerCount: workers) }
}

private func changing(_ old: Ownership, _ new: Ownership, to rank: Int) -> Int {
  (0..<old.tileCount).count { new.owner(of: $0) == rank && old.owner(of: $0) != rank }
}

@Suite(.timeLimit(.minutes(30))) struct OwnedCollectionTests {
  @Test(arguments: workerCounts, Way.allCases)
  func everyVerbDoesTheSameWhereverTilesLie(workers: Int, way: Way) async throws {
    try await withCluster(workers: workers, way: way, registry: .owned) { cluster in
      let engine = cluster.engine
      for count in [0, 1, 6, 11] {
        let plain = try await engine.place(texts(count))
        let tree = count == 0 ? "" : try await engine.reduce(BracketingTask.self, [], over: plain)
        for ownership in ownerships(tiles: count, workers: workers) {
          let tiles = try await engine.place(texts(count), on: ownership)
          #expect(tiles.ownership == ownership && tiles.tileCount == count)
          #expect(try await engine.collect(tiles) == texts(count))
          let mapped = try await engine.map(NumberingTask.self, [], over: tiles)
          #expect(mapped.ownership == ownership)
          #expect(try await engine.collect(mapped) == (0..<count).map { Text("\($0):\($0)") })
          if count > 0 { #expect(try await engine.reduce(BracketingTask.self, [], over: tiles) == tree) }
        }
      }
    }
  }

  @Test(arguments: workerCounts, Way.allCases)
  func exchangesGoFromAnyOwnersToAnyOwners(workers: Int, way: Way) async throws {
    try await withCluster(workers: workers, way: way, registry: .owned) { cluster in
      let grid = (0..<5).map { i in Numbers((0..<4).map { Double(i * 100 + $0) }) }
      for from in ownerships(tiles: 5, workers: workers) {
        let tiles = try await cluster.engine.place(grid, on: from)
        for into in ownerships(tiles: 4, workers: workers) {
          let columns = try await cluster.engine.exchange(TransposingTask.self, [], over: tiles, into: into)
          #expect(columns.ownership == into)
          #expect(
            try await cluster.engine.collect(columns)
              == (0..<4).map { j in Numbers((0..<5).map { Double($0 * 100 + j) }) })
        }
      }
    }
  }

  @Test(arguments: workerCounts, Way.allCases)
  func collectionsOfDifferentOwnersAreAligned(workers: Int, way: Way) async throws {
    try await withCluster(workers: workers, way: way, registry: .owned) { cluster in
      let engine = cluster.engine
      let all = ownerships(tiles: 7, workers: workers)
      for (k, ownership) in all.enumerated() {
        let first = try await engine.place(texts(7), on: ownership)
        let second = try await engine.place(texts(7), on: all[(k + 1) % all.count])
        let third = try await engine.place(
          (0..<7).map { Numbers([Double($0)]) }, on: all[(k + 2) % all.count])
        let joined = try await engine.map(JoiningTask.self, "+", over: AlignedPair(first, second))
        #expect(joined.ownership == ownership)
        #expect(try await engine.collect(joined) == (0..<7).map { Text("\($0)+\($0)") })
        let triple = try await engine.map(
          TripleTask.self, Empty(), over: AlignedTriple(first, second, third))
        #expect(try await engine.collect(triple) == (0..<7).map { Text("\($0) \($0) \($0) \($0)") })
        #expect(
          try await engine.reduce(PairBracketingTask.self, Empty(), over: AlignedPair(first, second))
            == "(((00 11) (22 33)) ((44 55) 66))")
      }
    }
  }

  @Test(arguments: workerCounts, Way.allCases)
  func movedTilesAreTheSameTiles(workers: Int, way: Way) async throws {
    try await withCluster(workers: workers, way: way, registry: .owned) { cluster in
      for from in ownerships(tiles: 6, workers: workers) {
        for to in ownerships(tiles: 6, workers: workers) {
          let tiles = try await cluster.engine.place(texts(6), on: from)
          let numbered = try await cluster.engine.map(NumberingTask.self, [], over: tiles)
          let moved = try await cluster.engine.move(numbered, to: to)
          #expect(moved.ownership == to)
          #expect(try await cluster.engine.collect(moved) == (0..<6).map { Text("\($0):\($0)") })
        }
      }
    }
  }

  @Test(arguments: workerCounts, [false, true])
  func whatMovesIsWhatChangesItsOwner(workers: Int, encodes: Bool) async throws {
    let tiles = 9
    let zero = Ownership(tileCount: tiles, allOn: 0, of: workers)
    let single = (0..<tiles).map { Numbers([Double($0), 1, 2]) }
    for from in ownerships(tiles: tiles, workers: workers) {
      for to in ownerships(tiles: tiles, workers: workers) {
        let report = try await withCluster(workers: workers, encodes: encodes, registry: .owned) { cluster in
          let collection = try await cluster.engine.place(single, on: from)
          _ = try await cluster.engine.move(collection, to: to)
          _ = try await cluster.engine.exchange(TransposingTask.self, [], over: collection, into: to)
          _ = try await cluster.engine.collect(collection)
          return try await cluster.ledger()
        }
        for rank in 0..<workers {
          let received = { (operation: String) in report.workers[rank][operation].received.words }
          #expect(received("place test/numbers") == 3 * changing(zero, from, to: rank))
          #expect(received("move test/numbers") == 3 * changing(from, to, to: rank))
          #expect(received("collect test/numbers") == 3 * changing(from, zero, to: rank))
          let cut = (0..<3).filter { to.owner(of: $0) == rank }.count
          #expect(
            received("exchange test/transposing") == cut * (tiles - from.tiles(of: rank).count))
        }
      }
    }
  }

  @Test func inDataflowTilesAreMadeWhereTheyAreWanted() {
    let owners = [2, 0, 1, 2, 2, 0]
    let wanted = Ownership(owners: owners, workerCount: 3)
    var scheduler = Scheduler(workers: [0, 1, 2])
    scheduler.define(0, Recipe(.none, count: 6, placement: wanted))
    scheduler.define(1, Recipe(.sameIndex([0]), count: 6))
    let back = Ownership(tileCount: 6, workerCount: 3)
    scheduler.define(2, Recipe(.sameIndex([1]), count: 6, placement: back))
    var queue = scheduler.want((0..<6).map { BlockID(2, $0) }, job: 1, at: 0)
    var makers: [BlockID: Int] = [:]
    while !queue.isEmpty {
      var next: [Scheduler.Action] = []
      for case .run(let assignments, let worker) in queue {
        for assignment in assignments {
          makers[assignment.block] = worker
          next += scheduler.handle(
            .made(
              assignment.block, worker: worker, attempt: assignment.attempt, bytes: 8, duration: 1,
              isSent: assignment.isWanted), at: 1)
        }
      }
      queue = next
    }
    #expect((0..<6).map { makers[BlockID(0, $0)] } == owners)
    #expect((0..<6).map { makers[BlockID(1, $0)] } == owners)
    #expect((0..<6).map { makers[BlockID(2, $0)] } == (0..<6).map(back.owner(of:)))
    #expect(scheduler.violations() == [])
    // Of a lost worker's tiles others are made, somewhere among the living.
    queue = scheduler.handle(.lost(worker: 2, reason: "gone"), at: 2)
    for case .run(_, let worker) in queue { #expect(worker != 2) }
  }
}

@Suite struct StepTests {
  @Test func ownersOfAnotherNumberOfTilesAreRefused() throws {
    var step = Step(.place, "test/text")
    step.outputTiles = 3
    step.outputOwners = [0, 1, 0]
    #expect(try decoded(Step.self, encoded(step)).outputOwners == [0, 1, 0])
    step.outputTiles = 2
    #expect(throws: CommunicationError.self) { try decoded(Step.self, encoded(step)) }
  }
}
