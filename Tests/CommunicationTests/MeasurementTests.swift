// What moves is counted, exactly, at both ends, whether it is handed over or encoded; and what was counted
// and recorded travels itself.

import Foundation
import Synchronization
import TesseraCommunication
import TesseraInstrumentation
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct MeasuredCommunicatorTests {
  private func group(_ size: Int, encodes: Bool = false, recorder: Recorder? = nil) -> [MeasuredCommunicator]
  {
    InProcessCommunicator.group(size: size, encodes: encodes).map {
      MeasuredCommunicator($0, recorder: recorder)
    }
  }

  private func traffic(_ messages: Int, words: Int, headerBytes: Int) -> Traffic {
    Traffic(messages: messages, words: words, payloadBytes: 8 * words, headerBytes: headerBytes)
  }

  @Test(arguments: [false, true]) func bothEndsCountTheSame(encodes: Bool) throws {
    let group = group(3, encodes: encodes)
    #expect(group[1].rank == 1 && group[1].size == 3)
    let ten = Words([Double](repeating: 1, count: 10))
    group[1].ledger.begin("receiving")
    try group[0].send(ten, to: 1, tag: .tiles)
    _ = try group[1].receive(Words.self, from: .any, tag: .tiles)
    try group[0].postSend(ten, to: 1, tag: .tiles).wait()
    _ = try group[1].postReceive(Words.self, from: .rank(0), tag: .tiles).wait()
    var numbers = [1.0, 2, 3, 4, 5]
    try numbers.withUnsafeMutableBufferPointer { buffer in
      try group[0].send(numbers: UnsafeBufferPointer(buffer), to: 1, tag: .tiles)
      #expect(try group[1].receive(into: buffer, from: .any, tag: .tiles) == 0)
      try group[0].postSend(numbers: UnsafeBufferPointer(buffer), to: 1, tag: .tiles).wait()
      #expect(try group[1].postReceive(into: buffer, from: .rank(0), tag: .tiles).wait() == 0)
    }
    // Numbers travel without an encoding.
    let expected = traffic(4, words: 30, headerBytes: 16)
    let (sender, receiver) = (group[0].ledger.entries(of: 0), group[1].ledger.entries(of: 1))
    #expect(sender.total.sent == expected && sender.total.received == Traffic())
    #expect(receiver["receiving"].received == expected && receiver.total.sent == Traffic())
    #expect(sender.operations[0].peers.map(\.rank) == [1])
    #expect(receiver.operations[0].peers.map(\.rank) == [0])
    #expect(group[2].ledger.entries(of: 2).operations.isEmpty)
  }

  @Test func theSizeOfAValueIsThatOfItsBytes() {
    func check(_ value: some WireCodable) {
      var writer = WireWriter()
      value.encode(to: &writer)
      let size = WireSize(of: value)
      #expect(size.words == writer.words && size.payloadBytes == writer.payloadBytes)
      #expect(size.headerBytes == writer.headerBytes)
    }
    check(7)
    check("p\u{e4}nv\u{e4} \u{1F9E9}")
    check(Array(0..<100))
    check([[1, 2], [], [3]])
    check([["a", ""], []])
    check([Int?]([nil, 2]))
    check(Words([1, 2, 3]))
    check(Words([]))
    check([Words([1]), Words([2, 3])])
    check(Empty())
  }

  @Test func aFailedMessageIsNotCounted() throws {
    let group = group(2)
    #expect(throws: CommunicationError.self) { try group[0].send(1, to: 2, tag: .tiles) }
    group[0].close(reason: "done")
    #expect(throws: CommunicationError.closed(reason: "done")) { try group[1].send(1, to: 0, tag: .tiles) }
    #expect(throws: CommunicationError.self) { try group[1].receive(Int.self, from: 0, tag: .tiles) }
    for end in group { #expect(end.ledger.entries(of: 0).total.sent == Traffic()) }
  }

  @Test(arguments: [false, true]) func waitingIsThatOfTheReceiver(transportKnows: Bool) throws {
    let shares = try (0..<3).map { _ in
      let group = InProcessCommunicator.group(size: 2).map {
        MeasuredCommunicator(transportKnows ? $0 : FaultyCommunicator($0, at: -1))
      }
      #expect((group[0].waitingTime != nil) == transportKnows)
      let isAboutToReceive = DispatchSemaphore(value: 0)
      // When the message is sent, and when the receive has begun and ended.
      let times = try onThreads(group) { end in
        if end.rank == 0 {
          isAboutToReceive.wait()
          Thread.sleep(forTimeInterval: 0.1)
          let time = MonotonicClock.now()
          try end.send(1, to: 1, tag: .tiles)
          return [time]
        }
        isAboutToReceive.signal()
        let start = MonotonicClock.now()
        _ = try end.receive(Int.self, from: 0, tag: .tiles)
        return [start, MonotonicClock.now()]
      }
      #expect(group[0].ledger.entries(of: 0).total.waiting == 0)
      let waiting = group[1].ledger.entries(of: 1).total.waiting
      #expect(waiting <= times[1][1] - times[1][0])
      return Double(waiting) / Double(times[0][0] - times[1][0])
    }
    // In two of three rounds, should the receiver be kept from its first look in one.
    #expect(shares.sorted()[1] > 0.9, "\(shares)")
  }

  /// Each of two threads that wait at one end waits for its own message alone.
  @Test(arguments: [false, true]) func threadsThatWaitAtOnceAreCountedEachByItself(transportKnows: Bool)
    throws
  {
    let group = InProcessCommunicator.group(size: 2).map {
      MeasuredCommunicator(transportKnows ? $0 : FaultyCommunicator($0, at: -1))
    }
    let end = group[1]
    let (tags, done) = ([Tag.tiles, .status], DispatchGroup())
    let inReceives = Atomic(0)
    withExtendedLifetime(inReceives) {
      for tag in tags {
        DispatchQueue(label: "waiting for \(tag)").async(group: done) {
          let start = MonotonicClock.now()
          _ = try? end.receive(Int.self, from: 0, tag: tag)
          inReceives.add(MonotonicClock.now() - start, ordering: .relaxed)
        }
      }
      for tag in tags {
        Thread.sleep(forTimeInterval: 0.2)
        #expect(throws: Never.self) { try group[0].send(1, to: 1, tag: tag) }
      }
      done.wait()
      let waiting = end.ledger.entries(of: 1).total.waiting
      #expect(waiting > 0 && waiting <= inReceives.load(ordering: .relaxed))
    }
  }

  @Test func messagesAndWaitsAreRecordedWhereSomebodyRecords() throws {
    let recorder = Recorder(workers: 2)
    let group = group(2, recorder: recorder)
    try group[0].send(Words([Double](repeating: 1, count: 10)), to: 1, tag: .tiles)
    _ = try group[1].receive(Words.self, from: 0, tag: .tiles)
    let transfers = recorder.events().compactMap { event in
      if case .transfer(let transfer) = event.kind { transfer } else { nil }
    }
    #expect(
      Set(transfers) == [
        Transfer(.sent, peer: 1, words: 10, payloadBytes: 80, headerBytes: 8),
        Transfer(.received, peer: 0, words: 10, payloadBytes: 80, headerBytes: 8),
      ])
    #expect(recorder.events().count { $0.kind == .wait } == 1)
  }

  @Test(arguments: 1...9, [false, true])
  func everyRankButTheRootOfABroadcastReceivesOnce(size: Int, encodes: Bool) throws {
    let group = group(size, encodes: encodes)
    _ = try onThreads(group) { end in
      try end.broadcast(end.rank == 0 ? Words([Double](repeating: 0, count: 100)) : nil, from: 0)
    }
    for end in group {
      let received = end.ledger.entries(of: end.rank).total.received
      #expect(received == (end.rank == 0 ? Traffic() : traffic(1, words: 100, headerBytes: 8)))
    }
  }

  @Test(arguments: 1...9, [false, true])
  func everyRankButTheRootOfAReductionSendsOnce(size: Int, encodes: Bool) throws {
    let group = group(size, encodes: encodes)
    _ = try onThreads(group) { end in
      try end.reduce(Words([Double](repeating: 0, count: 7)), tag: .status) { a, _ in a }
    }
    for end in group {
      let sent = end.ledger.entries(of: end.rank).total.sent
      #expect(sent == (end.rank == 0 ? Traffic() : traffic(1, words: 7, headerBytes: 8)))
    }
  }
}

@Suite(.timeLimit(.minutes(30))) struct LedgerOnTheWireTests {
  private func sample() -> WorkerLedger {
    let ledger = Ledger()
    ledger.received(from: 0, words: 0, payloadBytes: 0, headerBytes: 9, waited: 4)
    for operation in ["place a", "map b", "place a"] {
      ledger.begin(operation)
      for peer in [4, 2, 0] { ledger.sent(to: peer, words: peer, payloadBytes: 8 * peer, headerBytes: 3) }
      ledger.end()
    }
    return ledger.entries(of: 3)
  }

  private let events = [
    Event(.step, "map b", worker: 0, start: 100, duration: 50),
    Event(.task, "b", worker: 0, start: 110, duration: 9, flops: 1 << 61),
    Event(.wait, "tiles", worker: 0, start: -5, duration: 0),
    Event(
      .transfer(Transfer(.sent, peer: 2, words: 3, payloadBytes: 24, headerBytes: 8)), "tiles", worker: 0,
      start: 1 << 60, duration: 1),
    Event(
      .transfer(Transfer(.received, peer: 1, words: 1, payloadBytes: 8, headerBytes: 8)), "b", worker: 7,
      start: 7, duration: 2),
  ]

  @Test func ledgersAndEventsAreReadBack() throws {
    #expect(try decoded(WorkerLedger.self, encoded(sample())) == sample())
    let empty = WorkerLedger(rank: 0, operations: [])
    #expect(try decoded(WorkerLedger.self, encoded(empty)) == empty)
    #expect(try decoded(EventLog.self, encoded(EventLog(events))) == EventLog(events))
    #expect(try decoded(EventLog.self, encoded(EventLog([]))) == EventLog([]))
  }

  @Test func everyTruncationIsRefused() {
    let (ledger, log) = (encoded(sample()), encoded(EventLog(events)))
    for length in 0..<ledger.count {
      #expect(throws: CommunicationError.self) {
        try decoded(WorkerLedger.self, Array(ledger.prefix(length)))
      }
    }
    for length in 0..<log.count {
      #expect(throws: CommunicationError.self) { try decoded(EventLog.self, Array(log.prefix(length))) }
    }
  }

  @Test func mutationsAreRefusedOrCanBeUsed() {
    var generator = SeededGenerator(seed: 31)
    let (ledger, log) = (encoded(sample()), encoded(EventLog(events)))
    for _ in 0..<20_000 {
      var (ledger, log) = (ledger, log)
      ledger.mutate(using: &generator)
      log.mutate(using: &generator)
      if let read = try? decoded(WorkerLedger.self, ledger) {
        let report = LedgerReport([WorkerLedger](repeating: read, count: 1024))
        #expect(!LedgerTable(report - sampleReport).description.isEmpty)
      }
      if let read = try? decoded(EventLog.self, log) {
        let events = read.shifted(by: 1 << 60)
        #expect(SummaryTable(events).rows.count <= 5)
        #expect(!ChromeTrace(events).description.isEmpty)
      }
    }
  }

  private var sampleReport: LedgerReport { LedgerReport([sample()]) }

  @Test func countsThatWouldOverflowAreRefused() {
    func ledger(_ counts: [Int], peers: [Int] = [0]) -> [UInt8] {
      encoded(0) + encoded(0) + encoded(["a"]) + encoded([peers.count])
        + encoded(Integers(peers.flatMap { [$0] + counts }))
    }
    let fine = [Int](repeating: 1 << 51, count: 9)
    #expect(throws: Never.self) { try decoded(WorkerLedger.self, ledger(fine, peers: [0, 1])) }
    #expect(throws: CommunicationError.self) {
      try decoded(WorkerLedger.self, ledger(fine, peers: [0, 1, 2]))
    }
    #expect(throws: CommunicationError.self) { try decoded(WorkerLedger.self, ledger(fine, peers: [1, 1])) }
    #expect(throws: CommunicationError.self) { try decoded(WorkerLedger.self, ledger(fine, peers: [-1])) }
    for wrong in [-1, .min, .max, (1 << 52) + 1] {
      for k in fine.indices {
        var counts = fine
        counts[k] = wrong
        #expect(throws: CommunicationError.self) { try decoded(WorkerLedger.self, ledger(counts)) }
      }
    }
    #expect(throws: CommunicationError.self) {
      try decoded(
        WorkerLedger.self,
        encoded(0) + encoded(0) + encoded(["a", "a"]) + encoded([0, 0]) + encoded(Integers([])))
    }
  }

  @Test func eventsThatNeverWereAreRefused() {
    func log(_ fields: [Int]) -> [UInt8] { encoded(["a"]) + encoded(Integers(fields)) }
    let fine = [3, 0, 0, 0, 1, 0, 1, 1, 1, 1]
    #expect(throws: Never.self) { try decoded(EventLog.self, log(fine)) }
    for (place, values) in [
      (0, [-1, 7, .max]), (1, [-1, 1, .max]), (2, [-1, .min]), (3, [.min, .max]), (4, [-1, .min, .max]),
      (5, [-1, .min]), (6, [-1]), (7, [-1, .max]), (8, [-1, .max]), (9, [-1, .max]),
    ] {
      for value in values {
        var fields = fine
        fields[place] = value
        #expect(throws: CommunicationError.self) { try decoded(EventLog.self, log(fields)) }
      }
    }
    let long = [2, 0, 0, 0, 1 << 60, 0, 0, 0, 0, 0]
    #expect(throws: CommunicationError.self) { try decoded(EventLog.self, log(long + long)) }
  }

  @Test func anotherMachinesClockIsSetByTheRoundTrip() {
    #expect(EventLog.clockOffset(asked: 100, answer: 100, heard: 140) == 0)
    #expect(EventLog.clockOffset(asked: 100, answer: 139, heard: 140) == 0)
    #expect(EventLog.clockOffset(asked: 100, answer: 1120, heard: 140) == 1000)
    #expect(EventLog.clockOffset(asked: 1100, answer: 120, heard: 1140) == -1000)
    #expect(EventLog(events).shifted(by: 10).map(\.start) == events.map { $0.start - 10 })
  }
}

/// An array of integers as payload.
private struct Integers: WireCodable {
  let elements: [Int]
  init(_ elements: [Int]) { self.elements = elements }
  func encode(to writer: inout WireWriter) { writer.write(array: elements) }
  init(from reader: inout WireReader) throws(CommunicationError) {
    elements = try reader.readArray(of: Int.self)
  }
}
