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
    do throws(CommunicationError) {
      // The driver waits for others, as long as it likes.
      let roster = try stream.receive(Word<Roster>.self, until: nil).value()
      let deadline = ContinuousClock.now + terms.patience
      var links: [Int: any Link]
      let door: OpenDoor
      do throws(CommunicationError) {
        (links, door) = try meet(roster, member.listener, terms, tls, until: deadline)
      } catch {
        try? stream.send(Word<Empty>.failed(because: error), until: deadline)
        throw error
      }
      do throws(CommunicationError) {
        try stream.send(Word.goOn(Empty()), until: deadline)
        _ = try stream.receive(Word<Empty>.self, until: deadline).value()
      } catch {
        for link in links.values { link.close() }
        door.close()
        throw error
      }
      links[0] = member.link
      let communicator = SocketCommunicator(rank: roster.rank, size: roster.size, links: links, door: door)
      communicator.meetNewcomers()
      return communicator
    } catch {
      member.link.close()
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
    let listener: Held
  }

  /// A listener on its way from one function or thread to another.
  ///
  /// `@unchecked Sendable`: whoever takes the listener is the only one to have it; handing over and taking
  /// are ordered by the start of a thread or by the calls of one.
  private final class Held: @unchecked Sendable {
    private var listener: Listener?
    init(_ listener: consuming Listener) { self.listener = consume listener }
    func take() -> Listener {
      guard let listener = listener.take() else { preconditionFailure("a listener is taken once") }
      return listener
    }
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
    var listener: Held?
    let (link, session) = try call(address, terms, tls, until: deadline) {
      (local) throws(CommunicationError) in
      var door = local
      door.port = 0
      let open = try Listener(at: door)
      let port = UInt32(open.address.port)
      listener = Held(open)
      return Claim(role: .worker, number: port, cluster: terms.cluster, contract: terms.contract)
    }
    guard let listener else { preconditionFailure("the claim has opened the door") }
    return Member(link: link, session: session, listener: listener)
  }

  /// Calls the workers of lower rank while those of higher rank call here.
  private static func meet(
    _ roster: Roster, _ held: Held, _ terms: JoiningTerms, _ tls: TLSContext?,
    until deadline: ContinuousClock.Instant
  ) throws(CommunicationError) -> ([Int: any Link], OpenDoor) {
    guard let job = ClusterName(bytes: roster.job) else { throw .malformed(expected: "a job's name") }
    let higher = roster.size - 1 - roster.rank
    let answers = Answers()
    let acceptance = Acceptance(
      role: .neighbour, numbers: UInt32(roster.rank + 1)...UInt32(max(roster.size - 1, roster.rank + 1)),
      cluster: job, contract: terms.contract)
    let door = OpenDoor(Doorkeeper(held.take(), acceptance, terms, tls))
    let thread = Thread {
      do throws(CommunicationError) {
        answers.give(.success(try door.gather(higher, until: deadline)))
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
    if failure == nil {
      do throws(CommunicationError) {
        for arrival in try answers.take().get() { links[Int(arrival.claim.number)] = arrival.link }
      } catch {
        failure = error
      }
    } else {
      // The others fail too, and the thread ends by its deadline.
      answers.abandon()
    }
    if let failure {
      for link in links.values { link.close() }
      throw failure
    }
    // Those who join later have the numbers after the last.
    door.accept(UInt32(roster.size)...UInt32(Roster.mostMembers))
    return (links, door)
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

/// What the door's thread has to say. Nobody else closes the links of those who have come when nobody listens.
private final class Answers: Sendable {
  private let state = Mutex((result: Result<[Arrival], CommunicationError>?.none, isAbandoned: false))
  private let done = DispatchSemaphore(value: 0)

  /// Called once, by the door's thread.
  func give(_ result: Result<[Arrival], CommunicationError>) {
    let isAbandoned = state.withLock { state in
      state.result = result
      return state.isAbandoned
    }
    if isAbandoned { Self.close(result) }
    done.signal()
  }

  /// Waits for the result.
  func take() -> Result<[Arrival], CommunicationError> {
    done.wait()
    return state.withLock { $0.result } ?? .success([])
  }

  /// Notes that nobody will take the result.
  func abandon() {
    let result = state.withLock { state in
      state.isAbandoned = true
      return state.result
    }
    if let result { Self.close(result) }
  }

  private static func close(_ result: Result<[Arrival], CommunicationError>) {
    guard case .success(let arrivals) = result else { return }
    for arrival in arrivals { arrival.link.close() }
  }
}
