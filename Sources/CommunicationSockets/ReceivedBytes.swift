// The memory of a message on its way in. It grows as bytes arrive, so that a length that a peer claims costs
// nothing by itself; growing a large block moves pages, not bytes (realloc).

import Glibc
import TesseraCommunication

/// A message's bytes as far as they have come.
///
/// `@unchecked Sendable`: written under the communicator's lock until the message is whole, only read
/// afterwards.
final class ReceivedBytes: WireBytes, @unchecked Sendable {
  private var memory: UnsafeMutableRawPointer?
  private var capacity = 0
  private(set) var count = 0
  /// Bytes at the front that have been taken.
  private var taken = 0
  private let length: Int

  private static let firstCapacity = 1 << 20

  /// Memory for a message of `length` bytes; a first piece of it at most is taken at once.
  init(length: Int) { self.length = length }

  deinit { free(memory) }

  /// What has come and has not been taken.
  var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: memory.map { $0 + taken }, count: count - taken)
  }

  /// Moves bytes to `target`, as many as there are and it has room for, and returns how many.
  func take(into target: UnsafeMutableRawBufferPointer) -> Int {
    let front = UnsafeRawBufferPointer(rebasing: bytes.prefix(target.count))
    target.copyMemory(from: front)
    taken += front.count
    return front.count
  }

  /// Where the next bytes go, at most `limit` of them; empty when the message is whole.
  ///
  /// - Throws: `tooLong` when there is no such memory.
  func room(limit: Int) throws(CommunicationError) -> UnsafeMutableRawBufferPointer {
    if count == capacity, count < length {
      // Doubling cannot overflow: a block of more than half the address space is never granted.
      let wanted = min(length, max(Self.firstCapacity, 2 * capacity))
      guard let grown = realloc(memory, wanted) else {
        throw .tooLong(what: "a message", length: length, limit: capacity)
      }
      memory = grown
      capacity = wanted
      // Only for what is big and on its way already: the first byte of a large page takes two megabytes.
      LargePages.ask(for: UnsafeMutableRawBufferPointer(start: memory, count: capacity))
    }
    return UnsafeMutableRawBufferPointer(
      start: memory.map { $0 + count }, count: min(limit, capacity - count))
  }

  /// Adds the next bytes, which may lie in `room` already.
  ///
  /// - Throws: `tooLong` when there is no memory for them.
  func add(_ bytes: UnsafeRawBufferPointer) throws(CommunicationError) {
    var rest = bytes
    while !rest.isEmpty {
      let room = try room(limit: rest.count)
      precondition(!room.isEmpty, "more bytes than the message has")
      if let source = rest.baseAddress, source != UnsafeRawPointer(room.baseAddress) {
        room.copyMemory(from: UnsafeRawBufferPointer(start: source, count: room.count))
      }
      count += room.count
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(room.count))
    }
  }
}
