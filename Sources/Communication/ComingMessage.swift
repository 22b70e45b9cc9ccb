// A message that is read while it comes: small fields by way of a chunk of memory, long arrays without.

/// Where the bytes of a message come from, in order.
public protocol WireSource: AnyObject, Sendable {
  /// Waits for the next bytes of the message and puts them into `buffer`: `least` of them, or more as far as
  /// there is room. Returns how many.
  ///
  /// - Precondition: at least one byte; so many are left.
  /// - Throws: why no more will come.
  func read(into buffer: UnsafeMutableRawBufferPointer, atLeast least: Int) throws(CommunicationError) -> Int
}

/// The unread bytes of a message, some of which have come.
///
/// `@unchecked Sendable`: used by the one thread that reads the message.
final class ComingMessage: @unchecked Sendable {
  /// The most bytes that can be taken for a look at them.
  static let mostTaken = 1 << 15
  /// Longer fields do not go by way of the chunk.
  private static let longField = 1 << 12
  /// So much has to come of a long array before large pages are asked for: the first byte of one takes two
  /// megabytes.
  private static let plainBytes = 1 << 20

  private let source: any WireSource
  private let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: mostTaken, alignment: 16)
  /// The bytes of the chunk that have come and not been read.
  private var unread = 0..<0
  private var position = 0
  private let length: Int

  /// A message of `length` bytes.
  init(_ source: any WireSource, length: Int) {
    self.source = source
    self.length = length
  }

  deinit { chunk.deallocate() }

  /// The next `count` bytes, until the next call. `position` is where the reader believes to be.
  func take(_ count: Int, at position: Int) throws(CommunicationError) -> UnsafeRawBufferPointer {
    check(position, count)
    if unread.count < count {
      let kept = unread.count
      // The two may overlap, as copyMemory allows.
      chunk.copyMemory(from: UnsafeRawBufferPointer(rebasing: chunk[unread]))
      let room = UnsafeMutableRawBufferPointer(rebasing: chunk[kept..<min(chunk.count, length - position)])
      unread = 0..<kept + (try source.read(into: room, atLeast: count - kept))
    }
    defer { advance(by: count) }
    return UnsafeRawBufferPointer(rebasing: chunk[unread].prefix(count))
  }

  /// Puts the next bytes into `target`.
  func fill(_ target: UnsafeMutableRawBufferPointer, at position: Int) throws(CommunicationError) {
    check(position, target.count)
    var rest = target
    func copy(_ bytes: UnsafeRawBufferPointer) {
      rest.copyMemory(from: bytes)
      rest = UnsafeMutableRawBufferPointer(rebasing: rest[bytes.count...])
    }
    let there = min(unread.count, target.count)
    copy(UnsafeRawBufferPointer(rebasing: chunk[unread].prefix(there)))
    advance(by: there)
    if rest.count > Self.longField {
      if rest.count >= LargePages.leastBytes { try read(&rest, Self.plainBytes) }
      LargePages.ask(for: rest)
      try read(&rest, rest.count)
    } else if !rest.isEmpty {
      copy(try take(rest.count, at: self.position))
    }
  }

  /// From the source straight into the front of `rest`.
  private func read(_ rest: inout UnsafeMutableRawBufferPointer, _ count: Int) throws(CommunicationError) {
    let front = UnsafeMutableRawBufferPointer(rebasing: rest[..<count])
    let found = try source.read(into: front, atLeast: count)
    precondition(found == count)
    position += count
    rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
  }

  private func advance(by count: Int) {
    unread = unread.lowerBound + count..<unread.upperBound
    position += count
  }

  private func check(_ position: Int, _ count: Int) {
    precondition(position == self.position, "two readers of a message that is still coming")
    precondition(count <= length - position)
  }
}
