// How a worker looks after all its peers at once: whoever waits for one hears and is heard by the others.

import Foundation
import Glibc
import Synchronization
import TesseraCommunication
import TesseraTestSupport
import Testing

@testable import TesseraCommunicationSockets

/// What one thread has counted, and how much it was when another ended.
private final class Count: Sendable {
  let value = Atomic(0)
  let atTheEnd = Atomic(0)
}

/// A link whose first read takes long.
private final class StallingLink: Link {
  private let link: PlainLink
  private let seconds: Double
  private let hasBegun = Atomic(false)
  let hasStalled = DispatchSemaphore(value: 0)

  init(_ link: PlainLink, for seconds: Double) {
    self.link = link
    self.seconds = seconds
  }

  var descriptor: Int32 { link.descriptor }
  var isChecksummed: Bool { link.isChecksummed }
  var hasBufferedInput: Bool { link.hasBufferedInput }
  var shortReadTakesAll: Bool { link.shortReadTakesAll }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LinkError) -> ReadResult {
    if !hasBegun.exchange(true, ordering: .relaxed) {
      Thread.sleep(forTimeInterval: seconds)
      hasStalled.signal()
    }
    return try link.read(into: buffer)
  }

  func write(_ pieces: UnsafeBufferPointer<iovec>) throws(LinkError) -> Int { try link.write(pieces) }
  func shutdownWriting() { link.shutdownWriting() }
  func close() { link.close() }
}

/// A link on which nothing comes, until at some read it has ended.
private final class EndingLink: Link {
  private let link: PlainLink
  private let lastRead: Int
  private let reads = Atomic(0)

  init(_ link: PlainLink, atRead lastRead: Int) {
    self.link = link
    self.lastRead = lastRead
  }

  var descriptor: Int32 { link.descriptor }
  var isChecksummed: Bool { link.isChecksummed }
  var hasBufferedInput: Bool { false }
  var shortReadTakesAll: Bool { true }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LinkError) -> ReadResult {
    reads.add(1, ordering: .relaxed).newValue < lastRead ? .wouldBlock : .end
  }

  func write(_ pieces: UnsafeBufferPointer<iovec>) throws(LinkError) -> Int { try link.write(pieces) }
  func shutdownWriting() { link.shutdownWriting() }
  func close() { link.close() }
}

@Suite(.timeLimit(.minutes(30))) struct ProgressTests {
  /// A caller looks some thirty times before it blocks; with the only peer gone nothing would wake it.
  @Test func anEndIsNoticedAtWhicheverLookItComes() throws {
    for lastRead in 1...40 {
      let (mine, theirs) = try Wire.unix.pair()
      defer { close(theirs) }
      let end = SocketCommunicator(
        rank: 0, size: 2, links: [1: EndingLink(Wire.unix.link(mine), atRead: lastRead)],
        limits: quickLimits(silence: .seconds(30)))
      let outcome = DispatchSemaphore(value: 0)
      let isLost = Atomic(false)
      Thread.detachNewThread {
        isLost.store(
          loss { _ = try end.receive(Int.self, from: 1, tag: .tiles) } != nil, ordering: .relaxed)
        outcome.signal()
      }
      // The next heartbeat wakes a caller that blocks rightly.
      if outcome.wait(timeout: .now() + 20) == .timedOut { end.close(reason: "not noticed") }
      let wasLost = isLost.load(ordering: .relaxed)
      #expect(wasLost, "at read \(lastRead)")
    }
  }

  @Test(arguments: Wire.plain) func aWorkerThatReadsOneLongMessageIsHeardByTheOthers(wire: Wire) throws {
    let ((a, b), (c, d)) = (try wire.pair(), try wire.pair())
    let end = SocketCommunicator(
      rank: 0, size: 3, links: [1: wire.link(a), 2: wire.link(c)], limits: quickLimits(silence: .seconds(10)))
    let (talker, listener) = (ScriptedPeer(b), ScriptedPeer(d))
    let heartbeats = Count()
    Thread.detachNewThread {
      while listener.readFrame() != nil { heartbeats.value.add(1, ordering: .relaxed) }
    }
    // Its bytes come without a pause until the other peer has heard enough, or is tired of waiting.
    // Longer than what is read while it comes, so that its bytes may be anything.
    let begin = frameBytes(.value, length: (1 << 30) + 8, isChecksummed: wire == .tcp)
    talker.send(Array(begin.prefix(FrameHeader.size)))
    Thread.detachNewThread {
      let piece = [UInt8](repeating: 1, count: 64)
      let deadline = ContinuousClock.now + .seconds(3)
      while heartbeats.value.load(ordering: .relaxed) < 5, deadline > .now { talker.send(piece) }
      heartbeats.atTheEnd.store(heartbeats.value.load(ordering: .relaxed), ordering: .relaxed)
      talker.close()
    }
    #expect(loss { _ = try end.receive(Words.self, from: 1, tag: .tiles) }?.rank == 1)
    #expect(heartbeats.atTheEnd.load(ordering: .relaxed) >= 5)
  }

  @Test func aWorkerThatWasStoppedBlamesNobodyForIt() throws {
    let ((a, b), (c, d)) = (try Wire.unix.pair(), try Wire.unix.pair())
    let (waker, silent) = (ScriptedPeer(b), ScriptedPeer(d))
    // While this link is read, nothing else goes on: the process might as well have been stopped.
    let link = StallingLink(Wire.unix.link(a), for: 1.5)
    let end = SocketCommunicator(
      rank: 0, size: 3, links: [1: link, 2: Wire.unix.link(c)], limits: quickLimits(silence: .seconds(1)))
    waker.send(frameBytes(.heartbeat))
    link.hasStalled.wait()
    // Time enough to notice how long the other peer has said nothing.
    Thread.sleep(forTimeInterval: 0.1)
    silent.send(frameBytes(.numbers, [UInt8](repeating: 0, count: 8)))
    var number = 1
    let source = try withUnsafeMutablePointer(to: &number) {
      try end.receive(into: UnsafeMutableBufferPointer(start: $0, count: 1), from: .rank(2), tag: .tiles)
    }
    #expect(source == 2 && number == 0)
    withExtendedLifetime(waker) {}
  }
}
