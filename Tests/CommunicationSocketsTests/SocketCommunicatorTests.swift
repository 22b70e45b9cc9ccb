// The promises of a communicator, kept over Unix-domain sockets and TCP.

import Foundation
import TesseraCommunication
import TesseraCommunicationSockets
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct SocketCommunicatorTests {
  @Test(arguments: Wire.allCases) func messagesOfOneSenderAndTagArriveInOrder(wire: Wire) throws {
    let received = try onThreads(try wire.group(size: 3)) { end in
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

  @Test(arguments: Wire.plain) func aWorkerCanSendToItself(wire: Wire) throws {
    for size in [1, 2] {
      let end = try wire.group(size: size)[0]
      try end.send(5, to: 0, tag: .tiles)
      try [1.5, 2.5].withUnsafeBufferPointer { try end.send(numbers: $0, to: 0, tag: .tiles) }
      #expect(try end.receive(Int.self, from: 0, tag: .tiles) == 5)
      var numbers = [0.0, 0.0]
      #expect(
        try numbers.withUnsafeMutableBufferPointer { try end.receive(into: $0, from: .any, tag: .tiles) } == 0
      )
      #expect(numbers == [1.5, 2.5])
    }
  }

  @Test(arguments: Wire.plain, [0, 1, 3, 1000, 2000, 9000, 300_000, 3_000_000])
  func valuesAndNumbersArriveAsTheyAre(wire: Wire, count: Int) throws {
    let words = (0..<count).map { Double($0) * 0.5 }
    let received = try onThreads(try wire.group(size: 2)) { end in
      if end.rank == 0 {
        try end.send(Words(words), to: 1, tag: .tiles)
        try words.withUnsafeBufferPointer { try end.send(numbers: $0, to: 1, tag: .tiles) }
        return [[Double]]()
      }
      var numbers = [Double](repeating: -1, count: count)
      let value = try end.receive(Words.self, from: 0, tag: .tiles)
      let source = try numbers.withUnsafeMutableBufferPointer {
        try end.receive(into: $0, from: .rank(0), tag: .tiles)
      }
      #expect(source == 0)
      return [value.elements, numbers]
    }
    #expect(received[1] == [words, words])
  }

  @Test(arguments: Wire.allCases) func aValueOfManySegmentsArrivesAsItIs(wire: Wire) throws {
    struct Pieces: WireCodable {
      let pieces: [Words]
      init(_ pieces: [Words]) { self.pieces = pieces }
      func encode(to writer: inout WireWriter) { pieces.encode(to: &writer) }
      init(from reader: inout WireReader) throws(CommunicationError) { pieces = try [Words](from: &reader) }
    }
    let pieces = (0..<1000).map { k in Words((0..<k * 7 % 1900).map { Double($0 + k) }) }
    let received = try onThreads(try wire.group(size: 2)) { end in
      if end.rank == 0 {
        try end.send(Pieces(pieces), to: 1, tag: .tiles)
        return [[Double]]()
      }
      return try end.receive(Pieces.self, from: 0, tag: .tiles).pieces.map(\.elements)
    }
    #expect(received[1] == pieces.map(\.elements))
  }

  @Test(arguments: Wire.allCases) func twoWorkersThatPostCanExchangeMoreThanIsKept(wire: Wire) throws {
    var limits = SocketLimits()
    limits.mostBytesKept = 1 << 16
    let count = 1_000_000
    let received = try onThreads(try wire.group(size: 4, limits: limits)) { end in
      let mine = [Double](repeating: Double(end.rank), count: count)
      return try mine.withUnsafeBufferPointer { mine in
        let sends = try (0..<4).filter { $0 != end.rank }.map {
          try end.postSend(numbers: mine, to: $0, tag: .exchange)
        }
        var sum = 0.0
        for source in (0..<4).reversed() where source != end.rank {
          var theirs = [Double](repeating: -1, count: count)
          _ = try theirs.withUnsafeMutableBufferPointer {
            try end.receive(into: $0, from: .rank(source), tag: .exchange)
          }
          sum += theirs.reduce(0, +)
        }
        for send in sends { try send.wait() }
        return sum
      }
    }
    #expect(received == [6, 5, 4, 3].map { $0 * Double(count) })
  }

  @Test(arguments: Wire.plain) func postedReceivesTakeTheirMessagesInTheOrderOfPosting(wire: Wire) throws {
    let received = try onThreads(try wire.group(size: 2)) { end in
      if end.rank == 0 {
        let go = try end.receive(Int.self, from: 1, tag: .control)
        for k in 0..<10 { try end.send(k + go, to: 1, tag: .tiles) }
        return [Int]()
      }
      let posted = try (0..<10).map { _ in try end.postReceive(Int.self, from: .any, tag: .tiles) }
      try end.send(100, to: 0, tag: .control)
      return try posted.map { try $0.wait().value }
    }
    #expect(received[1] == Array(100..<110))
  }

  @Test(arguments: Wire.plain) func anySourceHearsOfEveryMessageOnce(wire: Wire) throws {
    let size = 5
    let received = try onThreads(try wire.group(size: size)) { end in
      if end.rank > 0 {
        for k in 0..<200 { try end.send(k, to: 0, tag: .tiles) }
        return [[Int]]()
      }
      var taken = [[Int]](repeating: [], count: size)
      for _ in 0..<200 * (size - 1) {
        let message = try end.receive(Int.self, from: .any, tag: .tiles)
        taken[message.source].append(message.value)
      }
      return taken
    }
    #expect(received[0] == [[]] + [[Int]](repeating: Array(0..<200), count: size - 1))
  }

  @Test(arguments: Wire.plain) func anotherTypeOrLengthIsRefusedAndTheNextMessageIsRight(wire: Wire) throws {
    let group = try wire.group(size: 2)
    let long = [Double](repeating: 1, count: 100_000)
    let send = try long.withUnsafeBufferPointer { numbers in
      try group[0].send("text", to: 1, tag: .tiles)
      try group[0].send(7, to: 1, tag: .tiles)
      try group[0].send(numbers: UnsafeBufferPointer(rebasing: numbers[..<3]), to: 1, tag: .tiles)
      let send = try group[0].postSend(Words(long), to: 1, tag: .tiles)
      let other = try group[0].postSend(Words(long), to: 1, tag: .tiles)
      return [send, other]
    }
    #expect(throws: CommunicationError.malformed(expected: "the end of Int, from worker 0")) {
      try group[1].receive(Int.self, from: 0, tag: .tiles)
    }
    var numbers = [0.0]
    func receiveNumbers() throws(CommunicationError) {
      let memory = UnsafeMutableBufferPointer<Double>.allocate(capacity: 1)
      defer { memory.deallocate() }
      _ = try group[1].receive(into: memory, from: .rank(0), tag: .tiles)
      numbers[0] = memory[0]
    }
    #expect(throws: CommunicationError.unexpectedMessage(expected: "numbers", found: "a value")) {
      try receiveNumbers()
    }
    #expect(throws: CommunicationError.wrongLength(expected: 1, found: 3)) { try receiveNumbers() }
    #expect(throws: CommunicationError.unexpectedMessage(expected: "numbers", found: "a value")) {
      try receiveNumbers()
    }
    #expect(try group[1].receive(Words.self, from: 0, tag: .tiles).elements == long)
    for send in send { try send.wait() }
  }

  @Test func aRankOutsideTheGroupIsRefused() throws {
    let group = try Wire.unix.group(size: 2)
    for rank in [-1, 2, .max, .min] {
      let expected = CommunicationError.noSuchRank(rank: rank, size: 2)
      #expect(throws: expected) { try group[0].send(1, to: rank, tag: .tiles) }
      #expect(throws: expected) { try group[0].receive(Int.self, from: rank, tag: .tiles) }
    }
  }

  @Test(arguments: Wire.plain) func closingWakesWaitingReceiversAndRefusesWhatFollows(wire: Wire) throws {
    let group = try wire.group(size: 3)
    #expect(throws: CommunicationError.closed(reason: "enough")) {
      try onThreads(group) { end in
        if end.rank == 2 {
          Thread.sleep(forTimeInterval: 0.02)
          end.close(reason: "enough")
          end.close(reason: "too late")
          return 0
        }
        return try end.receive(Int.self, from: end.rank == 0 ? .rank(2) : .any, tag: .tiles).value
      }
    }
    for end in group {
      #expect(throws: CommunicationError.closed(reason: "enough")) { try end.send(1, to: 0, tag: .tiles) }
    }
  }

  @Test(arguments: Wire.plain) func closingInTheMiddleOfALargeMessageReachesItsReceiver(wire: Wire) throws {
    let group = try wire.group(size: 2)
    let numbers = UnsafeMutableBufferPointer<Double>.allocate(capacity: 4_000_000)
    numbers.initialize(repeating: 1)
    let posted = try group[0].postSend(numbers: UnsafeBufferPointer(numbers), to: 1, tag: .tiles)
    group[0].close(reason: "enough")
    // What was lent is the caller's again.
    numbers.deallocate()
    #expect(throws: CommunicationError.closed(reason: "enough")) { try posted.wait() }
    #expect(throws: CommunicationError.closed(reason: "enough")) {
      try group[1].receive(Int.self, from: 0, tag: .control)
    }
  }

  @Test(arguments: Wire.plain) func aHundredThousandSmallMessagesArrive(wire: Wire) throws {
    let received = try onThreads(try wire.group(size: 2)) { end in
      if end.rank == 0 {
        for k in 0..<100_000 { try end.send(k, to: 1, tag: .tiles) }
        return true
      }
      var isRight = true
      for k in 0..<100_000 where try end.receive(Int.self, from: 0, tag: .tiles) != k { isRight = false }
      return isRight
    }
    #expect(received == [true, true])
  }

  @Test(arguments: Wire.plain) func aWorkerThatEndsDeliversWhatItHasPosted(wire: Wire) throws {
    var group = try wire.group(size: 2)
    let words = Words([Double](repeating: 3, count: 2_000_000))
    let sum = try withExtendedLifetime(group.removeLast()) { receiver in
      let sender = group.removeLast()
      let results = try onThreads([sender, receiver]) { end in
        if end.rank == 0 {
          _ = try end.postSend(words, to: 1, tag: .tiles)
          try end.send("last words", to: 1, tag: .tiles)
          (end as? SocketCommunicator)?.finish()
          return 0.0
        }
        Thread.sleep(forTimeInterval: 0.05)
        let sum = try end.receive(Words.self, from: 0, tag: .tiles).elements.reduce(0, +)
        #expect(try end.receive(String.self, from: 0, tag: .tiles) == "last words")
        #expect(throws: CommunicationError.lost(rank: 0, reason: "it has left the group")) {
          try end.receive(String.self, from: 0, tag: .tiles)
        }
        return sum
      }
      return results[1]
    }
    #expect(sum == 6_000_000)
  }

  @Test(arguments: Wire.plain, 1...5)
  func collectivesWork(wire: Wire, size: Int) throws {
    let received = try onThreads(try wire.group(size: size)) { end in
      let text = try end.broadcast(end.rank == 0 ? "from 0" : nil, from: 0)
      return try end.reduce("\(end.rank)\(text)", tag: .status) { $0 + $1 }
    }
    #expect(received[0] == (0..<size).map { "\($0)from 0" }.joined())
  }
}
