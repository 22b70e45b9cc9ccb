// A step and the arguments of its task in one message, so that a step costs one broadcast. Who receives it
// learns from the step which type the arguments are of; who only passes it on need not know: it passes the
// bytes on as they came.

import TesseraCommunication

/// What the driver broadcasts at the start of a step.
struct Announcement: WireCodable {
  let step: Step
  private let arguments: Arguments
  /// Counted by the driver, so that whoever passes bytes on can tell payload from header.
  private let size: WireSize

  private enum Arguments: Sendable {
    case value(any WireCodable)
    case bytes(WireReader)
  }

  init(_ step: Step, _ arguments: some WireCodable = Empty()) {
    self.step = step
    self.arguments = .value(arguments)
    size = WireSize(of: arguments)
  }

  /// The arguments of the step's task.
  ///
  /// - Throws: `malformed` or `tooLong` for bytes of another type, `unexpectedMessage` for a value of one.
  func arguments<Value: WireCodable>(as type: Value.Type) throws(CommunicationError) -> Value {
    switch arguments {
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
    step.encode(to: &writer)
    writer.write(size.words)
    writer.write(size.payloadBytes)
    switch arguments {
    case .value(let value): value.encode(to: &writer)
    case .bytes(let rest): writer.write(rest: rest, size: size)
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    step = try Step(from: &reader)
    let words = try reader.readInt()
    let payloadBytes = try reader.readInt()
    let rest = try reader.readRest()
    guard 0...rest.remaining ~= payloadBytes, 0...payloadBytes ~= words else {
      throw .malformed(expected: "\(words) words in \(payloadBytes) of \(rest.remaining) bytes")
    }
    size = WireSize(words: words, payloadBytes: payloadBytes, headerBytes: rest.remaining - payloadBytes)
    arguments = .bytes(rest)
  }
}
