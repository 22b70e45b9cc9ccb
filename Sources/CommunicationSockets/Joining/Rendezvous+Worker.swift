// A worker's side of a rendezvous over TCP: call the driver until it answers, learn who one is, call the
// workers of lower rank and be called by those of higher rank.

import Foundation
import Synchronization
public import TesseraCommunication

extension Rendezvous {
  /// Joins the driver at `place`, which may begin to listen later, and returns this worker's end of the
  /// group. Blocks the calling thread.
  ///
  /// - Throws: `refused` when nobody answers within the terms' patience, when the driver refuses this worker
  ///   or is not one, or when the others cannot be reached.
  public static func join(_ place: HostAndPort, _ terms: JoiningTerms) throws(CommunicationError)
    -> SocketCommunicator
  {
    let tls = try terms.tlsContext()
    let member = try callDriver(place, terms, tls)
    var stream = SealedMessages(member.link, member.session, sending: .fromInitiator)
    var group: (roster: Roster, links: [Int: any Link])?
    do throws(CommunicationError) {
      while true {
        // The driver waits for others, as long as it likes.
        switch try stream.receive(Instruction.self, until: nil) {
        case .meet(let roster):
          for link in (group?.links ?? [:]).values { link.close() }
          group = nil
          var report = MeetingReport.hasMetAll
          do throws(CommunicationError) {
            group = (roster, try meet(roster, at: member.door, terms, tls))
          } catch {
            report = .hasNot(because: error.reasonToRefuse)
          }
          try stream.send(report, until: .now + terms.meetingLimit)
        case .begin:
          guard case (let roster, var links)? = group else { throw .malformed(expected: "a roster first") }
          links[0] = member.link
          let communicator = SocketCommunicator(
            rank: roster.rank, size: roster.size, links: links, door: member.door)
          communicator.meetNewcomers()
          return communicator
        case .leave(let reason): throw .refused(reason: reason)
        }
      }
    } catch {
      for link in (group?.links ?? [:]).values { link.close() }
      member.link.close()
      member.door.close()
      if case .closed(let reason) = error {
        throw .refused(reason: "the driver at \(place) has given up before the job began: \(reason)")
      }
      throw error
    }
  }

  /// A connection to the driver, and the door at which other workers will call.
  private struct Member {
    let link: any Link
    let session: SessionKey
    let door: OpenDoor
  }

  /// Calls again and again, at growing distances: the driver may not listen yet.
  private static func callDriver(_ place: HostAndPort, _ terms: JoiningTerms, _ tls: TLSContext?)
    throws(CommunicationError) -> Member
  {
    let deadline = ContinuousClock.now + terms.patience
    var pause = Duration.milliseconds(20)
    var isTold = false
    while true {
      var failure = CommunicationError.refused(reason: "nobody answers")
      var addresses: [SocketAddress] = []
      // Also a name may be known only later.
      do throws(CommunicationError) { addresses = try place.resolved() } catch { failure = error }
      for address in addresses {
        do throws(CallFailure) {
          return try callDriver(at: address, terms, tls, until: deadline)
        } catch {
          switch error {
          case .final(let reason): throw CommunicationError.refused(reason: "\(address): \(reason)")
          case .tryAgain(let error):
            failure = error
            // Somebody is there, and not a driver as it should be: a person need not wait to know.
            if case .closed(let reason) = error, !isTold {
              terms.note("\(address): \(reason); trying again")
              isTold = true
            }
          }
        }
      }
      guard ContinuousClock.now + pause < deadline else {
        let reason =
          switch failure {
          case .refused(let reason), .closed(let reason): reason
          default: failure.description
          }
        throw .refused(reason: "gave up on \(place) after \(terms.patience): \(reason)")
      }
      sleep(pause)
      pause = min(pause * 3 / 2, .milliseconds(500))
    }
  }

  private static func callDriver(
    at address: SocketAddress, _ terms: JoiningTerms, _ tls: TLSContext?,
    until deadline: ContinuousClock.Instant
  ) throws(CallFailure) -> Member {
    var door: OpenDoor?
    let (link, session) = try call(address, terms, tls, until: deadline) {
      (local) throws(CommunicationError) in
      var place = local
      place.port = 0
      // Nobody is of this cluster: a roster will tell who is to be let in.
      let nobody = Acceptance(
        role: .neighbour, numbers: 0...0, cluster: ClusterName(), contract: terms.contract)
      let open = OpenDoor(Doorkeeper(try Listener(at: place), nobody, terms, tls))
      door = open
      return Claim(
        role: .worker, number: UInt32(open.address.port), cluster: terms.cluster, contract: terms.contract)
    }
    guard let door else { preconditionFailure("the claim has opened the door") }
    return Member(link: link, session: session, door: door)
  }

  /// Calls the workers of lower rank while those of higher rank call here.
  private static func meet(_ roster: Roster, at door: OpenDoor, _ terms: JoiningTerms, _ tls: TLSContext?)
    throws(CommunicationError) -> [Int: any Link]
  {
    guard let job = ClusterName(bytes: roster.job) else { throw .malformed(expected: "a job's name") }
    // The driver hears from this worker, whatever comes of it, before it gives it up.
    let limit = terms.meetingTime(of: roster.size) * 4 / 5
    let deadline = ContinuousClock.now + limit
    let higher = roster.size - 1 - roster.rank
    var acceptance = Acceptance(
      role: .neighbour, numbers: UInt32(roster.rank + 1)...UInt32(max(roster.size - 1, roster.rank + 1)),
      cluster: job, contract: terms.contract)
    door.expect(acceptance)
    let answers = Answers()
    let thread = Thread {
      do throws(CommunicationError) {
        answers.give(.success(try door.gather(higher, within: limit)))
      } catch {
        answers.give(.failure(error))
      }
    }
    thread.name = "tessera door"
    thread.start()

    var links: [Int: any Link] = [:]
    var failure: CommunicationError?
    do throws(CommunicationError) {
      for rank in 1..<roster.rank {
        // Lost before this worker has come.
        guard !roster.places[rank - 1].isEmpty else {
          links[rank] = AbsentLink()
          continue
        }
        links[rank] = try callNeighbour(rank, roster, job, terms, tls, until: deadline)
      }
    } catch {
      failure = error
    }
    // The door is the thread's until it has ended, also where nobody is to come any more.
    do throws(CommunicationError) {
      for arrival in try answers.take().get() { links[Int(arrival.claim.number)] = arrival.link }
    } catch {
      failure = failure ?? error
    }
    if let failure {
      for link in links.values { link.close() }
      throw failure
    }
    // Those who join later have the numbers after the last.
    acceptance.numbers = UInt32(roster.size)...UInt32(Roster.mostMembers)
    door.expect(acceptance)
    return links
  }

  private static func callNeighbour(
    _ rank: Int, _ roster: Roster, _ job: ClusterName, _ terms: JoiningTerms, _ tls: TLSContext?,
    until deadline: ContinuousClock.Instant
  ) throws(CommunicationError) -> any Link {
    let place = try HostAndPort(roster.places[rank - 1])
    let claim = Claim(
      role: .neighbour, number: UInt32(roster.rank), cluster: job, contract: terms.contract)
    var pause = Duration.milliseconds(20)
    while true {
      let reason: String
      guard let address = try place.resolved().first else {
        throw .malformed(expected: "a numeric address in a roster")
      }
      do throws(CallFailure) {
        return try call(address, terms, tls, until: deadline) { _ in claim }.link
      } catch {
        switch error {
        case .final(let text): throw .refused(reason: "worker \(rank) at \(place): \(text)")
        case .tryAgain(let error): reason = "\(error)"
        }
      }
      guard ContinuousClock.now + pause < deadline else {
        throw .refused(reason: "worker \(rank) at \(place) cannot be reached: \(reason)")
      }
      sleep(pause)
      pause = min(pause * 2, .milliseconds(500))
    }
  }

  private static func sleep(_ time: Duration) {
    Thread.sleep(forTimeInterval: time / .seconds(1))
  }
}

/// What the door's thread has to say.
private final class Answers: Sendable {
  private let result = Mutex<Result<[Arrival], CommunicationError>?>(nil)
  private let done = DispatchSemaphore(value: 0)

  /// Called once, by the door's thread.
  func give(_ result: Result<[Arrival], CommunicationError>) {
    self.result.withLock { $0 = result }
    done.signal()
  }

  /// Waits for the result.
  func take() -> Result<[Arrival], CommunicationError> {
    done.wait()
    return result.withLock { $0 } ?? .success([])
  }
}
