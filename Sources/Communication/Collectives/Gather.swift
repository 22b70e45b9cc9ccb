// Gather: every worker's value at the root.
//
//   before   0: a   1: b   2: c   3: d
//   after    0: -   1: -   2: abcd   3: -        (root 2)
//
// One round of P - 1 messages, each value moved once: the least words there can be. Values differ in length,
// so that no tree knows what it would carry. All but the root send once.

extension Communicator {
  /// Gives the root every worker's value, by rank; nil elsewhere.
  public func gather<Value: WireCodable>(_ value: Value, to root: Int, tag: Tag)
    throws(CommunicationError) -> [Value]?
  {
    try check(rank: root)
    return try completing(tag) { (_) throws(CommunicationError) in
      guard rank == root else {
        try send(value, to: root, tag: tag)
        return nil
      }
      var values: [Value] = []
      for source in 0..<size {
        values.append(source == rank ? value : try receive(Value.self, from: source, tag: tag))
      }
      return values
    }
  }

  /// Gives the root every worker's value, by rank; nil elsewhere.
  ///
  /// - Throws: what `send` and `receive` throw.
  public func gather<Value: WireCodable>(_ value: Value, to root: Int = 0)
    throws(CommunicationError) -> [Value]?
  {
    try gather(value, to: root, tag: .collective)
  }
}
