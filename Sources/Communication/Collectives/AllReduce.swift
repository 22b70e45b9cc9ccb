// All-reduce: the combination of all workers' values at every worker, by recursive doubling.
//
//   before   0: a   1: b   2: c   3: d      span 1: 0<>1, 2<>3      span 2: 0<>2, 1<>3
//   after    everywhere (ab)(cd)
//
// ceil(log2 P) rounds of at most P messages; a worker receives a value in each round in which the other half
// of its block has a rank (RecursiveDoubling): P log2 P messages where P is a power of two. Source: Thakur,
// Rabenseifner, Gropp 2005, section 4.5.

extension Communicator {
  /// Combines every worker's value at every worker, along the tree by rank.
  public func allReduce<Value: WireCodable>(
    _ value: Value, tag: Tag, _ combine: (Value, Value) -> Value
  ) throws(CommunicationError) -> Value {
    try completing(tag) { (pending) throws(CommunicationError) in
      var result = value
      for round in DoublingRound.rounds(rank: rank, size: size) {
        for destination in round.destinations { try pending.send(result, to: destination) }
        let other = try receive(Value.self, from: round.source, tag: tag)
        result = round.comesFromRight ? combine(result, other) : combine(other, result)
      }
      return result
    }
  }

  /// Combines every worker's value at every worker, along the tree by rank.
  ///
  /// - Throws: what `send` and `receive` throw.
  public func allReduce<Value: WireCodable>(_ value: Value, _ combine: (Value, Value) -> Value)
    throws(CommunicationError) -> Value
  {
    try allReduce(value, tag: .collective, combine)
  }
}
