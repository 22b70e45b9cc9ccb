// Whatever goes wrong at whichever operation or message of whichever collective, handed over or encoded, posted or not:
// every rank ends, with the right result or with a typed error.

import TesseraCommunication
import TesseraTestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(30))) struct CollectiveFaultTests {
  @Test(arguments: Fault.allCases, [2, 3, 4])
  func everyRankEndsRightOrWithATypedError(fault: Fault, size: Int) throws {
    var noticed = 0
    for collective in SampleCollective.all {
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

  private func outcomes(_ group: [FaultyCommunicator], _ collective: SampleCollective) throws -> [Outcome] {
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
