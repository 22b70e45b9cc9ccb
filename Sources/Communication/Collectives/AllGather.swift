// All-gather: every worker's value at every worker.
//
//   before   0: a   1: b   2: c   3: d
//   after    0: abcd   1: abcd   2: abcd   3: abcd
//
// One round in which everybody sends to everybody, beginning with the next rank: P (P - 1) messages, of
// which each worker sends P - 1 and receives every other's value once, the least words there can be.

extension Communicator {
  /// Gives every worker every worker's value, by rank.
  public func allGather<Value: WireCodable>(_ value: Value, tag: Tag) throws(CommunicationError) -> [Value] {
    try allToAll([Value](repeating: value, count: size), tag: tag)
  }

  /// Gives every worker every worker's value, by rank.
  ///
  /// - Throws: what `send` and `receive` throw.
  public func allGather<Value: WireCodable>(_ value: Value) throws(CommunicationError) -> [Value] {
    try allGather(value, tag: .collective)
  }
}
