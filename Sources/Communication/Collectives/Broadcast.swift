// Broadcast: one worker's value to all, along a binomial tree.
//
//   before   0: x   1: -   2: -   3: -   4: -        round 1: 0->4        (distance 4)
//   after    0: x   1: x   2: x   3: x   4: x        round 2: 0->2        (distance 2)
//                                                    round 3: 0->1, 2->3  (distance 1)
//
// ceil(log2 P) rounds; every worker but the root receives once, and sends as often as it has children in the
// tree (BinomialTree): P - 1 messages of the value's words. Source: Thakur, Rabenseifner, Gropp, Optimization
// of Collective Communication Operations in MPICH, 2005, section 4.2.

extension Communicator {
  /// Gives every worker the root's value. The root passes the value, the others nil.
  public func broadcast<Value: WireCodable>(
    _ value: Value?, as type: Value.Type, from root: Int, tag: Tag
  ) throws(CommunicationError) -> Value {
    try check(rank: root)
    return try completing(tag) { (_) throws(CommunicationError) in
      let tree = BinomialTree(rank: rank, size: size, root: root)
      let received: Value
      if let parent = tree.parent {
        received = try receive(type, from: parent, tag: tag)
      } else {
        guard let value else { throw .malformed(expected: "a value at the root of a broadcast") }
        received = value
      }
      for child in tree.children { try send(received, to: child.rank, tag: tag) }
      return received
    }
  }

  /// Gives every worker the root's value. The root passes the value, the others nil.
  ///
  /// - Throws: what `send` and `receive` throw.
  public func broadcast<Value: WireCodable>(
    _ value: Value?, as type: Value.Type = Value.self, from root: Int = 0
  ) throws(CommunicationError) -> Value {
    try broadcast(value, as: type, from: root, tag: .broadcast)
  }
}
