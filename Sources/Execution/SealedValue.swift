// A value inside a message whose reader learns from the rest of the message which type it is of. Who only
// passes the message on need not know: it passes the bytes on as they came.

import TesseraCommunication

/// A value of a type that the message itself does not say.
struct SealedValue: WireCodable {
  private let content: Content
  /// Counted by the sender, so that whoever passes bytes on can tell payload from header.
  private let size: WireSize

  private enum Content: Sendable {
    case value(any WireCodable)
    case bytes(WireReader)
  }

  init(_ value: some WireCodable) {
    content = .value(value)
    size = WireSize(of: value)
  }

  /// Bytes on the wire.
  var bytes: Int { size.payloadBytes + size.headerBytes }

  /// The value.
  ///
  /// - Throws: `malformed` or `tooLong` for bytes of another type, `unexpectedMessage` for a value of one.
  func value<Value: WireCodable>(as type: Value.Type) throws(CommunicationError) -> Value {
    switch content {
    case .value(let value):
      guard let value = value as? Value else {
        throw .unexpectedMessage(expected: "\(type)", found: "\(Swift.type(of: value))")
      }
      return value
    case .bytes(var reader):
      let value = try Value(from: &reader)
      guard reader.remaining == 0 else { throw .malformed(expected: "the end of \(type)") }
      return value
    }
  }

  func encode(to writer: inout WireWriter) {
    writer.write(size.words)
    writer.write(size.payloadBytes)
    writer.write(bytes)
    switch content {
    case .value(let value): value.encode(to: &writer)
    case .bytes(let part): writer.write(rest: part, size: size)
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    let words = try reader.readInt()
    let payloadBytes = try reader.readInt()
    let part = try reader.readPart(bytes: try reader.readInt())
    guard 0...part.remaining ~= payloadBytes, 0...payloadBytes ~= words else {
      throw .malformed(expected: "\(words) words in \(payloadBytes) of \(part.remaining) bytes")
    }
    size = WireSize(words: words, payloadBytes: payloadBytes, headerBytes: part.remaining - payloadBytes)
    content = .bytes(part)
  }
}
