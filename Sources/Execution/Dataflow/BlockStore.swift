// The blocks that a worker holds. Beyond its capacity it makes room: blocks that nobody has used for longest go
// first, and can be made again from their lineage. O(1) per access, O(n log n) in the blocks held per eviction.

import Foundation
import TesseraCommunication

/// A worker's blocks.
///
/// `@unchecked Sendable`: every access to the stored properties holds the lock.
final class BlockStore: @unchecked Sendable {
  private struct Entry {
    let value: any WireCodable
    let bytes: Int
    var lastUse: Int
  }

  private let lock = NSLock()
  private var entries: [BlockID: Entry] = [:]
  private var uses = 0
  private var bytes = 0
  private let capacity: Int

  /// A store that makes room beyond `capacity` bytes.
  init(capacity: Int) { self.capacity = capacity }

  /// The block, if it is here.
  func block(_ id: BlockID) -> (any WireCodable)? {
    lock.withLock {
      uses += 1
      entries[id]?.lastUse = uses
      return entries[id]?.value
    }
  }

  /// Stores a block; returns its bytes and the blocks that had to go.
  func store(_ value: any WireCodable, as id: BlockID) -> (bytes: Int, evicted: [BlockID]) {
    var writer = WireWriter()
    value.encode(to: &writer)
    let size = writer.headerBytes + writer.payloadBytes
    return lock.withLock {
      uses += 1
      bytes += size - (entries[id]?.bytes ?? 0)
      entries[id] = Entry(value: value, bytes: size, lastUse: uses)
      return (size, makeRoom(sparing: id))
    }
  }

  /// Forgets blocks.
  func drop(_ ids: [BlockID]) {
    lock.withLock {
      for id in ids {
        if let entry = entries.removeValue(forKey: id) { bytes -= entry.bytes }
      }
    }
  }

  /// Forgets all blocks of these collections.
  func forget(_ collections: Set<Int>) {
    drop(lock.withLock { entries.keys.filter { collections.contains($0.collection) } })
  }

  private func makeRoom(sparing newest: BlockID) -> [BlockID] {
    guard bytes > capacity else { return [] }
    var evicted: [BlockID] = []
    let oldestFirst = entries.filter { $0.key != newest }
      .sorted { $0.value.lastUse < $1.value.lastUse }
    for (id, entry) in oldestFirst {
      if bytes <= capacity { break }
      entries[id] = nil
      bytes -= entry.bytes
      evicted.append(id)
    }
    return evicted
  }
}
