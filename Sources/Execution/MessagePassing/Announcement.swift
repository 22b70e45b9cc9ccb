// A step and the arguments of its task in one message, so that a step costs one broadcast. Who receives it
// learns from the step which type the arguments are of.

import TesseraCommunication

/// What the driver broadcasts at the start of a step.
struct Announcement: WireCodable {
  let step: Step
  private let arguments: SealedValue

  init(_ step: Step, _ arguments: some WireCodable = Empty()) {
    self.step = step
    self.arguments = SealedValue(arguments)
  }

  /// The arguments of the step's task.
  ///
  /// - Throws: `malformed` or `tooLong` for bytes of another type, `unexpectedMessage` for a value of one.
  func arguments<Value: WireCodable>(as type: Value.Type) throws(CommunicationError) -> Value {
    try arguments.value(as: type)
  }

  func encode(to writer: inout WireWriter) {
    step.encode(to: &writer)
    arguments.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    step = try Step(from: &reader)
    arguments = try SealedValue(from: &reader)
  }
}
