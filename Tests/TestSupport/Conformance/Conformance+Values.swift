// Collectives on values, whose lengths differ from rank to rank.

import TesseraCommunication
import TesseraInstrumentation

extension Conformance {
  func values() throws {
    try barrier()
    for count in [0, 1, 3, 1000] {
      func value(_ rank: Int) -> Numbers<Double> { Numbers(vector(count + rank, by: rank)) }
      let all = (0..<size).map(value)
      for root in 0..<size {
        expect(
          try end.broadcast(rank == root ? value(root) : nil, from: root) == value(root),
          "broadcast of a value from \(root)")
        expect(
          try end.gather(value(rank), to: root) == (rank == root ? all : nil), "gather of values at \(root)")
        expect(
          try end.scatter(rank == root ? all : nil, from: root) == value(rank),
          "scatter of values from \(root)")
      }
      expect(try end.allGather(value(rank)) == all, "all-gather of values")
      expect(
        try end.allToAll((0..<size).map { Numbers<Double>(vector(count + rank, by: rank * 10 + $0)) })
          == (0..<size).map { Numbers<Double>(vector(count + $0, by: $0 * 10 + rank)) },
        "all-to-all of values")
    }
    // Text shows how it was put together.
    let tree = bracketed(0, size)
    expect(
      try end.reduce("\(rank)", tag: .collective) { "(\($0) \($1))" } == (rank == 0 ? tree : nil),
      "reduce of values")
    expect(try end.allReduce("\(rank)") { "(\($0) \($1))" } == tree, "all-reduce of values")
  }

  /// ((0 1) (2 3)) 4 and so on: the left half is the largest power of two.
  private func bracketed(_ first: Int, _ count: Int) -> String {
    guard count > 1 else { return "\(first)" }
    var half = 1
    while 2 * half < count { half *= 2 }
    return "(\(bracketed(first, half)) \(bracketed(first + half, count - half)))"
  }

  /// The clock is the machine's: the last to come comes before the first goes.
  private func barrier() throws {
    for late in 0..<size {
      if rank == late { try idle() }
      let arrival = MonotonicClock.now()
      try end.barrier()
      let departure = MonotonicClock.now()
      let arrivals = try end.allGather(arrival)
      expect(
        arrivals.allSatisfy { $0 <= departure }, "somebody comes to the barrier after somebody has left it")
    }
  }

  /// Some work, so that the others come first.
  private func idle() throws {
    let start = MonotonicClock.now()
    while MonotonicClock.now() - start < 200_000 {}
  }
}
