// The words that each collective on numbers moves are those of the formula in its header, exactly, for few
// numbers and for many.

import TesseraCommunication
import TesseraInstrumentation
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct CollectiveCountsTests {
  /// Few and many numbers, neither a multiple of the number of ranks; and whether they are many.
  private static let lengths = [(13, false), (20_011, true)]

  /// What each rank receives in one call of `body`.
  private func received(
    _ size: Int, encodes: Bool, _ body: @escaping @Sendable (any Communicator) throws -> Void
  ) throws -> [Traffic] {
    let group = InProcessCommunicator.group(size: size, encodes: encodes).map { MeasuredCommunicator($0) }
    _ = try onThreads(group) { try body($0) }
    let report = LedgerReport(group.map { $0.ledger.entries(of: $0.rank) })
    #expect(report.total.sent == report.total.received)
    #expect(report.total.received.payloadBytes == 8 * report.total.received.words)
    return report.workers.map(\.total.received)
  }

  /// Lends two buffers of the given lengths.
  private static func lend(
    _ first: Int, _ second: Int = 0,
    _ body: (UnsafeMutableBufferPointer<Double>, UnsafeMutableBufferPointer<Double>) throws -> Void
  ) throws {
    var (a, b) = ([Double](repeating: 1, count: first), [Double](repeating: 0, count: second))
    try a.withUnsafeMutableBufferPointer { a in
      try b.withUnsafeMutableBufferPointer { b in try body(a, b) }
    }
  }

  /// `n` numbers in pieces whose lengths differ by one at most.
  private func pieces(_ n: Int, _ size: Int) -> [Int] {
    (0..<size).map { n / size + ($0 < n % size ? 1 : 0) }
  }

  @Test(arguments: 1...8, [false, true]) func broadcast(size: Int, encodes: Bool) throws {
    for (n, _) in Self.lengths {
      let counts = try received(size, encodes: encodes) { end in
        try Self.lend(n) { a, _ in try end.broadcast(numbers: a, from: 0, tag: .collective) }
      }
      #expect(counts.map(\.words) == (0..<size).map { $0 == 0 ? 0 : n })
    }
  }

  @Test(arguments: 1...8, [false, true]) func gatherAndScatter(size: Int, encodes: Bool) throws {
    for (n, isLarge) in Self.lengths {
      let parts = pieces(n, size)
      let moved = zip(parts, 0..<size).reduce(0) { sum, part in
        sum + part.0 * (isLarge ? (part.1 == 0 ? 0 : 1) : part.1.nonzeroBitCount)
      }
      let gathered = try received(size, encodes: encodes) { end in
        try Self.lend(parts[end.rank], end.rank == 0 ? n : 0) { mine, all in
          try end.gather(
            numbers: UnsafeBufferPointer(mine), into: all, counts: parts, to: 0, tag: .collective)
        }
      }
      #expect(gathered.reduce(0) { $0 + $1.words } == moved)
      #expect(gathered[0].words == n - parts[0])
      let scattered = try received(size, encodes: encodes) { end in
        try Self.lend(parts[end.rank], end.rank == 0 ? n : 0) { mine, all in
          try end.scatter(
            numbers: UnsafeBufferPointer(all), into: mine, counts: parts, from: 0, tag: .collective)
        }
      }
      #expect(scattered.reduce(0) { $0 + $1.words } == moved)
    }
  }

  @Test(arguments: 1...8, [false, true]) func allGather(size: Int, encodes: Bool) throws {
    for (n, _) in Self.lengths {
      let parts = pieces(n, size)
      let counts = try received(size, encodes: encodes) { end in
        try Self.lend(parts[end.rank], n) { mine, all in
          try end.allGather(numbers: UnsafeBufferPointer(mine), into: all, counts: parts, tag: .collective)
        }
      }
      #expect(counts.map(\.words) == parts.map { n - $0 })
    }
  }

  @Test(arguments: 1...8, [false, true]) func allToAll(size: Int, encodes: Bool) throws {
    for m in [3, 2000] {
      let hops = (0..<size).reduce(0) { $0 + (size < 8 || m > 3 ? min($1, 1) : $1.nonzeroBitCount) }
      let counts = try received(size, encodes: encodes) { end in
        try Self.lend(m * size, m * size) { mine, all in
          try end.allToAll(numbers: UnsafeBufferPointer(mine), into: all, tag: .collective)
        }
      }
      #expect(counts.map(\.words) == [Int](repeating: m * hops, count: size))
    }
  }

  @Test(arguments: 1...8, [false, true]) func reduce(size: Int, encodes: Bool) throws {
    for (n, isLarge) in Self.lengths {
      let counts = try received(size, encodes: encodes) { end in
        try Self.lend(n) { a, _ in try end.reduce(numbers: a, .sum, to: 0, tag: .collective) }
      }
      let gathered = isLarge && size > 2 ? n - pieces(n, size)[0] : 0
      #expect(counts.reduce(0) { $0 + $1.words } == (size - 1) * n + gathered)
    }
  }

  @Test(arguments: 1...8, [false, true]) func allReduce(size: Int, encodes: Bool) throws {
    for (n, isLarge) in Self.lengths {
      let counts = try received(size, encodes: encodes) { end in
        try Self.lend(n) { a, _ in try end.allReduce(numbers: a, .sum, tag: .collective) }
      }
      let expected =
        if isLarge && size > 2 {
          pieces(n, size).map { (size - 1) * $0 + n - $0 }
        } else {
          (0..<size).map { rank in n * [1, 2, 4].count { ((rank / $0) ^ 1) * $0 < size } }
        }
      #expect(counts.map(\.words) == expected)
    }
  }

  @Test(arguments: 1...8, [false, true]) func reduceScatter(size: Int, encodes: Bool) throws {
    for (n, _) in Self.lengths {
      let parts = pieces(n, size)
      let counts = try received(size, encodes: encodes) { end in
        try Self.lend(n, parts[end.rank]) { a, mine in
          try end.reduceScatter(numbers: a, into: mine, counts: parts, .sum, tag: .collective)
        }
      }
      #expect(counts.map(\.words) == parts.map { (size - 1) * $0 })
    }
  }

  @Test(arguments: 1...8, [false, true]) func barrier(size: Int, encodes: Bool) throws {
    let rounds = [1, 2, 4].count { $0 < size }
    let counts = try received(size, encodes: encodes) { try $0.barrier(tag: .collective) }
    #expect(
      counts
        == [Traffic](
          repeating: Traffic(messages: rounds, words: 0, payloadBytes: 0, headerBytes: 0), count: size))
  }
}
