// Barrier: nobody leaves before everybody has come. Dissemination: in round k every worker tells the one
// 2^k further on that it and the 2^k - 1 before it are there.
//
//   P = 5    round 1: 0>1>2>3>4>0      round 2: 0>2>4>1>3>0      round 3: 0>4>3>2>1>0
//
// ceil(log2 P) rounds; P ceil(log2 P) messages of no words. Source: Hensgen, Finkel, Manber, Two Algorithms
// for Barrier Synchronization, 1988.

extension Communicator {
  /// Returns when every worker has called it.
  public func barrier(tag: Tag) throws(CommunicationError) {
    var distance = 1
    while distance < size {
      try completing(tag) { (pending) throws(CommunicationError) in
        try pending.send(Empty(), to: (rank + distance) % size)
        _ = try receive(Empty.self, from: (rank - distance + size) % size, tag: tag)
      }
      distance *= 2
    }
  }

  /// Returns when every worker has called it.
  public func barrier() throws(CommunicationError) { try barrier(tag: .collective) }
}
