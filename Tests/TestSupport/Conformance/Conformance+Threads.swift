// What several threads of every rank do at once, each with tags of its own: as a dataflow worker does, which
// is asked for blocks by anyone while it asks for others.

import Synchronization
public import TesseraCommunication

/// Runs the checks of threads at this rank; every rank of the group calls it with the same arguments. Returns
/// what is wrong, one line each, nothing when all is well. An error of the transport closes the group.
public func concurrencyFailures(of end: any Communicator, rounds: Int = 20) -> [String] {
  let threads = ConformanceOfThreads(end.concurrent, rounds: rounds)
  threads.run()
  return threads.failures.withLock { $0 }
}

/// The threads of one rank, and what they have found.
private final class ConformanceOfThreads: Sendable {
  let end: any Communicator
  let rounds: Int
  let failures = Mutex<[String]>([])

  var rank: Int { end.rank }
  var size: Int { end.size }

  init(_ end: any Communicator, rounds: Int) {
    self.end = end
    self.rounds = rounds
  }

  func run() {
    let roles: [@Sendable () throws -> Void] = [answer, ask, passAround, send, listen]
    atOnce(
      roles.map { role in
        {
          do { try role() } catch {
            self.expect(false, "\(error)")
            self.end.close(reason: "\(error)")
          }
        }
      })
  }

  private func expect(_ isTrue: Bool, _ what: @autoclosure () -> String) {
    if !isTrue { failures.withLock { [what = what()] in $0.append("rank \(rank) of \(size): \(what)") } }
  }

  /// Short messages, long ones, and those between.
  private func length(_ round: Int) -> Int { [0, 3, 1000, 20_011, 300_007][round % 5] }

  private func block(_ round: Int, of holder: Int) -> Numbers<Double> {
    Numbers(vector(length(round), by: holder + round))
  }

  /// Whoever asks gets the block, and nobody waits for its being sent.
  private func answer() throws {
    var remaining = rounds * size
    while remaining > 0 {
      let request = try end.receive(Int.self, from: .any, tag: Tag(50))
      _ = try end.postSend(block(request.value, of: rank), to: request.source, tag: Tag(51))
      remaining -= 1
    }
  }

  /// Asks everybody, then waits for the answers.
  private func ask() throws {
    for round in 0..<rounds {
      for holder in 0..<size { _ = try end.postSend(round, to: holder, tag: Tag(50)) }
      for holder in 0..<size {
        let received = try end.receive(Numbers<Double>.self, from: holder, tag: Tag(51))
        expect(received == block(round, of: holder), "block \(round) of rank \(holder)")
      }
    }
  }

  /// Numbers once around.
  private func passAround() throws {
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
    for round in 0..<rounds {
      let mine: [Double] = vector(length(round), by: rank)
      var received = [Double](repeating: -1, count: mine.count)
      try mine.withUnsafeBufferPointer { mine in
        let posted = try end.postSend(numbers: mine, to: next, tag: Tag(52))
        let source = try received.withUnsafeMutableBufferPointer {
          try end.receive(into: $0, from: .rank(previous), tag: Tag(52))
        }
        expect(source == previous, "the sender of numbers")
        try posted.wait()
      }
      expect(received == vector(mine.count, by: previous), "numbers of rank \(previous)")
    }
  }

  /// What `listen` takes at rank 0: values and numbers by turns, with sends that wait.
  private func send() throws {
    for round in 0..<rounds {
      try end.send(block(round, of: rank), to: 0, tag: Tag(53))
      try vector(length(round), of: Double.self, by: rank).withUnsafeBufferPointer {
        try end.send(numbers: $0, to: 0, tag: Tag(54))
      }
    }
  }

  /// Everybody's messages, from anyone, in the order of each sender.
  private func listen() throws {
    guard rank == 0 else { return }
    var taken = [Int](repeating: 0, count: size)
    for _ in 0..<rounds * size {
      let received = try end.receive(Numbers<Double>.self, from: .any, tag: Tag(53))
      let (source, round) = (received.source, taken[received.source])
      expect(received.value == block(round, of: source), "value \(round) of rank \(source)")
      taken[source] += 1
      var numbers = [Double](repeating: -1, count: length(round))
      let sender = try numbers.withUnsafeMutableBufferPointer {
        try end.receive(into: $0, from: .rank(source), tag: Tag(54))
      }
      expect(sender == source && numbers == vector(length(round), by: source), "numbers of rank \(source)")
    }
  }
}
