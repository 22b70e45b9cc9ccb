// Whatever goes wrong at whichever operation of whichever collective: every rank ends, with the right result or
// with a typed error.

import TesseraCommunication
import TesseraTestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(30))) struct CollectiveFaultTests {
  /// A collective whose result at each rank can be compared.
  struct Collective {
    let name: String
    let run: @Sendable (any Communicator) throws -> String

    init(_ name: String, _ run: @escaping @Sendable (any Communicator) throws -> String) {
      self.name = name
      self.run = run
    }
  }

  private static let collectives = onValues + onNumbers(5) + onNumbers(20_000)

  private static let onValues = [
    Collective("barrier") { end in
      try end.barrier()
      return ""
    },
    Collective("broadcast") { try $0.broadcast($0.rank == 0 ? "value" : nil) },
    Collective("gather") { "\(try $0.gather("\($0.rank)") ?? [])" },
    Collective("scatter") { end in
      let values = (0..<end.size).map { "\($0)" }
      return try end.scatter(end.rank == 0 ? values : nil)
    },
    Collective("all-gather") { "\(try $0.allGather("\($0.rank)"))" },
    Collective("all-to-all") { end in
      let values = (0..<end.size).map { "\(end.rank)\($0)" }
      return "\(try end.allToAll(values))"
    },
    Collective("reduce") { try $0.reduce("\($0.rank)", tag: .status) { $0 + $1 } ?? "" },
    Collective("all-reduce") { try $0.allReduce("\($0.rank)") { $0 + $1 } },
    Collective("split") { end in
      guard let part = try end.split(color: end.rank % 2) else { return "none" }
      return "\(try part.allGather(end.rank))"
    },
  ]

  private static func onNumbers(_ count: Int) -> [Collective] {
    [
      Collective("broadcast of \(count)") { end in
        var numbers = mine(end, count)
        try end.broadcast(numbers: &numbers)
        return summary(numbers)
      },
      Collective("gather of \(count)") { summary(try $0.gather(numbers: mine($0, count))) },
      Collective("scatter of \(count)") { end in
        let counts = unequal(end, count)
        return summary(try end.scatter(numbers: mine(end, count), counts: counts))
      },
      Collective("all-gather of \(count)") { summary(try $0.allGather(numbers: mine($0, count))) },
      Collective("all-to-all of \(count)") { end in
        summary(try end.allToAll(numbers: mine(end, count * end.size)))
      },
      Collective("reduce of \(count)") { end in
        var numbers = mine(end, count)
        try end.reduce(numbers: &numbers, .sum)
        return end.rank == 0 ? summary(numbers) : ""
      },
      Collective("all-reduce of \(count)") { end in
        var numbers = mine(end, count)
        try end.allReduce(numbers: &numbers, .sum)
        return summary(numbers)
      },
      Collective("reduce-scatter of \(count)") { end in
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

  @Test(arguments: Fault.allCases, [2, 3]) func everyRankEndsRightOrWithATypedError(fault: Fault, size: Int)
    throws
  {
    for collective in Self.collectives {
      let sound = group(size, fault, at: -1)
      let results = try onThreads(sound, collective.run)
      for rank in 0..<size {
        for operation in 0..<sound[rank].operations {
          let faulty = group(size, fault, at: operation, of: rank)
          let outcomes = try onThreads(faulty) { end in
            do {
              return Outcome.result(try collective.run(end))
            } catch let error as CommunicationError {
              return Outcome.failure(error)
            }
          }
          let what = "\(collective.name) on \(size), \(fault) at operation \(operation) of rank \(rank)"
          for (rank, outcome) in outcomes.enumerated() {
            if case .result(let result) = outcome { #expect(result == results[rank], "\(what)") }
          }
          let failures = outcomes.count { if case .failure = $0 { true } else { false } }
          switch fault {
          case .delay, .duplicate: #expect(failures == 0, "\(what)")
          case .fail: #expect(failures > 0, "\(what)")
          // The operation may be a receive, at which nothing is lost.
          case .truncate, .drop: break
          }
        }
      }
    }
  }

  private enum Outcome: Sendable {
    case result(String)
    case failure(CommunicationError)
  }

  private func group(_ size: Int, _ fault: Fault, at operation: Int, of rank: Int = 0) -> [FaultyCommunicator]
  {
    InProcessCommunicator.group(size: size, encodes: true).map {
      FaultyCommunicator($0, fault, at: $0.rank == rank ? operation : -1)
    }
  }
}
