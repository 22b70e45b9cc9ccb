// The driver's side of a rendezvous over TCP:
//
//   listen; admit size - 1 workers, ranks in order of arrival
//   roster to all    ->   they call each other    ->   report from all    ->   "begin" to all
//
// Whoever says nothing in time is given up, whoever has left is gone; others may come in their places, and
// all meet anew. Messages: 3 (size - 1) beside the handshakes, 2 (size - 1) more for every time that somebody
// is given up.

public import TesseraCommunication

/// How the members of a job find each other.
public enum Rendezvous {
  /// Waits for `size` - 1 workers at `place` and returns rank 0's end of the group. Blocks the calling
  /// thread.
  ///
  /// - Throws: `refused` when it cannot listen there, when too few come within the terms' patience, counted
  ///   anew whenever one of them is given up, or when they do not reach each other. No connection is left
  ///   then.
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
    terms.note(
      "listening on \(door.address) for \(workers)"
        + (expected == 0 ? ": the job begins at once, with this process alone" : ""))
    while true {
      var arrivals = try door.gather(expected, within: terms.patience) {
        terms.note("\($0) of \(workers) \($0 == 1 ? "has" : "have") come")
      }
      do throws(CommunicationError) {
        if let book = try introduce(&arrivals, terms) {
          door.book = book
          let links = arrivals.enumerated().map { ($0.offset + 1, $0.element.link) }
          return SocketCommunicator(
            rank: 0, size: size, links: Dictionary(uniqueKeysWithValues: links), door: door)
        }
      } catch {
        // Whoever still listens hears why.
        for var arrival in arrivals {
          try? arrival.messages.send(Instruction.leave(error.reasonToRefuse), until: .now + .seconds(1))
          arrival.link.close()
        }
        door.close()
        throw error
      }
      door.takeBack(arrivals)
    }
  }

  /// Lets the arrivals meet each other, as ranks 1, 2 and so on. Returns nil, and only those who are there,
  /// when others have left or have said nothing in time.
  ///
  /// - Throws: `refused` when all are there, and some do not reach others.
  private static func introduce(_ arrivals: inout [Arrival], _ terms: JoiningTerms)
    throws(CommunicationError) -> MemberBook?
  {
    let deadline = ContinuousClock.now + terms.meetingTime(of: arrivals.count + 1)
    let job = ClusterName()
    var places: [String] = []
    for arrival in arrivals { places.append(try place(of: arrival)) }
    try checkPlaces(arrivals.compactMap(\.peer))
    var absent: [Int: CommunicationError] = [:]
    for index in arrivals.indices {
      let roster = Roster(job: job, rank: index + 1, places: places)
      do throws(CommunicationError) {
        try arrivals[index].messages.send(Instruction.meet(roster), until: deadline)
      } catch {
        absent[index] = error
      }
    }
    var failure: CommunicationError?
    for index in arrivals.indices where absent[index] == nil {
      do throws(CommunicationError) {
        let report = try arrivals[index].messages.receive(MeetingReport.self, until: deadline)
        guard case .hasNot(let reason) = report else { continue }
        failure = failure ?? .refused(reason: "worker \(index + 1): \(reason)")
      } catch {
        absent[index] = error
      }
    }
    guard absent.isEmpty else {
      for (index, error) in absent.sorted(by: { $0.key > $1.key }) {
        var absent = arrivals.remove(at: index)
        try? absent.messages.send(Instruction.leave(error.reasonToRefuse), until: .now + .seconds(1))
        absent.link.close()
        terms.note("the worker from \(places[index]) is given up, another may come: \(error.reasonToRefuse)")
      }
      return nil
    }
    if let failure { throw failure }
    for index in arrivals.indices { try arrivals[index].messages.send(Instruction.begin, until: deadline) }
    return MemberBook(job: job, peers: arrivals.map(\.peer), places: places, terms: terms)
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
