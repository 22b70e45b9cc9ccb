// Reduce: the combination of all workers' values at rank 0, along a binomial tree. The lower ranks are always
// on the left: a(bc)d stays in order, and is grouped by the ranks' binary digits alone.
//
//   before   0: a   1: b   2: c   3: d      round 1: 1->0, 3->2      round 2: 2->0
//   after    0: (ab)(cd)
//
// ceil(log2 P) rounds; all but rank 0 send once: P - 1 messages. Source: Thakur, Rabenseifner, Gropp 2005,
// section 4.5.

extension Communicator {
  /// Combines every worker's value at rank 0, along the tree by rank; nil elsewhere.
  public func reduce<Value: WireCodable>(
    _ value: Value, tag: Tag, _ combine: (Value, Value) -> Value
  ) throws(CommunicationError) -> Value? {
    try completing(tag) { (_) throws(CommunicationError) in
      let tree = BinomialTree(rank: rank, size: size, root: 0)
      var result = value
      // Children come from the nearest on, which is how the tree groups.
      for child in tree.children.reversed() {
        result = combine(result, try receive(Value.self, from: child.rank, tag: tag))
      }
      guard let parent = tree.parent else { return result }
      try send(result, to: parent, tag: tag)
      return nil
    }
  }
  /// Combines every worker's value at rank 0, along the tree by rank; nil elsewhere.
  ///
  /// - Throws: what `send` and `receive` throw.
  public func reduce<Value: WireCodable>(_ value: Value, _ combine: (Value, Value) -> Value)
    throws(CommunicationError) -> Value?
  {
    try reduce(value, tag: .collective, combine)
  }
}
