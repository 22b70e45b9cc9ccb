// A job that needs several times the memory that its workers have ends with the same bits, and the tiles that
// live at any time are no more than the workers may hold.

import Synchronization
import TesseraCommunication
import TesseraInstrumentation
import TesseraTestSupport
import Testing

@testable import TesseraExecution

/// The bytes of all blobs alive, and the most there ever were.
private let live = Mutex((bytes: 0, peak: 0))

/// Numbers whose memory is counted.
private struct Blob: Tile {
  static let typeName = "test/blob"
  private final class Counted: Sendable {
    let numbers: [Double]
    init(_ numbers: [Double]) {
      self.numbers = numbers
      live.withLock {
        $0.bytes += 8 * numbers.count
        $0.peak = max($0.peak, $0.bytes)
      }
    }
    deinit { live.withLock { $0.bytes -= 8 * numbers.count } }
  }
  private let counted: Counted
  var numbers: [Double] { counted.numbers }
  init(_ numbers: [Double]) { counted = Counted(numbers) }
  func encode(to writer: inout WireWriter) { writer.write(array: numbers) }
  init(from reader: inout WireReader) throws(CommunicationError) {
    self.init(try reader.readArray(of: Double.self))
  }
}

/// A blob for each tile.
private enum BlobSource: SourceTask {
  typealias Arguments = Int
  static let name = "test/blob-source"
  static func make(_ length: Int, tile: Int) -> Blob {
    Blob((0..<length).map { 1 / Double(1 + $0 + tile * length) })
  }
}

private enum BlobScaling: MapTask {
  typealias Arguments = Int
  typealias Input = Blob
  static let name = "test/blob-scaling"
  static func run(_ factor: Int, _ input: Blob, tile: Int) -> Blob {
    Blob(input.numbers.map { $0 * Double(factor) / 3 })
  }
}

private enum BlobProduct: ReduceTask {
  typealias Arguments = Empty
  typealias Input = TilePair<Blob, Blob>
  static let name = "test/blob-product"
  static func run(_: Empty, _ input: TilePair<Blob, Blob>, tile: Int) -> Numbers {
    Numbers([zip(input.first.numbers, input.second.numbers).reduce(0) { $0 + $1.0 * $1.1 }])
  }
  static func combine(_ left: inout Numbers, _ right: Numbers, _: Empty) {
    left.elements[0] += right.elements[0]
  }
}

/// A value several times as large as the tile it comes from, as a Gram matrix is.
private enum BlobOuterProduct: ReduceTask {
  typealias Arguments = Int
  typealias Input = TilePair<Blob, Blob>
  static let name = "test/blob-outer-product"
  static func run(_ copies: Int, _ input: TilePair<Blob, Blob>, tile: Int) -> Numbers {
    Numbers(
      (0..<copies).flatMap { k in
        zip(input.first.numbers, input.second.numbers).map { ($0 + Double(k)) * $1 }
      })
  }
  static func combine(_ left: inout Numbers, _ right: Numbers, _ copies: Int) {
    for i in left.elements.indices { left.elements[i] += right.elements[i] }
  }
}

/// Every blob's part for every other.
private enum BlobShuffling: ExchangeTask {
  typealias Arguments = Int
  typealias Input = Blob
  static let name = "test/blob-shuffling"
  static func split(_ targets: Int, _ input: Blob, tile: Int) -> [(target: Int, piece: Numbers)] {
    (0..<targets).map { target in
      (target, Numbers(stride(from: target, to: input.numbers.count, by: targets).map { input.numbers[$0] }))
    }
  }
  static func merge(_ targets: Int, _ pieces: [Numbers], tile: Int) -> Blob {
    Blob(pieces.flatMap(\.elements))
  }
}

extension TaskRegistry {
  fileprivate static let blobs = TaskRegistry([
    .source(BlobSource.self), .map(BlobScaling.self), .reduce(BlobProduct.self),
    .reduce(BlobOuterProduct.self), .exchange(BlobShuffling.self),
  ])
}

@Suite(.serialized, .timeLimit(.minutes(30))) struct MemoryTests {
  private static let length = 512
  private static let tiles = 32
  private static let tileBytes = 8 * length
  /// Of a worker of two: two collections of 16 tiles.
  private static let workingSet = 2 * 16 * tileBytes

  /// Sums over two collections, twice, so that what was forgotten is needed again.
  private func sums(_ cluster: Cluster, _ level: StorageLevel? = nil) async throws -> [Numbers] {
    let engine = cluster.engine
    let blobs = try await engine.read(BlobSource.self, Self.length, into: Self.tiles)
    let scaled = try await engine.map(BlobScaling.self, 5, over: blobs)
    if let level {
      try await engine.persist(blobs, level)
      try await engine.persist(scaled, level)
    }
    var sums: [Numbers] = []
    for _ in 0..<3 {
      sums.append(try await engine.reduce(BlobProduct.self, Empty(), over: AlignedPair(blobs, scaled)))
    }
    return sums
  }

  @Test(arguments: [nil] + StorageLevel.allCases.map(Optional.some), [1, 2, 3])
  func aQuarterOfTheWorkingSetIsEnough(level: StorageLevel?, workers: Int) async throws {
    let expected = try await withCluster(workers: 1, registry: .blobs) { try await sums($0) }
    live.withLock { $0 = (0, 0) }
    let capacity = Self.workingSet / 4
    let result = try await withCluster(
      workers: workers, way: .dataflow, registry: .blobs, memory: capacity
    ) { try await sums($0, level) }
    #expect(result == expected)
    // A task reads two tiles or makes one of one; and a tile may be on its way from or to the disk.
    #expect(live.withLock { $0.peak } <= workers * (capacity + 4 * Self.tileBytes))
    // The last thread lets go of its worker while the cluster returns.
    for _ in 0..<5000 where live.withLock({ $0.bytes }) > 0 { try await Task.sleep(for: .milliseconds(1)) }
    #expect(live.withLock { $0.bytes } == 0)
  }

  /// In tiles: from room for nothing to room for nearly all.
  @Test(arguments: [0, 1, 2, 3, 5, 8, 21, 60], [1, 2, 3, 5])
  func partialResultsLargerThanTilesNeedNoMoreMemory(room: Int, workers: Int) async throws {
    func sums(_ cluster: Cluster) async throws -> [Numbers] {
      let engine = cluster.engine
      let blobs = try await engine.read(BlobSource.self, 64, into: 64)
      let scaled = try await engine.map(BlobScaling.self, 5, over: blobs)
      var sums: [Numbers] = []
      for _ in 0..<3 {
        sums.append(try await engine.reduce(BlobOuterProduct.self, 6, over: AlignedPair(blobs, scaled)))
      }
      return sums
    }
    let expected = try await withCluster(workers: 1, registry: .blobs, sums)
    for way in [Way.dataflow, .dataflowEncoded] {
      let result = try await withCluster(
        workers: workers, way: way, registry: .blobs, memory: max(1, room * 8 * 64), sums)
      #expect(result == expected)
    }
  }

  @Test func whatIsOnDiskIsNotComputedAgain() async throws {
    for way in [Way.messagePassing, .dataflow] {
      let recorder = Recorder(workers: 2)
      live.withLock { $0 = (0, 0) }
      try await withCluster(
        workers: 2, way: way, registry: .blobs, recorder: recorder, memory: Self.workingSet / 4
      ) { cluster in
        let engine = cluster.engine
        let blobs = try await engine.read(BlobSource.self, Self.length, into: Self.tiles)
        try await engine.persist(blobs, .memoryThenDisk)
        let factors = try await engine.collect(blobs).map { Numbers($0.numbers) }
        #expect(try await engine.collect(blobs).map { Numbers($0.numbers) } == factors)
      }
      let events = recorder.events()
      #expect(events.count { $0.kind == .task && $0.name == BlobSource.name } == Self.tiles)
      #expect(events.allSatisfy { $0.kind != .recompute })
    }
  }

  /// A limit that makes every pass start anew is told once, and one that is large enough is not.
  @Test func tooLittleMemoryIsToldOnce() async throws {
    for (memory, level, isTold) in [
      (Self.workingSet / 4, nil, true), (Self.workingSet / 4, StorageLevel.memoryThenDisk, true),
      (2 * Self.workingSet, nil, false), (.max, nil, false),
    ] {
      let lines = Mutex<[String]>([])
      var configuration = ClusterConfiguration(workers: 2, style: .dataflow)
      configuration.memoryPerWorker = memory
      try await Cluster.run(
        configuration, over: InProcessCommunicator.group(size: 2), registry: .blobs,
        membership: .fixed { line in lines.withLock { $0.append(line) } }
      ) { cluster in
        for _ in 0..<2 { _ = try await sums(cluster, level) }
      }
      let told = lines.withLock { $0 }
      #expect(told.count == (isTold ? 1 : 0) && told.allSatisfy { $0.hasPrefix("memory: limit ") }, "\(told)")
    }
  }

  @Test func whatIsForgottenIsComputedAgainAndRecordedSo() async throws {
    let recorder = Recorder(workers: 2)
    _ = try await withCluster(
      workers: 2, way: .dataflow, registry: .blobs, recorder: recorder, memory: Self.workingSet / 4
    ) { try await sums($0) }
    let events = recorder.events()
    #expect(events.contains { $0.kind == .recompute && $0.name == BlobSource.name })
    #expect(events.count { $0.kind == .task && $0.name == BlobSource.name } == Self.tiles)
    let rows = SummaryTable(events).rows
    #expect(rows.contains { $0.category == .recompute && $0.name == BlobSource.name })
    #expect("\(ChromeTrace(events))".contains(#""cat":"recompute""#))
  }

  @Test(arguments: [1, 2, 3]) func anExchangeOfMoreThanTheMemoryKeepsItsPiecesOnDisk(workers: Int)
    async throws
  {
    func shuffled(_ cluster: Cluster) async throws -> [[Double]] {
      let engine = cluster.engine
      let blobs = try await engine.read(BlobSource.self, Self.length, into: Self.tiles)
      let shuffled = try await engine.exchange(BlobShuffling.self, 8, over: blobs, into: 8)
      return try await engine.collect(shuffled).map(\.numbers)
    }
    let expected = try await withCluster(workers: 1, registry: .blobs, shuffled)
    for way in [Way.dataflow, .dataflowEncoded] {
      let result = try await withCluster(
        workers: workers, way: way, registry: .blobs, memory: 4 * Self.tileBytes, shuffled)
      #expect(result == expected)
    }
  }
}
