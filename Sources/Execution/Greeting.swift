// How workers that are other processes begin: the driver says to each what its program knows, in which style it
// runs and whether it records. Not a broadcast: some may come when the others have long begun. Not counted in
// any ledger.

import TesseraCommunication

/// What the driver says first.
struct Greeting: WireCodable {
  let contract: [String]
  let style: ExecutionStyle
  let isRecording: Bool

  init(contract: [String], style: ExecutionStyle, isRecording: Bool) {
    self.contract = contract
    self.style = style
    self.isRecording = isRecording
  }

  /// Rank 0's part, towards `workers`.
  func say(to workers: [Int], over communicator: any Communicator) throws(CommunicationError) {
    var sends: [Posted<Void>] = []
    for worker in workers { sends.append(try communicator.postSend(self, to: worker, tag: .control)) }
    for send in sends { try send.wait() }
  }

  /// The other workers' part. Makes sure that they are the same program as the driver's: that they know the
  /// same tasks by the same names.
  ///
  /// - Throws: `differentProgram` on a worker that is not.
  static func hear(_ communicator: any Communicator, registry: TaskRegistry) throws(CommunicationError)
    -> Greeting
  {
    let greeting = try communicator.receive(Greeting.self, from: 0, tag: .control)
    let mine = registry.contract
    guard greeting.contract == mine else {
      throw .differentProgram(
        rank: communicator.rank, lacks: greeting.contract.filter { !mine.contains($0) },
        has: mine.filter { !greeting.contract.contains($0) })
    }
    return greeting
  }

  func encode(to writer: inout WireWriter) {
    contract.encode(to: &writer)
    writer.write(style.rawValue)
    writer.write(isRecording ? 1 : 0)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    contract = try [String](from: &reader)
    guard let style = ExecutionStyle(rawValue: try reader.readString()) else {
      throw .malformed(expected: "a style of running")
    }
    self.style = style
    isRecording = try reader.readInt(in: 0...1, "a flag") == 1
  }
}
