// The wire format: fixed little-endian integers and length-prefixed text make up the header; arrays of
// numbers follow as raw contiguous payload. The writer keeps arrays by reference: a transport can send a tile
// from where it lies. Cost: O(1) per field and array. Reading: WireReader.swift.

#if _endian(big)
  #error("the wire format is little-endian, and so must be the machine")
#endif

/// A value that can travel between workers.
public protocol WireCodable: Sendable {
  /// Appends the value to a message.
  func encode(to writer: inout WireWriter)
  /// Reads a value back.
  ///
  /// - Throws: `malformed` or `tooLong` for bytes that no `encode` wrote.
  init(from reader: inout WireReader) throws(CommunicationError)
}

/// Builds a message as a list of byte segments.
public struct WireWriter: Sendable {
  /// A piece of the message.
  public enum Segment: Sendable {
    /// Header bytes.
    case header([UInt8])
    /// The bytes of an array, held by reference.
    case payload(any WirePayload)
  }

  /// The version of the format: processes of one job must agree on it.
  public static let version = 1

  /// The pieces in order.
  public private(set) var segments: [Segment] = []
  /// Bytes of integers, text and lengths so far.
  public private(set) var headerBytes = 0
  /// Bytes of arrays so far.
  public private(set) var payloadBytes = 0
  /// Elements of arrays so far: the words that plans and bounds speak of.
  public private(set) var words = 0
  /// Whether the pieces are kept, or only counted.
  private let keepsSegments: Bool
  /// Where arrays lie and their bytes, where that is asked for.
  @usableFromInline private(set) var buffers: [WireFootprint.Buffer]?

  /// An empty message.
  public init() { keepsSegments = true }

  /// A message that is counted and not kept: nothing is allocated.
  init(counting: Void) { keepsSegments = false }

  /// A message that is counted and not kept, but for the places of its arrays.
  init(listingBuffers: Void) {
    keepsSegments = false
    buffers = []
  }

  /// Appends an integer.
  public mutating func write(_ value: Int) {
    guard keepsSegments else { return headerBytes += 8 }
    appendHeader(withUnsafeBytes(of: Int64(value).littleEndian) { Array($0) })
  }

  /// Appends text as its length and UTF-8 bytes.
  public mutating func write(_ text: String) {
    guard keepsSegments else { return headerBytes += 8 + text.utf8.count }
    let bytes = Array(text.utf8)
    write(bytes.count)
    appendHeader(bytes)
  }

  /// Appends an array of numbers as its length and raw bytes; the array is kept, not copied.
  ///
  /// - Precondition: the element is a plain value without references.
  @inlinable public mutating func write<Element: Sendable>(array: [Element]) {
    precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
    write(array.count)
    if buffers != nil { array.withUnsafeBytes { list($0) } }
    if count(elements: array.count, stride: MemoryLayout<Element>.stride) { append(array) }
  }

  /// Appends elements of an array as they are appended that are an array: copied, but where the message is only
  /// counted.
  ///
  /// - Precondition: the range lies in the array; the element is a plain value without references.
  @inlinable public mutating func write<Element: Sendable>(array: [Element], _ range: Range<Int>) {
    if buffers == nil { return write(count: range.count, of: Element.self) { Array(array[range]) } }
    precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
    write(range.count)
    array[range].withUnsafeBytes { list($0) }
    _ = count(elements: range.count, stride: MemoryLayout<Element>.stride)
  }

  /// Appends an array that `make` makes: not called, and nothing allocated, where the message is only counted.
  ///
  /// - Precondition: `make` makes `count` elements of a plain type without references.
  @inlinable public mutating func write<Element: Sendable>(
    count: Int, of type: Element.Type, _ make: () -> [Element]
  ) {
    precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
    write(count)
    if self.count(elements: count, stride: MemoryLayout<Element>.stride) {
      let array = make()
      precondition(array.count == count, "\(array.count) elements, not \(count)")
      append(array)
    }
  }

  /// Counts the elements of an array; true where they are to be kept.
  @usableFromInline mutating func count(elements: Int, stride: Int) -> Bool {
    payloadBytes += elements * stride
    words += elements
    return keepsSegments && elements > 0
  }

  @usableFromInline mutating func list(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    buffers?.append(WireFootprint.Buffer(address: Int(bitPattern: base), bytes: bytes.count))
  }

  @usableFromInline mutating func append<Element: Sendable>(_ array: [Element]) {
    segments.append(.payload(ArrayPayload(array: array)))
  }

  /// Counts as many integers at once; false where they are to be written.
  mutating func counted(integers count: Int) -> Bool {
    if !keepsSegments { headerBytes += 8 * count }
    return !keepsSegments
  }

  /// Appends what is left of a message that has been read in part, `size` as it was counted when it was
  /// written. The bytes are kept, not copied.
  ///
  /// - Precondition: payload bytes from 0 to what is left.
  public mutating func write(rest: WireReader, size: WireSize) {
    headerBytes += rest.remaining - size.payloadBytes
    payloadBytes += size.payloadBytes
    words += size.words
    if keepsSegments, rest.remaining > 0 { segments.append(.payload(RestPayload(reader: rest))) }
  }

  private mutating func appendHeader(_ bytes: [UInt8]) {
    headerBytes += bytes.count
    var header = bytes
    if case .header(let last)? = segments.last {
      header = last
      // The list lets go of the array first, so that it grows in place.
      segments.removeLast()
      header += bytes
    }
    segments.append(.header(header))
  }

  /// The message as one array. One copy.
  public func contiguous() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: headerBytes + payloadBytes) { buffer, count in
      copy(to: UnsafeMutableRawBufferPointer(buffer))
      count = headerBytes + payloadBytes
    }
  }

  /// Copies the message into `target`.
  ///
  /// - Precondition: room for `headerBytes + payloadBytes`.
  public func copy(to target: UnsafeMutableRawBufferPointer) {
    precondition(target.count >= headerBytes + payloadBytes)
    var position = 0
    func append(_ bytes: UnsafeRawBufferPointer) {
      UnsafeMutableRawBufferPointer(rebasing: target[position...]).copyMemory(from: bytes)
      position += bytes.count
    }
    for segment in segments {
      switch segment {
      case .header(let part): part.withUnsafeBytes(append)
      case .payload(let part): part.withBytes(append)
      }
    }
  }
}

/// An array inside a message, seen as bytes.
public protocol WirePayload: Sendable {
  /// Lends the bytes.
  func withBytes(_ body: (UnsafeRawBufferPointer) -> Void)
}

private struct ArrayPayload<Element: Sendable>: WirePayload {
  let array: [Element]
  func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) { array.withUnsafeBytes(body) }
}

/// How large a value is on the wire.
public struct WireSize: Sendable, Hashable {
  /// Elements of arrays.
  public let words: Int
  /// Bytes of arrays.
  public let payloadBytes: Int
  /// Bytes of everything else.
  public let headerBytes: Int

  /// The size of `value`, which is not written for it. O(fields and arrays), not their bytes.
  public init<Value: WireCodable>(of value: Value) {
    var writer = WireWriter(counting: ())
    value.encode(to: &writer)
    self.init(words: writer.words, payloadBytes: writer.payloadBytes, headerBytes: writer.headerBytes)
  }

  /// The given counts.
  public init(words: Int, payloadBytes: Int, headerBytes: Int) {
    self.words = words
    self.payloadBytes = payloadBytes
    self.headerBytes = headerBytes
  }
}

/// The memory behind a value: the arrays that it would send, which it may share with others, and the rest.
public struct WireFootprint: Sendable, Hashable {
  /// An array's memory.
  public struct Buffer: Sendable, Hashable {
    /// Where it lies. No two arrays that live at a time and are not one lie at the same place.
    public let address: Int
    /// How long it is.
    public let bytes: Int
  }

  /// The arrays.
  public let buffers: [Buffer]
  /// Bytes of everything else.
  public let otherBytes: Int

  /// The memory behind `value`. O(fields and arrays).
  public init<Value: WireCodable>(of value: Value) {
    var writer = WireWriter(listingBuffers: ())
    value.encode(to: &writer)
    buffers = writer.buffers ?? []
    otherBytes = writer.headerBytes + writer.payloadBytes - buffers.reduce(0) { $0 + $1.bytes }
  }
}

/// What is left of a message, inside another.
private struct RestPayload: WirePayload {
  let reader: WireReader
  func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) { reader.withRest(body) }
}
