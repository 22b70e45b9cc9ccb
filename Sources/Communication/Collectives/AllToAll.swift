// All-to-all: from every worker to every worker a value of its own.
//
//   before   0: a0 a1 a2   1: b0 b1 b2   2: c0 c1 c2
//   after    0: a0 b0 c0   1: a1 b1 c1   2: a2 b2 c2
//
// One round of P (P - 1) messages, P - 1 from each, each value moved once. Everybody sends to the next rank
// first and receives from the one before, so that no worker is everybody's first.

extension Communicator {
  /// Sends `values[k]` to rank k; returns what rank k sent here at place k.
  public func allToAll<Value: WireCodable>(_ values: [Value], tag: Tag) throws(CommunicationError) -> [Value]
  {
    try completing(tag) { (pending) throws(CommunicationError) in
      guard values.count == size else { throw .malformed(expected: "a value for each of \(size) ranks") }
      for distance in 1..<max(size, 1) {
        let destination = (rank + distance) % size
        try pending.send(values[destination], to: destination)
      }
      var received = values
      for distance in 1..<max(size, 1) {
        let source = (rank - distance + size) % size
        received[source] = try receive(Value.self, from: source, tag: tag)
      }
      return received
    }
  }

  /// Sends `values[k]` to rank k; returns what rank k sent here at place k.
  ///
  /// - Throws: what `send` and `receive` throw.
  public func allToAll<Value: WireCodable>(_ values: [Value]) throws(CommunicationError) -> [Value] {
    try allToAll(values, tag: .collective)
  }
}
