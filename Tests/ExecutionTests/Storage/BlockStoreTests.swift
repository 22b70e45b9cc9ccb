// What a worker holds stays within its memory, what must go goes in the right order, and what comes back from
// disk has the same bits or is not there.

import Foundation
import TesseraCommunication
import TesseraTestSupport
import Testing

@testable import TesseraExecution

@Suite(.timeLimit(.minutes(30))) struct BlockStoreTests {
  /// A block of 10 numbers is 8 + 80 bytes.
  private static let blockBytes = 88

  private func numbers(_ seed: Int) -> Numbers { Numbers((0..<10).map { Double(seed) + Double($0) / 7 }) }

  private func store(blocks: Int, isRecomputable: Bool = true, folder: String = SpillFile.folder)
    -> BlockStore
  {
    BlockStore(capacity: blocks * Self.blockBytes, isRecomputable: isRecomputable, folder: folder)
  }

  @Test(arguments: 0..<20) func memoryIsTheCapacityAndOneTasksInputsAndOutput(seed: Int) {
    var generator = SeededGenerator(seed: seed)
    let store = store(blocks: 5)
    var gone: Set<BlockID> = []
    store.keep(1, .memory)
    store.keep(2, .memoryThenDisk)
    for k in 0..<500 {
      let id = BlockID(k % 3, k)
      let inputs = (0..<2).map { _ in
        let index = Int(generator.next() % UInt64(k + 1))
        return BlockID(index % 3, index)
      }
      store.pin(inputs)
      for input in inputs {
        let value = store.block(input) as? Numbers
        let isKnown = input.index < k && !gone.contains(input)
        #expect(value == (isKnown ? numbers(input.index) : nil))
      }
      let (bytes, evicted) = store.store(numbers(k), as: id)
      #expect(bytes == Self.blockBytes && evicted.allSatisfy { !inputs.contains($0) && $0 != id })
      // Inputs are pinned although they may not be in memory.
      #expect(store.bytes <= (5 + 2 + 1) * Self.blockBytes)
      gone.formUnion(evicted + store.unpin())
      #expect(store.bytes <= (5 + 1) * Self.blockBytes)
    }
    #expect(store.peak <= (5 + 2 + 1) * Self.blockBytes)
    #expect(!gone.isEmpty && gone.allSatisfy { $0.collection != 2 })
  }

  @Test func whatIsLeastWantedGoesFirst() {
    let store = store(blocks: 5)
    store.keep(2, .memory)
    store.keep(3, .memoryThenDisk)
    store.keep(5, .memory)
    for collection in 1...4 { _ = store.store(numbers(collection), as: BlockID(collection, 0)) }
    _ = store.store(numbers(5), as: BlockID(4, 1))
    _ = store.block(BlockID(1, 0))
    var gone: [BlockID] = []
    for k in 0..<6 {
      gone +=
        store.store(numbers(k), as: BlockID(5, k)) {
          [BlockID(4, 1): TaskQueue.Use(turn: 0, isKept: false)]
        }.evicted
    }
    // The least recently used of those nobody keeps; to the disk, which is not told, 3.0; then what is kept in
    // memory; what will be read, not at all as long as there is something else.
    #expect(gone == [(4, 0), (1, 0), (2, 0), (5, 0), (5, 1)].map { BlockID($0, $1) })
    #expect(store.block(BlockID(3, 0)) as? Numbers == numbers(3))
    #expect(store.block(BlockID(2, 0)) == nil && store.block(BlockID(4, 1)) != nil)
  }

  @Test func whatIsReadSoonStaysLongerAndWhatTheQueueKeepsStays() {
    let store = store(blocks: 3)
    for k in 0..<3 { _ = store.store(numbers(k), as: BlockID(1, k)) }
    var uses: [BlockID: TaskQueue.Use] = [:]
    // Block 1 has been used before block 2, and is read after it.
    for (turn, k) in [2, 1, 0].enumerated() {
      uses[BlockID(1, k)] = TaskQueue.Use(turn: turn, isKept: k == 0)
    }
    let gone = (3..<6).map { k in store.store(numbers(k), as: BlockID(2, k)) { uses }.evicted }
    #expect(gone == [[BlockID(1, 1)], [BlockID(2, 3)], [BlockID(2, 4)]])
    let rest = (6..<8).map { k in
      uses[BlockID(2, k - 1)] = TaskQueue.Use(turn: k, isKept: true)
      return store.store(numbers(k), as: BlockID(2, k)) { uses }.evicted
    }
    #expect(rest == [[BlockID(1, 2)], []])
  }

  @Test func aQueueKeepsWhatItMakesForItselfAndWhatHasBeenMissed() {
    let queue = TaskQueue()
    func work(_ block: BlockID, attempt: Int = 1, reading inputs: [BlockID] = []) -> Work {
      var work = Work(block, attempt: attempt)
      work.inputs = inputs.map { Location(block: $0, holder: 0) }
      return work
    }
    let (a, b, c, d) = (BlockID(1, 0), BlockID(2, 0), BlockID(3, 0), BlockID(4, 0))
    queue.append([work(b, reading: [a]), work(c, reading: [a, b])])
    queue.append([work(BlockID(3, 1), attempt: 2, reading: [d, a])])
    let uses = queue.uses()
    #expect(uses.count == 3 && uses[a]?.turn == 0 && uses[b]?.turn == 1 && uses[d]?.turn == 2)
    #expect(uses[b]?.isKept == true && uses[d]?.isKept == true && uses[a]?.isKept == true)
    queue.cancel([BlockID(3, 1)])
    #expect(queue.uses()[a]?.isKept == false && queue.uses()[d] == nil)
  }

  @Test func withoutLineageOnlyTheDiskMakesRoom() {
    let store = store(blocks: 2, isRecomputable: false)
    store.keep(1, .memoryThenDisk)
    for k in 0..<10 {
      #expect(store.store(numbers(k), as: BlockID(1, k)).evicted.isEmpty)
      #expect(store.store(numbers(-k), as: BlockID(2, k)).evicted.isEmpty)
    }
    #expect(store.bytes == 10 * Self.blockBytes)
    for k in 0..<10 {
      #expect(store.block(BlockID(1, k)) as? Numbers == numbers(k))
      #expect(store.block(BlockID(2, k)) as? Numbers == numbers(-k))
    }
  }

  @Test func aDiskThatTakesNothingMeansComputingAgain() {
    let missing = "/nowhere/\(UInt64.random(in: 0...(.max)))"
    let sparing = store(blocks: 2, folder: missing)
    let keeping = store(blocks: 2, isRecomputable: false, folder: missing)
    for store in [sparing, keeping] { store.keep(1, .memoryThenDisk) }
    var evicted: [BlockID] = []
    for k in 0..<5 {
      evicted += sparing.store(numbers(k), as: BlockID(1, k)).evicted
      #expect(keeping.store(numbers(k), as: BlockID(1, k)).evicted.isEmpty)
    }
    #expect(evicted == (0..<3).map { BlockID(1, $0) })
    #expect((0..<5).allSatisfy { keeping.block(BlockID(1, $0)) as? Numbers == numbers($0) })
  }

  @Test func theFileHasNoNameAndASpoiltBlockIsNotThere() throws {
    let folder = NSTemporaryDirectory() + "tessera-spill-test-\(UInt64.random(in: 0...(.max)))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let store = store(blocks: 1, folder: folder)
    store.keep(1, .memoryThenDisk)
    for k in 0..<3 { _ = store.store(numbers(k), as: BlockID(1, k)) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    // The only way to it leads through this process's descriptors.
    let paths = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").map {
      "/proc/self/fd/" + $0
    }
    let path = try #require(
      paths.first {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: $0))?.hasPrefix(folder) == true
      })
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seek(toOffset: 20)
    try file.write(contentsOf: Data([0xFF]))
    try file.close()
    #expect(store.block(BlockID(1, 0)) == nil)
    #expect(store.block(BlockID(1, 1)) as? Numbers == numbers(1))
  }

  @Test(arguments: 0..<10) func roomOnDiskIsUsedAgain(seed: Int) {
    var generator = SeededGenerator(seed: seed)
    let store = store(blocks: 0)
    store.keep(1, .memoryThenDisk)
    var lengths: [Int: Int] = [:]
    for k in 0..<400 {
      let index = Int(generator.next() % 20)
      if generator.next() % 3 == 0 {
        store.drop([BlockID(1, index)])
        lengths[index] = nil
      } else {
        let length = Int(generator.next() % 50)
        lengths[index] = length
        _ = store.store(Numbers(Array(repeating: Double(index), count: length)), as: BlockID(1, index))
        // A block that is stored next drives this one out.
        _ = store.store(numbers(k), as: BlockID(2, 0))
      }
      for other in 0..<20 {
        let expected = lengths[other].map { Numbers(Array(repeating: Double(other), count: $0)) }
        #expect(store.block(BlockID(1, other)) as? Numbers == expected)
      }
    }
    store.forget([1, 2])
    #expect(store.bytes == 0)
  }
}
