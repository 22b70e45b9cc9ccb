// Scatter: to every worker its own of the root's values.
//
//   before   0: -   1: -   2: abcd   3: -        (root 2)
//   after    0: a   1: b   2: c   3: d
//
// One round of P - 1 messages, each value moved once: all but the root receive once.

extension Communicator {
  /// Gives every worker its own of the root's values. The root passes one for each rank, the others nil.
  public func scatter<Value: WireCodable>(
    _ values: [Value]?, as type: Value.Type, from root: Int, tag: Tag
  ) throws(CommunicationError) -> Value {
    try check(rank: root)
    return try completing(tag) { (pending) throws(CommunicationError) in
      guard rank == root else { return try receive(type, from: root, tag: tag) }
      guard let values, values.count == size else {
        throw .malformed(expected: "\(size) values at the root of a scatter")
      }
      for destination in 0..<size where destination != rank {
        try pending.send(values[destination], to: destination)
      }
      return values[rank]
    }
  }

  /// Gives every worker its own of the root's values. The root passes one for each rank, the others nil.
  ///
  /// - Throws: what `send` and `receive` throw.
  public func scatter<Value: WireCodable>(
    _ values: [Value]?, as type: Value.Type = Value.self, from root: Int = 0
  ) throws(CommunicationError) -> Value {
    try scatter(values, as: type, from: root, tag: .collective)
  }
}
