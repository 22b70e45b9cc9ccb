// Values as the bytes of a message and back, and bytes with an accident in them.

public import TesseraCommunication

/// The bytes of `value` on the wire.
public func encoded(_ value: some WireCodable) -> [UInt8] {
  var writer = WireWriter()
  value.encode(to: &writer)
  return writer.contiguous()
}

/// The value whose bytes these are, all of them.
///
/// - Throws: what reading throws; `malformed` when bytes are left.
public func decoded<Value: WireCodable>(_: Value.Type, _ bytes: [UInt8]) throws(CommunicationError) -> Value {
  var reader = WireReader(bytes)
  let value = try Value(from: &reader)
  guard reader.remaining == 0 else { throw .malformed(expected: "the end of \(Value.self)") }
  return value
}

/// Numbers as payload.
public struct Words: WireCodable {
  /// The numbers.
  public let elements: [Double]
  /// The given numbers.
  public init(_ elements: [Double]) { self.elements = elements }
  /// Writes one array.
  public func encode(to writer: inout WireWriter) { writer.write(array: elements) }
  /// Reads one array.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    elements = try reader.readArray(of: Double.self)
  }
}

extension [UInt8] {
  /// Changes, removes or adds up to four bytes; some of the new ones are what lengths are made of.
  public mutating func mutate(using generator: inout SeededGenerator) {
    for _ in 0...Int(generator.next() % 4) {
      let byte: UInt8 = [0, 1, 0x7F, 0x80, 0xFF, UInt8(truncatingIfNeeded: generator.next())][
        Int(generator.next() % 6)]
      let place = Int(generator.next() % UInt64(count + 1))
      switch generator.next() % 4 {
      case 0 where place < count: remove(at: place)
      case 1: insert(byte, at: place)
      default: if place < count { self[place] = byte }
      }
    }
  }
}
