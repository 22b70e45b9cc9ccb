// Plain values that travel: nothing, integers, text, arrays of travelling values.

/// The argument of a task that takes none.
public struct Empty: WireCodable, Equatable {
  /// The one value.
  public init() {}
  /// Writes nothing.
  public func encode(to writer: inout WireWriter) {}
  /// Reads nothing.
  public init(from reader: inout WireReader) throws(CommunicationError) {}
}

extension Int: WireCodable {
  /// Writes eight bytes.
  public func encode(to writer: inout WireWriter) { writer.write(self) }
  /// Reads eight bytes.
  public init(from reader: inout WireReader) throws(CommunicationError) { self = try reader.readInt() }
}

extension Double: WireCodable {
  /// Writes eight bytes.
  public func encode(to writer: inout WireWriter) { writer.write(Int(truncatingIfNeeded: bitPattern)) }
  /// Reads eight bytes.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    self = Double(bitPattern: UInt64(truncatingIfNeeded: try reader.readInt()))
  }
}

extension String: WireCodable {
  /// Writes length and UTF-8 bytes.
  public func encode(to writer: inout WireWriter) { writer.write(self) }
  /// Reads length and UTF-8 bytes.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    self = try reader.readString()
  }
}

/// The most elements without bytes, such as `Empty`, that an array from a peer may have.
private let mostEmptyElements = 1 << 20

extension Array: WireCodable where Element: WireCodable {
  /// Writes the count and each element; numbers of type Double all at once, as payload.
  public func encode(to writer: inout WireWriter) {
    if Element.self == Double.self, let numbers = self as? [Double] { return writer.write(array: numbers) }
    writer.write(count)
    if Element.self == Int.self, writer.counted(integers: count) { return }
    for element in self { element.encode(to: &writer) }
  }
  /// Reads the count and each element; grows as elements arrive, so that a false count allocates nothing.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    if Element.self == Double.self, let numbers = try reader.readArray(of: Double.self) as? [Element] {
      self = numbers
      return
    }
    let count = try reader.readInt(in: 0...Int.max, "a count")
    self = []
    for _ in 0..<count {
      let before = reader.remaining
      append(try Element(from: &reader))
      // Bytes bound how many elements there are, but not how many that take none.
      guard reader.remaining < before || count <= mostEmptyElements else {
        throw .tooLong(what: "an array of \(Element.self)", length: count, limit: mostEmptyElements)
      }
    }
  }
}

extension Optional: WireCodable where Wrapped: WireCodable {
  /// Writes 0, or 1 and the value.
  public func encode(to writer: inout WireWriter) {
    writer.write(self == nil ? 0 : 1)
    self?.encode(to: &writer)
  }
  /// Reads what `encode` wrote.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    self = try reader.readInt(in: 0...1, "a flag") == 1 ? try Wrapped(from: &reader) : nil
  }
}
