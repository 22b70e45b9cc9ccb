// Values are read back from a message that lies in memory, or from one that is still coming: then the
// transport puts the numbers of a long array straight into the array's own memory. Every length is checked
// against what is left of the message before anything is allocated.
//
// Cost of an array: one copy from a message in memory, none from one that is coming.

import Glibc

/// A message in memory that a transport has received it into. The bytes stay as they are from the time a
/// reader is made.
public protocol WireBytes: AnyObject, Sendable {
  /// The whole message.
  var bytes: UnsafeRawBufferPointer { get }
}

/// Reads a message back, checking every length.
public struct WireReader: Sendable {
  private enum Storage: Sendable {
    case array([UInt8])
    case memory(any WireBytes)
    case coming(ComingMessage)
  }

  private let storage: Storage
  private let count: Int
  private var position = 0

  /// A reader at the start of `bytes`.
  public init(_ bytes: [UInt8]) {
    storage = .array(bytes)
    count = bytes.count
  }

  /// A reader at the start of `message`, which is kept, not copied.
  public init(_ message: any WireBytes) {
    storage = .memory(message)
    count = message.bytes.count
  }

  /// A reader at the start of a message of `length` bytes that is still coming. Reading waits for it, so only
  /// one copy of such a reader may be read, by one thread. An array is allocated at its claimed length: the
  /// transport reads so only messages for which it would rather do that than wait and see.
  public init(_ source: any WireSource, length: Int) {
    storage = .coming(ComingMessage(source, length: length))
    count = length
  }

  /// Bytes not read yet.
  public var remaining: Int { count - position }

  /// The next integer.
  public mutating func readInt() throws(CommunicationError) -> Int {
    guard remaining >= 8 else { throw .malformed(expected: "an integer") }
    return Int(try take(8) { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) })
  }

  /// The next integer, which must lie in `range`.
  public mutating func readInt(in range: ClosedRange<Int>, _ what: String)
    throws(CommunicationError) -> Int
  {
    let value = try readInt()
    guard range.contains(value) else { throw .malformed(expected: "\(what) in \(range)") }
    return value
  }

  /// The next text.
  public mutating func readString() throws(CommunicationError) -> String {
    let count = try readLength("text", stride: 1)
    guard let text = try take(count, { String(validating: $0, as: UTF8.self) }) else {
      throw .malformed(expected: "UTF-8 text")
    }
    return text
  }

  /// The next array of numbers.
  public mutating func readArray<Element: Sendable>(of type: Element.Type)
    throws(CommunicationError) -> [Element]
  {
    let stride = MemoryLayout<Element>.stride
    let count = try readLength("an array of \(Element.self)", stride: stride)
    try checkRoom(for: count * stride)
    return try filled(count) { (buffer) throws(CommunicationError) in
      try fill(UnsafeMutableRawBufferPointer(buffer))
    }
  }

  /// A reader of everything that is not read yet; nothing is left here. Waits for a message that is still
  /// coming.
  public mutating func readRest() throws(CommunicationError) -> WireReader {
    if case .coming = storage { return WireReader(try readBytes(remaining)) }
    defer { position += remaining }
    return self
  }

  /// A reader of the next `bytes` bytes, which are kept. Waits for a message that is still coming.
  ///
  /// - Throws: `tooLong` when there are fewer, or fewer than none are asked for.
  public mutating func readPart(bytes: Int) throws(CommunicationError) -> WireReader {
    guard 0...remaining ~= bytes else { throw .tooLong(what: "a part", length: bytes, limit: remaining) }
    if case .coming = storage { return WireReader(try readBytes(bytes)) }
    defer { position += bytes }
    return WireReader(storage, position..<position + bytes)
  }

  private init(_ storage: Storage, _ range: Range<Int>) {
    self.storage = storage
    position = range.lowerBound
    count = range.upperBound
  }

  func withRest(_ body: (UnsafeRawBufferPointer) -> Void) {
    switch storage {
    case .array(let bytes):
      bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[position..<count])) }
    case .memory(let message):
      withExtendedLifetime(message) {
        body(UnsafeRawBufferPointer(rebasing: message.bytes[position..<count]))
      }
    case .coming: preconditionFailure("what is left of a message is taken with readRest")
    }
  }

  private mutating func readLength(_ what: String, stride: Int) throws(CommunicationError) -> Int {
    let count = try readInt()
    guard count >= 0, count <= remaining / stride else {
      throw .tooLong(what: what, length: count, limit: remaining / stride)
    }
    return count
  }

  /// Of a message that is still coming nothing but its claim may be there yet, and an array for which there is no
  /// memory ends the process: asked for here, memory is refused.
  private func checkRoom(for bytes: Int) throws(CommunicationError) {
    guard case .coming = storage, bytes >= Self.longClaim else { return }
    // Not by malloc and free: of such a pair the compiler makes nothing.
    let room = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard room != MAP_FAILED else { throw .tooLong(what: "an array", length: bytes, limit: Self.longClaim) }
    munmap(room, bytes)
  }

  /// What a process without so much memory left could not go on with anyway.
  private static let longClaim = 1 << 24

  private mutating func readBytes(_ count: Int) throws(CommunicationError) -> [UInt8] {
    try checkRoom(for: count)
    return try filled(count) { (buffer) throws(CommunicationError) in
      try fill(UnsafeMutableRawBufferPointer(buffer))
    }
  }

  /// Takes the next `count` bytes, of which so many must be left, for a look at them.
  private mutating func take<Result>(_ count: Int, _ body: (UnsafeRawBufferPointer) -> Result)
    throws(CommunicationError) -> Result
  {
    let range = position..<position + count
    switch storage {
    case .array(let bytes):
      position += count
      return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    case .memory(let message):
      position += count
      return withExtendedLifetime(message) { body(UnsafeRawBufferPointer(rebasing: message.bytes[range])) }
    case .coming(let message) where count <= ComingMessage.mostTaken:
      defer { position += count }
      return body(try message.take(count, at: position))
    case .coming:
      return try readBytes(count).withUnsafeBytes(body)
    }
  }

  /// Takes the next bytes into `target`; so many must be left.
  private mutating func fill(_ target: UnsafeMutableRawBufferPointer) throws(CommunicationError) {
    if case .coming(let message) = storage {
      defer { position += target.count }
      return try message.fill(target, at: position)
    }
    LargePages.ask(for: target)
    try take(target.count) { target.copyMemory(from: $0) }
  }
}
