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
    let door = Doorkeeper(listener, acceptance, terms, try terms.tlsContext())
    let expected = size - 1
    let workers = expected == 1 ? "1 worker" : "\(expected) workers"
    terms.note("listening on \(door.address) for \(workers)")
    let arrivals = try door.admit(expected, until: .now + terms.patience) {
      terms.note("\($0) of \(workers) \($0 == 1 ? "has" : "have") come")
    }
    var streams = arrivals.map { SealedMessages($0.link, $0.session, sending: .fromAcceptor) }
    let deadline = ContinuousClock.now + terms.patience
    do throws(CommunicationError) {
      let rosters = try rosters(for: arrivals)
      for index in streams.indices { try streams[index].send(Word.goOn(rosters[index]), until: deadline) }
      for index in streams.indices {
        do throws(CommunicationError) {
          _ = try streams[index].receive(Word<Empty>.self, until: deadline).value()
        } catch {
          throw .refused(reason: "worker \(index + 1): \(error)")
        }
      }
      for index in streams.indices { try streams[index].send(Word.goOn(Empty()), until: deadline) }
    } catch {
      // Whoever still listens hears why.
      for index in streams.indices {
        try? streams[index].send(Word<Empty>.failed("\(error)"), until: .now + .seconds(1))
        arrivals[index].link.close()
      }
      throw error
    }
    return SocketCommunicator(
      rank: 0, size: size,
      links: Dictionary(uniqueKeysWithValues: arrivals.enumerated().map { ($0.offset + 1, $0.element.link) }))
  }

  /// One roster for each worker. A worker is called at the address from which it has called the driver.
  ///
  /// - Throws: `refused` when some are on this machine's loopback and others are not: the others could not
  ///   call them.
  private static func rosters(for arrivals: [Arrival]) throws(CommunicationError) -> [Roster] {
    let peers = arrivals.compactMap(\.peer)
    guard peers.count == arrivals.count else { throw .refused(reason: "a worker has left again") }
    if let here = peers.first(where: \.isLoopback), let elsewhere = peers.first(where: { !$0.isLoopback }) {
      throw .refused(
        reason: "one worker has joined from \(here.host), where \(elsewhere.host) cannot call it; "
          + "connect it to the address that the others use")
    }
    let places = zip(peers, arrivals).map { peer, arrival in
      var place = peer
      place.port = UInt16(truncatingIfNeeded: arrival.claim.number)
      return "\(place)"
    }
    let job = ClusterName()
    return arrivals.indices.map { Roster(job: job, rank: $0 + 1, places: places) }
  }
}
