// Every collective once, small and large, with a result that can be compared: for walks through their faults.

public import TesseraCommunication

/// A collective whose result at each rank can be compared.
public struct SampleCollective: Sendable {
  /// What it is called in a failing test.
  public let name: String
  /// Runs it at one rank, and returns what came of it there.
  public let run: @Sendable (any Communicator) throws -> String

  private init(_ name: String, _ run: @escaping @Sendable (any Communicator) throws -> String) {
    self.name = name
    self.run = run
  }

  /// All of them, with few numbers and with many.
  public static let all = onValues + onNumbers(5) + onNumbers(20_000)

  private static let onValues: [SampleCollective] = [
    SampleCollective("barrier") { end in
      try end.barrier()
      return ""
    },
    SampleCollective("broadcast") { try $0.broadcast($0.rank == 0 ? "value" : nil) },
    SampleCollective("gather") { "\(try $0.gather("\($0.rank)") ?? [])" },
    SampleCollective("scatter") { end in
      let values = (0..<end.size).map { "\($0)" }
      return try end.scatter(end.rank == 0 ? values : nil)
    },
    SampleCollective("all-gather") { "\(try $0.allGather("\($0.rank)"))" },
    SampleCollective("all-to-all") { end in
      let values = (0..<end.size).map { "\(end.rank)\($0)" }
      return "\(try end.allToAll(values))"
    },
    SampleCollective("reduce") { try $0.reduce("\($0.rank)", tag: .status) { $0 + $1 } ?? "" },
    SampleCollective("all-reduce") { try $0.allReduce("\($0.rank)") { $0 + $1 } },
    SampleCollective("split") { end in
      guard let part = try end.split(color: end.rank % 2) else { return "none" }
      return "\(try part.allGather(end.rank))"
    },
  ]

  private static func onNumbers(_ count: Int) -> [SampleCollective] {
    [
      SampleCollective("broadcast of \(count)") { end in
        var numbers = mine(end, count)
        try end.broadcast(numbers: &numbers)
        return summary(numbers)
      },
      SampleCollective("gather of \(count)") { summary(try $0.gather(numbers: mine($0, count))) },
      SampleCollective("scatter of \(count)") { end in
        let counts = unequal(end, count)
        return summary(try end.scatter(numbers: mine(end, count), counts: counts))
      },
      SampleCollective("all-gather of \(count)") { summary(try $0.allGather(numbers: mine($0, count))) },
      SampleCollective("all-to-all of \(count)") { end in
        summary(try end.allToAll(numbers: mine(end, count * end.size)))
      },
      SampleCollective("reduce of \(count)") { end in
        var numbers = mine(end, count)
        try end.reduce(numbers: &numbers, .sum)
        return end.rank == 0 ? summary(numbers) : ""
      },
      SampleCollective("all-reduce of \(count)") { end in
        var numbers = mine(end, count)
        try end.allReduce(numbers: &numbers, .sum)
        return summary(numbers)
      },
      SampleCollective("reduce-scatter of \(count)") { end in
        let counts = unequal(end, count)
        return summary(try end.reduceScatter(numbers: mine(end, count), counts: counts, .sum))
      },
    ]
  }

  private static func mine(_ end: any Communicator, _ count: Int) -> [Double] {
    (0..<count).map { Double(end.rank * count + $0) }
  }

  private static func unequal(_ end: any Communicator, _ count: Int) -> [Int] {
    (0..<end.size).map { count / end.size + ($0 == 0 ? count % end.size : 0) }
  }

  /// The length, and a sum in which places count.
  private static func summary(_ numbers: [Double]) -> String {
    var sum = 0.0
    for (i, x) in numbers.enumerated() { sum += Double(i % 7 + 1) * x }
    return "\(numbers.count) \(sum)"
  }
}
