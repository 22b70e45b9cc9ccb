// The blocks that a worker holds. Beyond its capacity it makes room, in this order, what has not been used
// for longest first:
//   1. blocks that nobody asked to keep are forgotten: they can be computed again from their lineage;
//   2. blocks that are persisted on disk go there;
//   3. blocks that are persisted in memory are forgotten;
//   4. blocks that tasks in the worker's queue will read, those that are read last first.
// What the running task reads stays, and so do what has been made last and what the queue keeps for a task to
// come (TaskQueue.swift): with `capacity` C the blocks in memory are at most C bytes, one task's inputs and
// output, and what is made on the way to them. An array that several blocks share counts once, as where memory is
// predicted. Where nothing can be computed again only 2 happens.
//
// What comes again after it had to go, or is read from disk, is counted beside what has been placed here: where it
// is several times as much, the limit is what the job waits for, and somebody is to be told.
//
// O(1) per access, O(n log n) in the blocks in memory per eviction. A block is as large as its wire format.
// Blocks on disk are read from there each time; one that cannot be read is a block that is not here.

import Synchronization
import TesseraCommunication

/// A worker's blocks.
final class BlockStore: Sendable {
  fileprivate enum Place {
    case memory(any WireCodable)
    case disk(SpillFile.Extent, any WireCodable.Type)
  }

  fileprivate struct Entry {
    var place: Place
    let bytes: Int
    var lastUse: Int
    /// The arrays of a block in memory, which other blocks may have too.
    let footprint: WireFootprint

    var isInMemory: Bool { if case .memory = place { true } else { false } }
  }

  fileprivate struct State: ~Copyable {
    /// By collection and number.
    var entries: [Int: [Int: Entry]] = [:]
    var levels: [Int: StorageLevel] = [:]
    /// What the running task reads.
    var pinned: Set<BlockID> = []
    /// What has come last, which somebody may be about to fetch.
    var newest: BlockID?
    var uses = 0
    /// How many blocks in memory have an array, by its place; and its bytes.
    var holders: [Int: (count: Int, bytes: Int)] = [:]
    /// Bytes in memory, of which what several blocks share counts once.
    var held = 0
    /// The most since it was last asked for, and ever.
    var mostHeld = 0
    var peak = 0
    /// The bytes of blocks that had to go and are still wanted as far as is known, by collection and number.
    var evicted: [Int: [Int: Int]] = [:]
    /// Bytes in memory, on disk and evicted; and the most there were.
    var placed = 0
    var mostPlaced = 0
    /// Bytes that came again after they had to go, or were read from disk.
    var moved = 0
    var hasSaidStrain = false
    var file: SpillFile
  }

  private let state: Mutex<State>
  private let capacity: Int
  private let isRecomputable: Bool

  /// Whether there may be more blocks than room.
  var isLimited: Bool { capacity < .max }

  /// A store that makes room beyond `capacity` bytes in memory.
  ///
  /// - Parameter isRecomputable: whether a block that is forgotten can be had again.
  init(capacity: Int, isRecomputable: Bool, folder: String = SpillFile.folder) {
    self.capacity = capacity
    self.isRecomputable = isRecomputable
    state = Mutex(State(file: SpillFile(folder: folder)))
  }

  /// The most bytes that have been in memory, what several blocks share counted once.
  var peak: Int { state.withLock { $0.peak } }

  /// The same since this was last asked.
  func takeMostHeld() -> Int {
    state.withLock { state in
      defer { state.mostHeld = state.held }
      return state.mostHeld
    }
  }

  /// Made or read again so many times, blocks are a sign of too little memory.
  private static let patience = 2

  /// The limit and the most bytes placed here, once, when so much has been made again after it had to go, or read
  /// from disk, that the limit is what the job waits for.
  func takeStrain() -> (limit: Int, placed: Int)? {
    guard isLimited else { return nil }
    return state.withLock { state in
      guard !state.hasSaidStrain, state.moved > 0, state.moved >= Self.patience * state.mostPlaced else {
        return nil
      }
      state.hasSaidStrain = true
      return (capacity, state.mostPlaced)
    }
  }

  /// The bytes in memory, what several blocks share counted once.
  var bytes: Int { state.withLock { $0.held } }

  /// Says how the blocks of a collection are to be kept.
  func keep(_ collection: Int, _ level: StorageLevel?) { state.withLock { $0.levels[collection] = level } }

  /// The block, if it is here.
  func block(_ id: BlockID) -> (any WireCodable)? {
    state.withLock { $0.block(id) }
  }

  /// Keeps these blocks in memory, as far as they are there, until `unpin`.
  func pin(_ ids: some Sequence<BlockID>) {
    state.withLock { $0.pinned = Set(ids) }
  }

  /// Lets go of what was pinned; returns the blocks that had to go for it.
  func unpin(sparing uses: () -> [BlockID: TaskQueue.Use] = { [:] }) -> [BlockID] {
    state.withLock { state in
      state.pinned = []
      return makeRoom(&state, uses)
    }
  }

  /// Stores a block; returns its bytes and the blocks that had to go.
  ///
  /// - Parameter uses: the blocks that the tasks in the worker's queue will read. Asked if room is needed.
  func store(
    _ value: some WireCodable, as id: BlockID, sparing uses: () -> [BlockID: TaskQueue.Use] = { [:] }
  )
    -> (bytes: Int, evicted: [BlockID])
  {
    let footprint = WireFootprint(of: value)
    let bytes = footprint.otherBytes + footprint.buffers.reduce(0) { $0 + $1.bytes }
    return state.withLock { state in
      state.drop(id)
      if state.forgetEviction(of: id) { state.moved += bytes }
      state.uses += 1
      state.place(bytes)
      state.entries[id.collection, default: [:]][id.index] = Entry(
        place: .memory(value), bytes: bytes, lastUse: state.uses, footprint: footprint)
      state.hold(footprint)
      state.newest = id
      return (bytes, makeRoom(&state, uses))
    }
  }

  /// Forgets blocks.
  func drop(_ ids: [BlockID]) {
    state.withLock { state in
      for id in ids {
        state.drop(id)
        _ = state.forgetEviction(of: id)
      }
    }
  }

  /// Forgets all blocks of these collections.
  func forget(_ collections: Set<Int>) {
    state.withLock { state in
      for collection in collections {
        for index in (state.entries[collection] ?? [:]).keys { state.drop(BlockID(collection, index)) }
        state.entries[collection] = nil
        state.levels[collection] = nil
        state.placed -= state.evicted.removeValue(forKey: collection)?.values.reduce(0, +) ?? 0
      }
    }
  }

  private func makeRoom(_ state: inout State, _ uses: () -> [BlockID: TaskQueue.Use]) -> [BlockID] {
    guard state.held > capacity else { return [] }
    let uses = uses()
    func order(_ id: BlockID, _ entry: Entry) -> (Int, Int) {
      if let use = uses[id] { return (4, -use.turn) }
      let rank =
        switch state.levels[id.collection] {
        case .memory?: 3
        case .memoryThenDisk?: 2
        case nil: 1
        }
      return (rank, entry.lastUse)
    }
    var victims: [(id: BlockID, order: (Int, Int))] = []
    for (collection, entries) in state.entries {
      for (index, entry) in entries where entry.isInMemory {
        let id = BlockID(collection, index)
        if id != state.newest, !state.pinned.contains(id) { victims.append((id, order(id, entry))) }
      }
    }
    victims.sort { $0.order < $1.order }
    var evicted: [BlockID] = []
    for (id, _) in victims {
      if state.held <= capacity { break }
      if state.levels[id.collection] == .memoryThenDisk, state.spill(id) { continue }
      // A full disk is no reason to fail where the block can be computed again.
      guard isRecomputable, uses[id]?.isKept != true else { continue }
      state.evict(id)
      evicted.append(id)
    }
    return evicted
  }
}

extension BlockStore.State {
  fileprivate mutating func block(_ id: BlockID) -> (any WireCodable)? {
    uses += 1
    entries[id.collection]?[id.index]?.lastUse = uses
    switch entries[id.collection]?[id.index]?.place {
    case .memory(let value)?: return value
    case .disk(let extent, let type)?:
      guard var reader = file.read(extent), let value = try? type.init(from: &reader) else {
        drop(id)
        return nil
      }
      moved += extent.count
      return value
    case nil: return nil
    }
  }

  /// Counts the memory of a block that has come.
  fileprivate mutating func hold(_ footprint: WireFootprint) {
    held += footprint.otherBytes
    for buffer in footprint.buffers {
      if holders[buffer.address, default: (0, buffer.bytes)].count == 0 { held += buffer.bytes }
      holders[buffer.address, default: (0, buffer.bytes)].count += 1
    }
    mostHeld = max(mostHeld, held)
    peak = max(peak, held)
  }

  /// Counts off the memory of a block that goes.
  fileprivate mutating func release(_ footprint: WireFootprint) {
    held -= footprint.otherBytes
    for buffer in footprint.buffers {
      guard let (count, bytes) = holders[buffer.address] else { continue }
      holders[buffer.address] = count > 1 ? (count - 1, bytes) : nil
      if count == 1 { held -= bytes }
    }
  }

  /// Moves a block to disk; false when that cannot be done.
  fileprivate mutating func spill(_ id: BlockID) -> Bool {
    guard let entry = entries[id.collection]?[id.index], case .memory(let value) = entry.place else {
      return false
    }
    var writer = WireWriter()
    value.encode(to: &writer)
    guard let extent = file.write(writer) else { return false }
    entries[id.collection]?[id.index]?.place = .disk(extent, type(of: value))
    release(entry.footprint)
    return true
  }

  fileprivate mutating func drop(_ id: BlockID) {
    guard let entry = entries[id.collection]?.removeValue(forKey: id.index) else { return }
    switch entry.place {
    case .memory: release(entry.footprint)
    case .disk(let extent, _): file.free(extent)
    }
    placed -= entry.bytes
  }

  /// Drops a block that may come again.
  fileprivate mutating func evict(_ id: BlockID) {
    guard let bytes = entries[id.collection]?[id.index]?.bytes else { return }
    drop(id)
    evicted[id.collection, default: [:]][id.index] = bytes
    place(bytes)
  }

  /// True for a block that had to go.
  fileprivate mutating func forgetEviction(of id: BlockID) -> Bool {
    guard let bytes = evicted[id.collection]?.removeValue(forKey: id.index) else { return false }
    placed -= bytes
    return true
  }

  fileprivate mutating func place(_ bytes: Int) {
    placed += bytes
    mostPlaced = max(mostPlaced, placed)
  }
}
