// Peers that fall silent, lie, stop in mid-sentence or vanish: every operation ends, with the error that says
// so, and the others go on.

import Foundation
import Glibc
import Synchronization
import TesseraCommunication
import TesseraTestSupport
import Testing

@testable import TesseraCommunicationSockets

@Suite(.timeLimit(.minutes(30))) struct FaultTests {
  @Test(arguments: Wire.allCases) func aSilentPeerIsLost(wire: Wire) throws {
    let (end, peer) = try ScriptedPeer.pair(wire)
    let lost = loss { _ = try end.receive(Int.self, from: 1, tag: .tiles) }
    #expect(lost?.rank == 1 && lost?.reason.contains("nothing has been heard") == true)
    #expect(loss { try end.send(1, to: 1, tag: .tiles) }?.rank == 1)
    #expect(loss { _ = try end.receive(Int.self, from: .any, tag: .tiles) }?.rank == 1)
    withExtendedLifetime(peer) {}
  }

  /// What has come of a record is neither a message nor a sign of life.
  @Test func aPeerThatFallsSilentInMidRecordIsLost() throws {
    let (link, theirs) = try Wire.tls.links()
    let end = SocketCommunicator(rank: 0, size: 2, links: [1: link], limits: quickLimits())
    let peer = ScriptedPeer(theirs.descriptor, past: theirs)
    // The beginning of a message in a whole record, then of a record: its head (RFC 8446, 5.2) and some of it.
    #expect(try theirs.write(bytes: frameBytes(.value, [1, 2, 3], length: 1_000_000)[...]) > 0)
    peer.send([0x17, 3, 3, 0x40, 0] + [UInt8](repeating: 0, count: 100))
    let lost = loss { _ = try end.receive(Words.self, from: 1, tag: .tiles) }
    #expect(lost?.rank == 1 && lost?.reason.contains("nothing has been heard") == true)
    withExtendedLifetime(peer) {}
  }

  /// With the limits that every program has.
  @Test(.enabled(if: isFullTest), arguments: Wire.plain)
  func aHalfOpenPeerIsLostWithinSixSeconds(wire: Wire) throws {
    let (end, peer) = try ScriptedPeer.pair(wire, SocketLimits())
    peer.send(frameBytes(.heartbeat, isChecksummed: wire == .tcp))
    let time = ContinuousClock().measure {
      #expect(loss { _ = try end.receive(Int.self, from: 1, tag: .tiles) }?.rank == 1)
    }
    #expect(time >= .seconds(4) && time <= .seconds(6), "\(time)")
    withExtendedLifetime(peer) {}
  }

  @Test func aLossIsToldAlsoWhileThisWorkerComputes() throws {
    for isSilent in [true, false] {
      let (end, peer) = try ScriptedPeer.pair(.tcp)
      let told = DispatchSemaphore(value: 0)
      let rank = Atomic(-1)
      end.onLost = { lost, _ in
        rank.store(lost, ordering: .relaxed)
        told.signal()
      }
      if !isSilent { peer.close() }
      // Nobody is inside the communicator.
      told.wait()
      #expect(rank.load(ordering: .relaxed) == 1)
      withExtendedLifetime((end, peer)) {}
    }
  }

  @Test func aHandlerSetLateHearsOfEarlierLosses() throws {
    let (end, peer) = try ScriptedPeer.pair(.unix)
    peer.close()
    #expect(loss { _ = try end.receive(Int.self, from: 1, tag: .tiles) } != nil)
    let told = Atomic(0)
    end.onLost = { _, _ in told.add(1, ordering: .relaxed) }
    #expect(told.load(ordering: .relaxed) == 1)
  }

  @Test(arguments: Wire.allCases) func heartbeatsKeepAnIdleGroupTogether(wire: Wire) throws {
    let received = try onThreads(try wire.group(size: 3, limits: quickLimits(silence: .seconds(2)))) { end in
      Thread.sleep(forTimeInterval: 2.5)
      return try end.broadcast(end.rank == 0 ? 7 : nil, from: 0)
    }
    #expect(received == [7, 7, 7])
  }

  @Test(arguments: Wire.allCases) func aPeerThatIsHeldUpIsNotLost(wire: Wire) throws {
    var limits = quickLimits(silence: .seconds(1))
    limits.mostBytesKept = 1 << 16
    let words = [Double](repeating: 1, count: 1_000_000)
    let received = try onThreads(try wire.group(size: 2, limits: limits)) { end in
      if end.rank == 0 {
        try end.send(Words(words), to: 1, tag: .tiles)
        return try end.receive(Int.self, from: 1, tag: .status)
      }
      // Longer than the silence limit, with more on its way than is kept.
      Thread.sleep(forTimeInterval: 1.5)
      let count = try end.receive(Words.self, from: 0, tag: .tiles).elements.count
      try end.send(count, to: 0, tag: .status)
      return count
    }
    #expect(received == [1_000_000, 1_000_000])
  }

  @Test(arguments: Wire.plain) func aPeerThatEndsInMidMessageIsLost(wire: Wire) throws {
    let checksummed = wire == .tcp
    let bytes = frameBytes(.value, encoded(5), isChecksummed: checksummed)
    for count in 1..<bytes.count {
      let (end, peer) = try ScriptedPeer.pair(wire)
      peer.send(Array(bytes.prefix(count)))
      peer.close()
      let lost = loss { _ = try end.receive(Int.self, from: 1, tag: .tiles) }
      #expect(lost?.reason == "it has ended in mid-message")
    }
    let (end, peer) = try ScriptedPeer.pair(wire)
    peer.send(bytes)
    peer.close()
    // What came whole is still received.
    #expect(try end.receive(Int.self, from: 1, tag: .tiles) == 5)
    #expect(loss { _ = try end.receive(Int.self, from: 1, tag: .tiles) }?.reason == "it has ended")
  }

  @Test(arguments: Wire.plain) func aPeerThatEndsInALongValueIsLost(wire: Wire) throws {
    let bytes = frameBytes(.value, encoded(Self.longValue), isChecksummed: wire == .tcp)
    for count in [FrameHeader.size, FrameHeader.size + 8, 100_000, bytes.count - 1] {
      let (end, peer) = try ScriptedPeer.pair(wire, quickLimits(silence: .seconds(30)))
      let losses = try onThreads([end]) { end in
        Thread.detachNewThread {
          peer.send(Array(bytes.prefix(count)))
          peer.close()
        }
        return loss { _ = try end.receive(Words.self, from: 1, tag: .tiles) }?.reason
      }
      #expect(losses == ["it has ended in mid-message"])
    }
  }

  @Test(arguments: Wire.plain) func aLongValueThatIsNoneIsRefusedAndTheNextMessageIsRight(wire: Wire)
    throws
  {
    let checksummed = wire == .tcp
    let value = encoded(Self.longValue)
    let claims = encoded(Int.max) + value.dropFirst(8)
    for (payload, expected) in [
      (
        claims,
        CommunicationError.tooLong(what: "an array of Double from worker 1", length: .max, limit: 100_000)
      ),
      (value + [0], .malformed(expected: "the end of Words, from worker 1")),
    ] {
      let (end, peer) = try ScriptedPeer.pair(wire, quickLimits(silence: .seconds(30)))
      let next = try onThreads([end]) { end in
        Thread.detachNewThread {
          peer.send(frameBytes(.value, payload, isChecksummed: checksummed))
          peer.send(frameBytes(.value, value, sequence: 1, isChecksummed: checksummed))
        }
        #expect(throws: expected) { try end.receive(Words.self, from: 1, tag: .tiles) }
        return try end.receive(Words.self, from: 1, tag: .tiles).elements
      }
      #expect(next == [Self.longValue.elements])
    }
  }

  @Test func aLongValueIsNotBelievedBeforeItsChecksum() throws {
    var bytes = frameBytes(.value, encoded(Self.longValue), isChecksummed: true)
    bytes[bytes.count / 2] ^= 1
    let (end, peer) = try ScriptedPeer.pair(.tcp, quickLimits(silence: .seconds(30)))
    let sent = bytes
    let losses = try onThreads([end]) { end in
      Thread.detachNewThread { peer.send(sent) }
      return loss { _ = try end.receive(Words.self, from: 1, tag: .tiles) }?.reason
    }
    #expect(losses == ["malformed message: expected a payload with the right checksum"])
  }

  /// Long enough to be read while it comes.
  private static let longValue = Words((0..<100_000).map { Double($0) })

  @Test(arguments: Wire.plain) func aFrameThatComesByteByByteArrives(wire: Wire) throws {
    let (end, peer) = try ScriptedPeer.pair(wire, quickLimits(silence: .seconds(30)))
    let bytes = frameBytes(.value, encoded(5), isChecksummed: wire == .tcp)
    let received = try onThreads([end]) { end in
      for (index, byte) in bytes.enumerated() {
        peer.send([byte])
        if index % 8 == 0 { usleep(2000) }
      }
      return try end.receive(Int.self, from: 1, tag: .tiles)
    }
    #expect(received == [5])
  }

  @Test func bytesThatAreNoFrameLoseTheirSender() throws {
    var generator = SeededGenerator(seed: 7)
    let noise = (0..<100_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    var samples: [[UInt8]] = [
      Array("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n".utf8), noise,
      [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3] + noise.prefix(60),
      frameBytes(.value, encoded(5), sequence: 1), frameBytes(.heartbeat, [1]),
      frameBytes(.heartbeat) + frameBytes(.heartbeat), frameBytes(.value, encoded(5), isChecksummed: true),
      frameBytes(.close, [UInt8](repeating: 65, count: 1025)),
    ]
    for length in [-1, Int.min, Int.max, 1 << 41] { samples.append(frameBytes(.value, length: length)) }
    for sample in samples {
      let (end, peer) = try ScriptedPeer.pair(.unix)
      peer.send(sample)
      let lost = loss { _ = try end.receive(Int.self, from: 1, tag: .tiles) }
      #expect(lost?.reason.hasPrefix("malformed message") == true, "\(lost?.reason ?? "no loss")")
    }
  }

  /// In a process of its own, whose memory no other test takes.
  @Test func aPlausibleLengthWithoutItsBytesTakesNoMemory() async throws {
    let end = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let growth = try Self.memoryOfClaims()
      FileHandle.standardError.write(Data("\(growth)".utf8))
      // A claim takes a first megabyte of addresses, where no bytes come none of memory; the arena of one
      // more thread (128 MiB of addresses) is nobody's claim.
      exit(growth.resident < 1 << 20 && growth.virtual < 256 << 20 ? 0 : 1)
    }
    let said = String(decoding: end?.standardErrorContent ?? [], as: UTF8.self)
    #expect(said.contains("virtual"), "\(said)")
  }

  /// By how much the most memory that this process has ever had grows when peers announce up to a terabyte,
  /// send eight bytes and hang up, after as many who were honest.
  private static func memoryOfClaims() throws -> (virtual: Int, resident: Int) {
    func receive(claiming length: Int) throws {
      for kind in [FrameKind.value, .numbers] {
        let (end, peer) = try ScriptedPeer.pair(.unix)
        peer.send(frameBytes(kind, encoded(5), length: length))
        peer.close()
        if kind == .value {
          _ = try? end.receive(Int.self, from: 1, tag: .tiles)
        } else {
          var numbers = [Double](repeating: 0, count: 1)
          _ = try? numbers.withUnsafeMutableBufferPointer {
            try end.receive(into: $0, from: .rank(1), tag: .tiles)
          }
        }
      }
    }
    for _ in 0..<4 { try receive(claiming: encoded(5).count) }
    let before = try Processes.mostMemory()
    for length in [1 << 24, 1 << 31 - 1, 1 << 32 - 1, 1 << 40] { try receive(claiming: length) }
    let after = try Processes.mostMemory()
    return (after.virtual - before.virtual, after.resident - before.resident)
  }

  @Test func aBufferTooShortForAClaimIsAnError() throws {
    for length in [0, 1 << 31 - 1, 1 << 32 - 1] {
      let (end, peer) = try ScriptedPeer.pair(.unix)
      peer.send(frameBytes(.numbers, length: length))
      peer.close()
      var none: [Double] = []
      let result = Result {
        try none.withUnsafeMutableBufferPointer { try end.receive(into: $0, from: .rank(1), tag: .tiles) }
      }
      if length == 0 {
        #expect(try result.get() == 1)
      } else {
        #expect(throws: CommunicationError.wrongLength(expected: 0, found: length / 8)) { try result.get() }
      }
    }
  }

  @Test func everyBitFlipOnTheWayIsNoticed() throws {
    let bytes = frameBytes(.value, encoded(5), isChecksummed: true)
    for index in bytes.indices {
      let (end, peer) = try ScriptedPeer.pair(.tcp)
      var damaged = bytes
      damaged[index] ^= 1 << UInt8(index % 8)
      peer.send(damaged)
      peer.close()
      #expect(loss { _ = try end.receive(Int.self, from: 1, tag: .tiles) }?.rank == 1, "byte \(index)")
    }
  }

  @Test(arguments: Wire.plain) func framesThatAProxyDelaysArrive(wire: Wire) throws {
    let received = try throughProxy(wire) { _, bytes in
      usleep(20_000)
      return [bytes]
    }
    #expect(try received.get() == [10, 10])
  }

  @Test(arguments: Wire.plain) func framesThatAProxyDoublesOrReordersAreNoticed(wire: Wire) throws {
    for isDoubled in [true, false] {
      let held = Mutex<[UInt8]?>(nil)
      let received = try throughProxy(wire) { header, bytes in
        guard header.sequence == 3 || header.sequence == 4 else { return [bytes] }
        if isDoubled { return [bytes, bytes] }
        return held.withLock { held in
          guard let first = held else {
            held = bytes
            return []
          }
          held = nil
          return [bytes, first]
        }
      }
      let lost = loss { _ = try received.get() }
      #expect(lost != nil)
    }
  }

  /// Two workers play ten rounds through a proxy, which changes what goes from 0 to 1.
  private func throughProxy(
    _ wire: Wire, _ change: @escaping @Sendable (FrameHeader, [UInt8]) -> [[UInt8]]
  ) throws -> Result<[Int], any Error> {
    let (a, b) = (try wire.pair(), try wire.pair())
    let limits = quickLimits(silence: .seconds(5))
    let ends = [
      SocketCommunicator(rank: 0, size: 2, links: [1: wire.link(a.0)], limits: limits),
      SocketCommunicator(rank: 1, size: 2, links: [0: wire.link(b.0)], limits: limits),
    ]
    let (left, right) = (ScriptedPeer(a.1), ScriptedPeer(b.1))
    left.forward(to: right, change)
    right.forward(to: left) { _, bytes in [bytes] }
    return Result {
      try onThreads(ends) { end in
        for round in 0..<10 {
          if end.rank == 0 { try end.send(round, to: 1, tag: .tiles) }
          let value = try end.receive(Int.self, from: 1 - end.rank, tag: .tiles)
          if end.rank == 1 { try end.send(value, to: 0, tag: .tiles) }
          #expect(value == round)
        }
        return 10
      }
    }
  }

  @Test(arguments: Wire.plain) func whenOnePeerIsLostTheOthersGoOn(wire: Wire) throws {
    let (left, right) = try wire.links()
    let (a, b) = (try wire.pair(), try wire.pair())
    let limits = quickLimits(silence: .seconds(10))
    let ends = [
      SocketCommunicator(rank: 0, size: 3, links: [1: left, 2: wire.link(a.0)], limits: limits),
      SocketCommunicator(rank: 1, size: 3, links: [0: right, 2: wire.link(b.0)], limits: limits),
    ]
    // Rank 2 says one thing to rank 0 and vanishes.
    let peers = [ScriptedPeer(a.1), ScriptedPeer(b.1)]
    peers[0].send(frameBytes(.value, encoded(5), isChecksummed: wire == .tcp))
    for peer in peers { peer.close() }
    let results = try onThreads(ends) { end in
      if end.rank == 0 {
        #expect(loss { _ = try end.receive(Int.self, from: 2, tag: .status) }?.rank == 2)
        let first = try end.receive(Int.self, from: .any, tag: .tiles)
        #expect(first.value == 5 && first.source == 2)
        #expect(loss { _ = try end.receive(Int.self, from: .any, tag: .tiles) }?.rank == 2)
        #expect(loss { try end.send(1, to: 2, tag: .tiles) }?.rank == 2)
        try end.send(1, to: 1, tag: .tiles)
        return try end.receive(Int.self, from: 1, tag: .tiles)
      }
      #expect(loss { _ = try end.receive(Int.self, from: 2, tag: .status) }?.rank == 2)
      let one = try end.receive(Int.self, from: 0, tag: .tiles)
      try end.send(2, to: 0, tag: .tiles)
      return one
    }
    #expect(results == [2, 1])
  }

  /// A worker with two peers that a test plays.
  private func workerAmongTwo(_ wire: Wire) throws -> (SocketCommunicator, [ScriptedPeer]) {
    let pairs = (try wire.pair(), try wire.pair())
    let end = SocketCommunicator(
      rank: 0, size: 3, links: [1: wire.link(pairs.0.0), 2: wire.link(pairs.1.0)],
      limits: quickLimits(silence: .seconds(10)))
    return (end, [ScriptedPeer(pairs.0.1), ScriptedPeer(pairs.1.1)])
  }

  @Test(arguments: Wire.plain) func anySourceHearsOfALossOnceForEachTag(wire: Wire) throws {
    let (end, peers) = try workerAmongTwo(wire)
    // Of the receives that wait already, the first hears of it.
    let posted = try (0..<3).map { _ in try end.postReceive(Int.self, from: .any, tag: .tiles) }
    let elsewhere = try end.postReceive(Int.self, from: .any, tag: .exchange)
    peers[1].close()
    #expect(loss { _ = try posted[0].wait() }?.rank == 2)
    #expect(loss { _ = try elsewhere.wait() }?.rank == 2)
    for k in 0..<4 {
      peers[0].send(
        frameBytes(.value, encoded(k), sequence: UInt64(k), isChecksummed: wire == .tcp))
    }
    #expect(try posted[1].wait().value == 0)
    #expect(try posted[2].wait().value == 1)
    // And of those that come later none does, but on another tag.
    #expect(try end.receive(Int.self, from: .any, tag: .tiles).value == 2)
    #expect(try end.receive(Int.self, from: .any, tag: .tiles).source == 1)
    #expect(loss { _ = try end.receive(Int.self, from: .any, tag: .status) }?.rank == 2)
    // With nobody left there is nothing to go on with.
    peers[0].close()
    #expect(loss { _ = try end.receive(Int.self, from: .any, tag: .tiles) }?.rank == 1)
    #expect(loss { _ = try end.receive(Int.self, from: .any, tag: .tiles) } != nil)
  }

  @Test(arguments: Wire.plain) func anySourceHearsOnceOfALossInMidMessage(wire: Wire) throws {
    let (end, peers) = try workerAmongTwo(wire)
    let posted = try (0..<2).map { _ in try end.postReceive(Int.self, from: .any, tag: .tiles) }
    peers[1].send(frameBytes(.value, [1, 2, 3], length: 1000, isChecksummed: wire == .tcp))
    peers[1].close()
    #expect(loss { _ = try posted[0].wait() }?.rank == 2)
    peers[0].send(frameBytes(.value, encoded(7), isChecksummed: wire == .tcp))
    #expect(try posted[1].wait().value == 7)
  }

  @Test(arguments: Wire.plain) func aLossEndsOperationsUnderWay(wire: Wire) throws {
    let (end, peer) = try ScriptedPeer.pair(wire, quickLimits(silence: .seconds(10)))
    let numbers = UnsafeMutableBufferPointer<Double>.allocate(capacity: 4_000_000)
    numbers.initialize(repeating: 1)
    defer { numbers.deallocate() }
    let send = try end.postSend(numbers: UnsafeBufferPointer(numbers), to: 1, tag: .tiles)
    let receive = try end.postReceive(into: numbers, from: .any, tag: .tiles)
    let value = try end.postReceive(Int.self, from: .rank(1), tag: .status)
    // The numbers begin to come.
    peer.send(frameBytes(.numbers, [UInt8](repeating: 0, count: 100_000), length: 32_000_000))
    peer.close()
    #expect(loss { _ = try receive.wait() }?.rank == 1)
    #expect(loss { try send.wait() }?.rank == 1)
    #expect(loss { _ = try value.wait() }?.rank == 1)
  }

  @Test(arguments: Wire.plain) func aSenderWaitsForAReceiverThatDoesNotAsk(wire: Wire) throws {
    var limits = quickLimits(silence: .seconds(20))
    limits.mostBytesKept = 1 << 20
    let sent = Atomic(0)
    let pieces = 100
    try withExtendedLifetime(sent) {
      let received = try onThreads(try wire.group(size: 2, limits: limits)) { end in
        let words = Words([Double](repeating: 1, count: 1 << 17))
        if end.rank == 0 {
          for _ in 0..<pieces {
            try end.send(words, to: 1, tag: .tiles)
            sent.add(1, ordering: .sequentiallyConsistent)
          }
          return 0
        }
        // 100 MiB are on offer; a megabyte is kept here, a few more lie in the kernel.
        Thread.sleep(forTimeInterval: 0.3)
        let early = sent.load(ordering: .sequentiallyConsistent)
        for _ in 0..<pieces { _ = try end.receive(Words.self, from: 0, tag: .tiles) }
        return early
      }
      #expect(received[1] < 60, "\(received[1]) MiB sent to a receiver that sleeps")
    }
  }

  @Test(arguments: Wire.plain) func aMessageBehindOthersThatNobodyAsksForArrives(wire: Wire) throws {
    var limits = quickLimits(silence: .seconds(20))
    limits.mostBytesKept = 1 << 16
    let received = try onThreads(try wire.group(size: 2, limits: limits)) { end in
      if end.rank == 0 {
        for k in 0..<20 {
          try end.send(Words([Double](repeating: Double(k), count: 50_000)), to: 1, tag: .tiles)
        }
        try end.send(99, to: 1, tag: .status)
        return 0
      }
      let last = try end.receive(Int.self, from: 0, tag: .status)
      for k in 0..<20 {
        let words = try end.receive(Words.self, from: 0, tag: .tiles).elements
        #expect(words == [Double](repeating: Double(k), count: 50_000))
      }
      return last
    }
    #expect(received == [0, 99])
  }
}
