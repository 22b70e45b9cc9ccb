// How workers that are other processes begin: the driver broadcasts what its program knows and whether it
// records. Not counted in any ledger.

import TesseraCommunication

extension Worker {
  /// Makes sure that workers in other processes are the same program as the driver's: that they know the same
  /// tasks by the same names. Returns whether the driver records events.
  ///
  /// - Throws: `differentProgram` on a worker that is not.
  static func join(_ communicator: any Communicator, registry: TaskRegistry, isRecording: Bool = false)
    throws(CommunicationError) -> Bool
  {
    let mine = registry.contract
    let driver = try communicator.broadcast(
      communicator.rank == 0 ? Greeting(contract: mine, isRecording: isRecording) : nil, as: Greeting.self,
      from: 0, tag: .control)
    guard driver.contract == mine else {
      throw .differentProgram(
        rank: communicator.rank, lacks: driver.contract.filter { !mine.contains($0) },
        has: mine.filter { !driver.contract.contains($0) })
    }
    return driver.isRecording
  }
}

/// What the driver says first.
private struct Greeting: WireCodable {
  let contract: [String]
  let isRecording: Bool

  init(contract: [String], isRecording: Bool) {
    self.contract = contract
    self.isRecording = isRecording
  }

  func encode(to writer: inout WireWriter) {
    contract.encode(to: &writer)
    writer.write(isRecording ? 1 : 0)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    contract = try [String](from: &reader)
    isRecording = try reader.readInt(in: 0...1, "a flag") == 1
  }
}
