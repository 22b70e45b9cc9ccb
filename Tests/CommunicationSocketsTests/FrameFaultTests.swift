// Whatever happens on the way to whichever message of whichever collective: the worker that should get it
// notices, by the order and the checksums of frames alone, and every rank ends, with the right result or with
// a typed error.

import TesseraCommunication
import TesseraTestSupport
import Testing

@testable import TesseraCommunicationSockets

@Suite(.serialized, .timeLimit(.minutes(30))) struct FrameFaultTests {
  private static let size = 3

  /// A link between two workers, in one direction.
  private struct Way: Hashable {
    let from: Int
    let to: Int
  }

  private enum Outcome: Sendable {
    case result(String)
    case failure(CommunicationError)
  }

  @Test(arguments: Wire.plain, FrameFault.allCases)
  func aFrameThatIsStruckIsNoticed(wire: Wire, fault: FrameFault) throws {
    // A bit that flips in memory, as it would between processes of one machine, is nobody's to find.
    guard fault != .flip || wire == .tcp else { return }
    var noticed = 0
    for collective in SampleCollective.all {
      let (sound, links) = try group(wire, fault, at: -1, on: nil)
      let results = try outcomes(sound, collective).map { outcome in
        if case .result(let result) = outcome { result } else { "\(outcome)" }
      }
      for (way, link) in links {
        for number in 0..<link.messages {
          let what = "\(collective.name) over \(wire), \(fault) at \(number) from \(way.from) to \(way.to)"
          let (faulty, links) = try group(wire, fault, at: number, on: way)
          let outcomes = try outcomes(faulty, collective)
          #expect(try #require(links[way]).messages > number, "\(what): not struck")
          for (rank, outcome) in outcomes.enumerated() {
            if case .result(let result) = outcome { #expect(result == results[rank], "\(what)") }
          }
          switch (fault, outcomes[way.to]) {
          // What comes twice has come once.
          case (.duplicate, .result): break
          // Its own discovery, or what others say when they see that it hangs up.
          case (_, .failure(.lost)), (_, .failure(.closed)): noticed += 1
          default: Issue.record("\(what): \(outcomes)")
          }
        }
      }
    }
    // A duplicate is noticed where something follows it.
    #expect(noticed > 0)
  }

  /// What the collective comes to at every rank. Whoever fails closes the group, as a job does.
  private func outcomes(_ group: [SocketCommunicator], _ collective: SampleCollective) throws -> [Outcome] {
    try onThreads(group) { end in
      do {
        return Outcome.result(try collective.run(end))
      } catch let error as CommunicationError {
        end.close(reason: "\(error)")
        return Outcome.failure(error)
      }
    }
  }

  /// A group whose links are all wrapped; the fault is on one way.
  private func group(_ wire: Wire, _ fault: FrameFault, at number: Int, on struck: Way?) throws
    -> ([SocketCommunicator], [Way: FaultyLink])
  {
    var limits = quickLimits(silence: .seconds(5))
    // The heartbeat that follows a dropped message tells of it.
    limits.heartbeatInterval = .milliseconds(10)
    limits.lingerLimit = .milliseconds(20)
    var links: [Way: FaultyLink] = [:]
    for a in 0..<Self.size {
      for b in 0..<a {
        let ends = try wire.links()
        for (way, end) in [(Way(from: a, to: b), ends.0), (Way(from: b, to: a), ends.1)] {
          links[way] = FaultyLink(end, fault, at: way == struck ? number : -1)
        }
      }
    }
    let group = (0..<Self.size).map { rank in
      let own = links.filter { $0.key.from == rank }.map { ($0.key.to, $0.value as any Link) }
      return SocketCommunicator(
        rank: rank, size: Self.size, links: Dictionary(uniqueKeysWithValues: own), limits: limits)
    }
    return (group, links)
  }
}
