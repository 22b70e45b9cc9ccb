// Reduce by rank: the combination of all workers' values at rank 0, along a binomial tree. For values whose
// combination does not depend on grouping (a first failure, a maximum): floating-point sums go by tile index
// instead, through the engine's reduction tree.
//
//   before   0: a   1: b   2: c   3: d      round 1: 1->0, 3->2      round 2: 2->0
//   after    0: abcd
//
// ceil(log2 P) rounds; P - 1 messages. Source: Thakur, Rabenseifner, Gropp 2005, section 4.5.

extension Communicator {
  /// Combines every worker's value at rank 0, in rank order; nil elsewhere.
  ///
  /// - Throws: what `send` and `receive` throw.
  public func reduce<Value: WireCodable>(
    _ value: Value, tag: Tag, _ combine: (Value, Value) -> Value
  ) throws(CommunicationError) -> Value? {
    var result = value
    var distance = 1
    while distance < size {
      if rank & distance != 0 {
        try send(result, to: rank - distance, tag: tag)
        return nil
      }
      if rank + distance < size {
        result = combine(result, try receive(Value.self, from: rank + distance, tag: tag))
      }
      distance *= 2
    }
    return result
  }
}
