// The driver's side of a rendezvous over TCP:
//
//   listen; admit size - 1 workers, ranks in order of arrival
//   roster to all    ->   they call each other    ->   report from all    ->   go to all
//
// Messages: 3 (size - 1) beside the handshakes.

public import TesseraCommunication

/// How the members of a job find each other.
public enum Rendezvous {
  /// Waits for `size` - 1 workers at `place` and returns rank 0's end of the group. Blocks the calling
  /// thread.
  ///
  /// - Throws: `refused` when it cannot listen there, when too few come within the terms' patience, or when
  ///   they do not reach each other. No connection is left then.
  public static func drive(at place: HostAndPort, size: Int, _ terms: JoiningTerms) throws(CommunicationError)
    -> SocketCommunicator
  {
    precondition(1...Roster.mostMembers ~= size)
    let listener = try Listener(at: place)
    return try drive(listener, size: size, terms)
  }

  static func drive(_ listener: consuming Listener, size: Int, _ terms: JoiningTerms)
    throws(CommunicationError)
    -> SocketCommunicator
  {
    let acceptance = Acceptance(
      role: .worker, numbers: 1...UInt32(UInt16.max), cluster: terms.cluster, contract: terms.contract)
    let door = OpenDoor(Doorkeeper(listener, acceptance, terms, try terms.tlsContext()))
    let expected = size - 1
    let workers = expected == 1 ? "1 worker" : "\(expected) workers"
    terms.note("listening on \(door.address) for \(workers)")
    let arrivals = try door.gather(expected, until: .now + terms.patience) {
      terms.note("\($0) of \(workers) \($0 == 1 ? "has" : "have") come")
    }
    var streams = arrivals.map { SealedMessages($0.link, $0.session, sending: .fromAcceptor) }
    let deadline = ContinuousClock.now + terms.patience
    let job = ClusterName()
    var places: [String] = []
    do throws(CommunicationError) {
      for arrival in arrivals { places.append(try place(of: arrival)) }
      try checkPlaces(arrivals.compactMap(\.peer))
      let rosters = arrivals.indices.map { Roster(job: job, rank: $0 + 1, places: places) }
      for index in streams.indices { try streams[index].send(Word.goOn(rosters[index]), until: deadline) }
      for index in streams.indices {
        do throws(CommunicationError) {
          _ = try streams[index].receive(Word<Empty>.self, until: deadline).value()
        } catch {
          throw .refused(reason: "worker \(index + 1): \(error.reasonToRefuse)")
        }
      }
      for index in streams.indices { try streams[index].send(Word.goOn(Empty()), until: deadline) }
    } catch {
      // Whoever still listens hears why.
      for index in streams.indices {
        try? streams[index].send(Word<Empty>.failed(because: error), until: .now + .seconds(1))
        arrivals[index].link.close()
      }
      door.close()
      throw error
    }
    door.book = MemberBook(job: job, peers: arrivals.map(\.peer), places: places, terms: terms)
    return SocketCommunicator(
      rank: 0, size: size,
      links: Dictionary(uniqueKeysWithValues: arrivals.enumerated().map { ($0.offset + 1, $0.element.link) }),
      door: door)
  }

  /// Where a worker can be called: at the address from which it has called the driver.
  ///
  /// - Throws: `refused` when it has gone.
  static func place(of arrival: Arrival) throws(CommunicationError) -> String {
    guard var place = arrival.peer else { throw .refused(reason: "a worker has left again") }
    place.port = UInt16(truncatingIfNeeded: arrival.claim.number)
    return "\(place)"
  }

  /// - Throws: `refused` when some workers are on this machine's loopback and others are not: the others could
  ///   not call them.
  static func checkPlaces(_ peers: [SocketAddress]) throws(CommunicationError) {
    if let here = peers.first(where: \.isLoopback), let elsewhere = peers.first(where: { !$0.isLoopback }) {
      throw .refused(
        reason: "one worker has joined from \(here.host), where \(elsewhere.host) cannot call it; "
          + "connect it to the address that the others use")
    }
  }
}
