// Workers that join a running job. A newcomer does what the first workers did: it calls the driver, gets a roster
// in which it is the last, calls everybody in it, and reports.
//
//   newcomer r                      driver                            worker s, for each 0 < s < r
//   call, handshake            ->
//                              <-   roster: rank r, places
//   call, handshake            ------------------------------------->  takes the link in as worker r
//   "reached all"              ->
//                              <-   "go"                               "I know r", to the driver
//                                   takes the link in as worker r;
//                                   tells the job when all have said so
//
// The group grows by one at a time: the next newcomer is greeted meanwhile, and waits at the door. One that
// does not report in time (JoiningTerms.meetingLimit) is given up. A rank is given once; a newcomer that
// fails on its way, and a worker that is lost, leave a rank whose place in rosters is empty, and which every
// later worker knows as lost. Messages: 3 with the driver beside the handshakes, 1 from every other worker.

import TesseraCommunication

extension Tag {
  /// A worker tells the driver whom it has come to know.
  fileprivate static let membership = Tag(15)
}

extension SocketCommunicator {
  /// Lets workers join from now on; `joined` is called for each when every worker that lives can reach it, on
  /// a thread of the communicator's. Nothing happens on a driver that has not listened. Call this or
  /// `refuseNewcomers` once.
  public func welcomeNewcomers(_ joined: @escaping @Sendable (_ rank: Int) -> Void) {
    door?.open { [weak self] arrival, book in
      guard let self, let rank = self.admit(arrival, &book) else { return }
      joined(rank)
    }
  }

  /// Tells whoever wants to join from now on why that cannot be.
  public func refuseNewcomers(reason: String) {
    door?.open { [weak self] arrival, book in
      var arrival = arrival
      try? arrival.messages.send(Instruction.leave(reason), until: .now + .seconds(2))
      self?.door?.leaveThreshold()
      arrival.link.close()
      book?.terms.note("a worker has come too late: \(reason)")
    }
  }

  /// The driver's part. Returns the newcomer's rank, nil if it has not joined.
  private func admit(_ arrival: Arrival, _ book: inout MemberBook?) -> Int? {
    guard var members = book else { return nil }
    defer { book = members }
    let rank = size
    var arrival = arrival
    for other in 1..<max(rank, 1) where progress.isGone(other) {
      (members.peers[other - 1], members.places[other - 1]) = (nil, "")
    }
    var isNumbered = false
    do throws(CommunicationError) {
      guard rank < Roster.mostMembers else { throw .refused(reason: "the job has \(rank) members, the most") }
      let place = try Rendezvous.place(of: arrival)
      try Rendezvous.checkPlaces((members.peers + [arrival.peer]).compactMap { $0 })
      let deadline = ContinuousClock.now + members.terms.meetingTime(of: rank + 1)
      members.peers.append(arrival.peer)
      members.places.append(place)
      isNumbered = true
      let roster = Roster(job: members.job, rank: rank, places: members.places)
      try arrival.messages.send(Instruction.meet(roster), until: deadline)
      door?.attend(arrival, until: deadline)
      let report = try arrival.messages.receive(MeetingReport.self, until: deadline)
      if case .hasNot(let reason) = report { throw .refused(reason: reason) }
      try arrival.messages.send(Instruction.begin, until: deadline)
    } catch {
      try? arrival.messages.send(Instruction.leave(error.reasonToRefuse), until: .now + .seconds(1))
      door?.leaveThreshold()
      arrival.link.close()
      // Some may have come to know it: nobody else gets its number.
      if isNumbered {
        (members.peers[rank - 1], members.places[rank - 1]) = (nil, "")
        _ = progress.admit(rank, AbsentLink())
      }
      members.terms.note("a worker that wanted to join has not: \(error.reasonToRefuse)")
      return nil
    }
    door?.leaveThreshold()
    guard progress.admit(rank, arrival.link) else {
      arrival.link.close()
      return nil
    }
    for other in 1..<max(rank, 1) { waitForMeeting(of: other, with: rank) }
    return rank
  }

  /// Returns when worker `other` knows worker `rank`, or is lost.
  private func waitForMeeting(of other: Int, with rank: Int) {
    do throws(CommunicationError) {
      // It may have met newcomers that came no further.
      while try receive(Int.self, from: other, tag: .membership) < rank {}
    } catch {
      // Whoever is lost need not know anybody.
    }
  }

  /// A worker's part: takes in those who call, and tells the driver.
  func meetNewcomers() {
    door?.open { [weak self] arrival, _ in
      self?.door?.leaveThreshold()
      guard let self, self.progress.admit(Int(arrival.claim.number), arrival.link) else {
        return arrival.link.close()
      }
      // A driver that cannot be told is lost.
      _ = try? self.postSend(Int(arrival.claim.number), to: 0, tag: .membership)
    }
  }
}
