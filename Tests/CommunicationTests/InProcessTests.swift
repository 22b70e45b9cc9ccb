// The promises of a communicator, kept by threads of one process, with values handed over and with values
// encoded.

import Foundation
import TesseraCommunication
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct InProcessTests {
  @Test(arguments: [false, true]) func messagesOfOneSenderAndTagArriveInOrder(encodes: Bool) throws {
    let group = InProcessCommunicator.group(size: 3, encodes: encodes)
    let received = try onThreads(group) { end in
      if end.rank < 2 {
        for k in 0..<500 {
          try end.send(k, to: 2, tag: .tiles)
          try end.send("\(k)", to: 2, tag: .exchange)
        }
        return [Int]()
      }
      // Taken in another order than sent, across tags and senders.
      var taken: [Int] = []
      for source in [1, 0] {
        for _ in 0..<500 {
          taken.append(Int(try end.receive(String.self, from: source, tag: .exchange)) ?? -1)
        }
        for _ in 0..<500 { taken.append(try end.receive(Int.self, from: source, tag: .tiles)) }
      }
      return taken
    }
    #expect(received[2] == (0..<4).flatMap { _ in Array(0..<500) })
  }

  @Test func aQueueThatIsNeverEmptyKeepsItsOrder() throws {
    let end = InProcessCommunicator.group(size: 1)[0]
    for k in 0..<10_000 {
      try end.send(k, to: 0, tag: .tiles)
      // Two come for each that is taken, until half of them are there.
      if k % 2 == 1 { #expect(try end.receive(Int.self, from: 0, tag: .tiles) == k / 2) }
    }
    for k in 5000..<10_000 { #expect(try end.receive(Int.self, from: 0, tag: .tiles) == k) }
  }

  @Test func aWorkerCanSendToItself() throws {
    let end = InProcessCommunicator.group(size: 1)[0]
    try end.send(5, to: 0, tag: .tiles)
    #expect(try end.receive(Int.self, from: 0, tag: .tiles) == 5)
  }

  @Test(arguments: [false, true]) func aMessageOfAnotherTypeIsRefused(encodes: Bool) throws {
    let group = InProcessCommunicator.group(size: 2, encodes: encodes)
    try group[0].send("text", to: 1, tag: .tiles)
    let error = #expect(throws: CommunicationError.self) {
      try group[1].receive(Int.self, from: 0, tag: .tiles)
    }
    if encodes {
      #expect(error == .malformed(expected: "the end of Int"))
    } else {
      #expect(error == .unexpectedMessage(expected: "Int", found: "String"))
    }
  }

  @Test func numbersThatTheReceiverRefusesAreGivenBack() throws {
    let outcomes = try onThreads(InProcessCommunicator.group(size: 2)) { end in
      let numbers = [Double](repeating: 1, count: 10_000)
      if end.rank == 0 {
        for _ in 0..<3 {
          try numbers.withUnsafeBufferPointer {
            try end.postSend(numbers: $0, to: 1, tag: .tiles).wait()
          }
        }
        return [CommunicationError?]()
      }
      func failure(_ body: () throws(CommunicationError) -> Void) -> CommunicationError? {
        do throws(CommunicationError) {
          try body()
          return nil
        } catch {
          return error
        }
      }
      func receive<Element: Sendable>(_ element: Element) throws(CommunicationError) {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: 10_000)
        defer { buffer.deallocate() }
        _ = try end.receive(into: buffer, from: .rank(0), tag: .tiles)
      }
      return [
        failure { () throws(CommunicationError) in _ = try end.receive(Int.self, from: 0, tag: .tiles) },
        failure { () throws(CommunicationError) in try receive(Float(0)) },
        failure { () throws(CommunicationError) in try receive(0.0) },
      ]
    }
    for error in outcomes[1].dropLast() {
      guard case .unexpectedMessage = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
    #expect(outcomes[1].last == .some(nil))
  }

  @Test func aRankOutsideTheGroupIsRefused() {
    let group = InProcessCommunicator.group(size: 2)
    for rank in [-1, 2, .max, .min] {
      let expected = CommunicationError.noSuchRank(rank: rank, size: 2)
      #expect(throws: expected) { try group[0].send(1, to: rank, tag: .tiles) }
      #expect(throws: expected) { try group[0].receive(Int.self, from: rank, tag: .tiles) }
    }
  }

  @Test func anySourceHearsOfALossOnceForEachTag() throws {
    let ends = InProcessCommunicator.group(size: 3)
    func loss(_ tag: TesseraCommunication.Tag) -> Int? {
      do throws(CommunicationError) {
        _ = try ends[0].receive(Int.self, from: .any, tag: tag)
        return nil
      } catch {
        guard case .lost(let rank, _) = error else { return nil }
        return rank
      }
    }
    try ends[2].send(1, to: 0, tag: .tiles)
    ends[2].die(reason: "gone")
    // What it sent before is heard first.
    #expect(try ends[0].receive(Int.self, from: .any, tag: .tiles).source == 2)
    #expect(loss(.tiles) == 2)
    #expect(loss(.status) == 2)
    try ends[1].send(2, to: 0, tag: .tiles)
    #expect(try ends[0].receive(Int.self, from: .any, tag: .tiles).value == 2)
    // With nobody left there is nothing to wait for.
    ends[1].die(reason: "gone too")
    #expect(loss(.tiles) == 1)
    #expect(loss(.tiles) != nil)
  }

  @Test func closingWakesAWaitingReceiverAndRefusesWhatFollows() throws {
    let group = InProcessCommunicator.group(size: 3)
    #expect(throws: CommunicationError.closed(reason: "enough")) {
      try onThreads(group) { end in
        if end.rank == 2 {
          Thread.sleep(forTimeInterval: 0.02)
          end.close(reason: "enough")
          end.close(reason: "too late")
          return 0
        }
        return try end.receive(Int.self, from: 2, tag: .tiles)
      }
    }
    for end in group {
      #expect(throws: CommunicationError.closed(reason: "enough")) { try end.send(1, to: 0, tag: .tiles) }
    }
  }
}

@Suite(.timeLimit(.minutes(30))) struct CollectivesTests {
  @Test(arguments: 1...9, [false, true])
  func broadcastGivesEveryRankTheRootsValue(size: Int, encodes: Bool) throws {
    for root in 0..<size {
      let received = try onThreads(InProcessCommunicator.group(size: size, encodes: encodes)) { end in
        try end.broadcast(end.rank == root ? "from \(root)" : nil, from: root)
      }
      #expect(received == [String](repeating: "from \(root)", count: size))
    }
  }

  @Test(arguments: 1...9, [false, true])
  func reduceCombinesInRankOrderAtRankZero(size: Int, encodes: Bool) throws {
    let received = try onThreads(InProcessCommunicator.group(size: size, encodes: encodes)) { end in
      try end.reduce("\(end.rank)", tag: .status) { $0 + $1 }
    }
    #expect(received[0] == (0..<size).map { "\($0)" }.joined())
    #expect(received.dropFirst().allSatisfy { $0 == nil })
  }

  @Test func aBroadcastWithoutAValueIsRefused() {
    let end = InProcessCommunicator.group(size: 1)[0]
    #expect(throws: CommunicationError.self) { try end.broadcast(nil, as: Int.self) }
  }

  @Test func aPartHearsOfItsOwnWorkersLossesOnly() throws {
    let group = InProcessCommunicator.group(size: 4)
    let received = try onThreads(group) { end in
      guard let part = try end.split(color: end.rank == 0 ? 1 : 0) else { return [Int]() }
      // Worker 0 is in no part but its own; the others are 0, 1 and 2 of theirs.
      switch end.rank {
      case 0: (end as? InProcessCommunicator)?.die(reason: "gone")
      case 1:
        #expect(throws: CommunicationError.lost(rank: 0, reason: "gone")) {
          try end.receive(Int.self, from: 0, tag: .tiles)
        }
        try part.send(5, to: 2, tag: .tiles)
        try part.send(6, to: 2, tag: .tiles)
      case 3:
        let posted = try part.postReceive(Int.self, from: .any, tag: .tiles)
        let values = [try posted.wait().value, try part.receive(Int.self, from: .any, tag: .tiles).value]
        try part.send(0, to: 1, tag: .status)
        #expect(throws: CommunicationError.lost(rank: 1, reason: "gone too")) {
          try part.receive(Int.self, from: .any, tag: .tiles)
        }
        return values
      default:
        _ = try part.receive(Int.self, from: 2, tag: .status)
        (end as? InProcessCommunicator)?.die(reason: "gone too")
      }
      return []
    }
    #expect(received == [[], [], [], [5, 6]])
  }
}
