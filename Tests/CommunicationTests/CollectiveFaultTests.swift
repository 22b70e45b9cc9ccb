// Whatever goes wrong at whichever operation or message of whichever collective, handed over or encoded, posted or not:
// every rank ends, with the right result or with a typed error.

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

  @Test(arguments: Fault.allCases, [2, 3, 4])
  func everyRankEndsRightOrWithATypedError(fault: Fault, size: Int) throws {
    var noticed = 0
    for collective in Self.collectives {
      for encodes in [false, true] {
        let sound = group(size, encodes, fault, at: -1)
        let results = try onThreads(sound, collective.run)
        for rank in 0..<size {
          for number in 0..<sound[rank].chances(of: fault) {
            let faulty = group(size, encodes, fault, at: number, of: rank)
            let outcomes = try outcomes(faulty, collective)
            let what = "\(collective.name) on \(size), \(fault) at \(number) of rank \(rank)"
            for (rank, outcome) in outcomes.enumerated() {
              if case .result(let result) = outcome { #expect(result == results[rank], "\(what)") }
            }
            let victim = try #require(faulty[rank].victim, "\(what)")
            let failed = outcomes.indices.filter { if case .failure = outcomes[$0] { true } else { false } }
            noticed += failed.isEmpty ? 0 : 1
            switch fault {
            case .delay: #expect(failed.isEmpty, "\(what)")
            // Who is cut off, or lacks what was sent, cannot know the result.
            case .fail, .die, .truncate, .drop: #expect(failed.contains(victim), "\(what)")
            // The last message of a sender has nothing behind it that would be out of order.
            case .duplicate: break
            }
          }
        }
      }
    }
    #expect((noticed > 0) == (fault != .delay))
  }

  private func outcomes(_ group: [FaultyCommunicator], _ collective: Collective) throws -> [Outcome] {
    try onThreads(group) { end in
      do {
        return Outcome.result(try collective.run(end))
      } catch let error as CommunicationError {
        return Outcome.failure(error)
      }
    }
  }

  private enum Outcome: Sendable {
    case result(String)
    case failure(CommunicationError)
  }

  private func group(
    _ size: Int, _ encodes: Bool, _ fault: Fault, at number: Int, of rank: Int = 0
  ) -> [FaultyCommunicator] {
    InProcessCommunicator.group(size: size, encodes: encodes).map {
      FaultyCommunicator($0, fault, at: $0.rank == rank ? number : -1)
    }
  }
}
