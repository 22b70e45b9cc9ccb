// The memory of a message on its way in. It grows as bytes arrive, so that a length that a peer claims costs
// nothing by itself; growing a large block moves pages, not bytes (realloc).

import Glibc

/// A message's bytes as far as they have come.
///
/// `@unchecked Sendable`: written by one thread at a time, as the transport sees to, until the message is whole;
/// only read afterwards.
package final class ReceivedBytes: WireBytes, @unchecked Sendable {
  private var memory: UnsafeMutableRawPointer?
  private var capacity = 0
  package private(set) var count = 0
  /// Bytes at the front that have been taken.
  private var taken = 0
  private let length: Int

  private static let firstCapacity = 1 << 20

  /// Memory for a message of `length` bytes; a first piece of it at most is taken at once.
  package init(length: Int) { self.length = length }

  deinit { free(memory) }

  /// What has come and has not been taken.
  package var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: memory.map { $0 + taken }, count: count - taken)
  }

  /// Bytes that are still to come.
  package var missing: Int { length - count }

  /// Moves bytes to `target`, as many as there are and it has room for, and returns how many.
  package func take(into target: UnsafeMutableRawBufferPointer) -> Int {
    let front = UnsafeRawBufferPointer(rebasing: bytes.prefix(target.count))
    target.copyMemory(from: front)
    taken += front.count
    return front.count
  }

  /// Where the next bytes go, at least `least` and at most `limit` of them; empty when the message is whole.
  ///
  /// - Precondition: `least` bytes are missing, or none.
  /// - Throws: `tooLong` when there is no such memory.
  package func room(limit: Int, atLeast least: Int = 1) throws(CommunicationError)
    -> UnsafeMutableRawBufferPointer
  {
    let least = min(least, missing)
    if capacity - count < least {
      // Doubling cannot overflow: a block of more than half the address space is never granted.
      let wanted = min(length, max(Self.firstCapacity, 2 * capacity, count + least))
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
  package func add(_ bytes: UnsafeRawBufferPointer) throws(CommunicationError) {
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
