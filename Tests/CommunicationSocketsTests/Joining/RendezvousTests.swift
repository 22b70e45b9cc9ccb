// Whole groups come together over TCP, with and without TLS, and talk; those who do not belong stay out.

import Foundation
import Synchronization
import Testing
import TesseraCommunication
import TesseraTestSupport

@testable import TesseraCommunicationSockets

@Suite(.timeLimit(.minutes(30)), .serialized)
struct RendezvousTests {
  private static func terms(_ cluster: String = "", contract: [String] = ["a"], usesTLS: Bool = false)
    throws(CommunicationError) -> JoiningTerms
  {
    try JoiningTerms(
      secret: Secret("a long enough secret".utf8), cluster: cluster, contract: contract, usesTLS: usesTLS,
      patience: .seconds(20))
  }

  /// A port that was free a moment ago.
  private static func freePort() throws -> UInt16 {
    let listener = try Listener(at: HostAndPort("127.0.0.1:0"))
    return listener.address.port
  }

  private static func group(
    size: Int, usesTLS: Bool, at host: String = "127.0.0.1", driverWaits: Bool = false,
    meetingLimit: Duration = .seconds(5)
  ) throws -> [SocketCommunicator] {
    let place = try HostAndPort("\(host):\(freePort())")
    let members = Mutex<[SocketCommunicator]>([])
    let failures = Mutex<[String]>([])
    let done = DispatchSemaphore(value: 0)
    for number in 0..<size {
      Thread.detachNewThread {
        do {
          var terms = try Self.terms(usesTLS: usesTLS)
          terms.meetingLimit = meetingLimit
          if number == 0, driverWaits { Thread.sleep(forTimeInterval: 0.5) }
          let member =
            number == 0
            ? try Rendezvous.drive(at: place, size: size, terms) : try Rendezvous.join(place, terms)
          members.withLock { $0.append(member) }
        } catch {
          failures.withLock { $0.append("\(error)") }
        }
        done.signal()
      }
    }
    for _ in 0..<size { done.wait() }
    #expect(failures.withLock { $0 } == [])
    return members.withLock { $0.sorted { $0.rank < $1.rank } }
  }

  @Test(arguments: [1, 2, 3, 5], [false, true])
  func everybodyReachesEverybody(size: Int, usesTLS: Bool) throws {
    let group = try Self.group(size: size, usesTLS: usesTLS)
    #expect(group.map(\.rank) == Array(0..<size) && group.allSatisfy { $0.size == size })
    // More than a socket's buffers hold, so that reads and writes both have to wait.
    let numbers = (0..<300_000).map { Double($0) }
    let sums = try onThreads(group.map { $0 as any Communicator }) { end in
      let posted = try (0..<size).filter { $0 != end.rank }.map {
        try end.postSend(Words(numbers.map { $0 + Double(end.rank) }), to: $0, tag: .tiles)
      }
      var isRight = true
      for source in 0..<size where source != end.rank {
        let received = try end.receive(Words.self, from: source, tag: .tiles).elements
        isRight = isRight && received == numbers.map { $0 + Double(source) }
      }
      for send in posted { try send.wait() }
      return isRight
    }
    #expect(sums == Array(repeating: true, count: size))
    DispatchQueue.concurrentPerform(iterations: size) { group[$0].finish() }
  }

  private static let hasIPv6: Bool = {
    do {
      _ = try Listener(at: HostAndPort("[::1]:0"))
      return true
    } catch {
      return false
    }
  }()

  @Test(.enabled(if: hasIPv6)) func aGroupMeetsOverIPv6Alone() throws {
    let group = try Self.group(size: 3, usesTLS: false, at: "[::1]")
    let sums = try onThreads(group.map { $0 as any Communicator }) { end in
      try end.allReduce(end.rank + 1) { $0 + $1 }
    }
    #expect(sums == [6, 6, 6])
    DispatchQueue.concurrentPerform(iterations: 3) { group[$0].finish() }
  }

  /// As the system tells it, not the listener.
  @Test func onlyTheAddressThatWasAskedForIsListenedAt() throws {
    let listener = try Listener(at: HostAndPort("127.0.0.1:0"))
    let port = String(listener.address.port, radix: 16, uppercase: true)
    let suffix = ":" + String(repeating: "0", count: 4 - port.count) + port
    let places = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { path in
      ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").compactMap { line in
        // The second field is the local address, the fourth the state: 0A listens.
        let fields = line.split(separator: " ")
        return fields.count > 3 && fields[1].hasSuffix(suffix) && fields[3] == "0A" ? String(fields[1]) : nil
      }
    }
    #expect(places == ["0100007F" + suffix])
    withExtendedLifetime(listener.descriptor) {}
  }

  @Test(arguments: [false, true]) func newcomersReachEverybodyAndAreReached(usesTLS: Bool) throws {
    var group = try Self.group(size: 2, usesTLS: usesTLS)
    let place = try HostAndPort("\(#require(group[0].door).address)")
    let joined = Mutex<[Int]>([])
    let isKnown = DispatchSemaphore(value: 0)
    group[0].welcomeNewcomers { rank in
      joined.withLock { $0.append(rank) }
      isKnown.signal()
    }
    for rank in 2..<5 {
      group.append(try Rendezvous.join(place, Self.terms(usesTLS: usesTLS)))
      isKnown.wait()
      #expect(group[rank].rank == rank)
      // Known by all before anybody is told of it.
      #expect(group.allSatisfy { $0.size == rank + 1 || $0.rank == 2 && rank == 4 })
      // The third finds the second gone.
      if rank == 3 {
        group[2].finish()
        #expect(throws: CommunicationError.self) { try group[0].receive(Empty.self, from: 2, tag: .control) }
      }
    }
    #expect(joined.withLock { $0 } == [2, 3, 4])
    let living = [0, 1, 3, 4]
    let sums = try onThreads(living.map { group[$0] as any Communicator }) { end in
      let others = living.filter { $0 != end.rank }
      for other in others { _ = try end.postSend(end.rank, to: other, tag: .tiles) }
      return try others.reduce(0) { try $0 + end.receive(Int.self, from: $1, tag: .tiles) }
    }
    #expect(sums == living.map { 8 - $0 })
    let ends = group
    DispatchQueue.concurrentPerform(iterations: ends.count) { ends[$0].finish() }
  }

  /// A peer that is let in by the driver, and does nothing from then on.
  private static func stalledPeer(at place: HostAndPort, usesTLS: Bool = false) throws
    -> (link: any Link, messages: SealedMessages)
  {
    let terms = try terms(usesTLS: usesTLS)
    let address = try #require(try place.resolved().first)
    let (link, session) = try Rendezvous.call(
      address, terms, try terms.tlsContext(), until: .now + .seconds(20)
    ) { _ in
      Claim(role: .worker, number: 1, cluster: terms.cluster, contract: terms.contract)
    }
    return (link, SealedMessages(link, session, sending: .fromInitiator))
  }

  @Test(arguments: [false, true]) func aStalledNewcomerIsGivenUp(usesTLS: Bool) throws {
    var group = try Self.group(size: 2, usesTLS: usesTLS, meetingLimit: .milliseconds(500))
    let place = try HostAndPort("\(#require(group[0].door).address)")
    let isKnown = DispatchSemaphore(value: 0)
    group[0].welcomeNewcomers { _ in isKnown.signal() }
    var stalled = try Self.stalledPeer(at: place, usesTLS: usesTLS)
    defer { stalled.link.close() }
    guard case .meet(let roster) = try stalled.messages.receive(Instruction.self, until: nil) else {
      Issue.record("no roster")
      return
    }
    #expect(roster.rank == 2)
    group.append(try Rendezvous.join(place, Self.terms(usesTLS: usesTLS)))
    isKnown.wait()
    #expect(group[2].rank == 3 && group[0].size == 4)
    // It hears why.
    guard case .leave = try stalled.messages.receive(Instruction.self, until: nil) else {
      Issue.record("not told")
      return
    }
    let ends = group
    DispatchQueue.concurrentPerform(iterations: 3) { ends[$0].finish() }
  }

  @Test func othersAreGreetedWhileANewcomerMeetsTheWorkers() throws {
    let group = try Self.group(size: 2, usesTLS: false, meetingLimit: .seconds(3600))
    let place = try HostAndPort("\(#require(group[0].door).address)")
    group[0].welcomeNewcomers { _ in }
    var stalled = try Self.stalledPeer(at: place)
    _ = try stalled.messages.receive(Instruction.self, until: nil)
    // Fails after ten seconds without an answer.
    let next = try Self.stalledPeer(at: place)
    next.link.close()
    stalled.link.close()
    DispatchQueue.concurrentPerform(iterations: 2) { group[$0].finish() }
  }

  /// Also where it is among those whom the job waits for: the others meet without it, and another takes its
  /// place.
  @Test(arguments: [false, true]) func aStalledWorkerIsReplacedBeforeTheJobBegins(hangsUp: Bool) throws {
    let place = try HostAndPort("127.0.0.1:\(Self.freePort())")
    let members = Mutex<[SocketCommunicator]>([])
    let failures = Mutex<[String]>([])
    let (done, isListening) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    @Sendable func start(_ join: @escaping @Sendable (JoiningTerms) throws -> SocketCommunicator) {
      Thread.detachNewThread {
        do {
          var terms = try Self.terms()
          terms.meetingLimit = .milliseconds(500)
          terms.note = { if $0.contains("listening") { isListening.signal() } }
          let member = try join(terms)
          members.withLock { $0.append(member) }
        } catch {
          failures.withLock { $0.append("\(error)") }
        }
        done.signal()
      }
    }
    start { try Rendezvous.drive(at: place, size: 4, $0) }
    isListening.wait()
    // Has come first.
    var stalled = try Self.stalledPeer(at: place)
    for _ in 0..<2 { start { try Rendezvous.join(place, $0) } }
    _ = try stalled.messages.receive(Instruction.self, until: nil)
    if hangsUp { stalled.link.close() }
    start { try Rendezvous.join(place, $0) }
    for _ in 0..<4 { done.wait() }
    if !hangsUp { stalled.link.close() }
    #expect(failures.withLock { $0 } == [])
    let group = members.withLock { $0.sorted { $0.rank < $1.rank } }
    let sums = try onThreads(group.map { $0 as any Communicator }) { end in
      try end.allReduce(end.rank + 1) { $0 + $1 }
    }
    #expect(sums == [10, 10, 10, 10])
    DispatchQueue.concurrentPerform(iterations: group.count) { group[$0].finish() }
  }

  @Test func newcomersAreToldThatTheyAreTooLate() throws {
    let group = try Self.group(size: 2, usesTLS: false)
    let place = try HostAndPort("\(#require(group[0].door).address)")
    group[0].refuseNewcomers(reason: "the tables are taken")
    let error = #expect(throws: CommunicationError.self) { try Rendezvous.join(place, Self.terms()) }
    #expect("\(try #require(error))".contains("the tables are taken"))
    DispatchQueue.concurrentPerform(iterations: 2) { group[$0].finish() }
  }

  @Test func workersMayComeBeforeTheirDriver() throws {
    let group = try Self.group(size: 3, usesTLS: false, driverWaits: true)
    #expect(group.count == 3)
    DispatchQueue.concurrentPerform(iterations: 3) { group[$0].finish() }
  }

  @Test func aWorkerGivesUpOnADriverThatNeverComes() throws {
    var terms = try Self.terms()
    terms.patience = .milliseconds(200)
    let place = try HostAndPort("127.0.0.1:\(Self.freePort())")
    let error = #expect(throws: CommunicationError.self) { try Rendezvous.join(place, terms) }
    #expect("\(try #require(error))".contains("\(place)"))
  }

  @Test func workersOfOtherClustersAndProgramsStayOut() throws {
    let listener = try Listener(at: HostAndPort("127.0.0.1:0"))
    let place = try HostAndPort("\(listener.address)")
    let held = DoorkeeperTests.HeldListener(listener)
    let joined = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      (try? Rendezvous.drive(held.take(), size: 2, Self.terms("blue")))?.finish()
      joined.signal()
    }
    for (terms, text) in [
      (try Self.terms("red"), "'blue'"), (try Self.terms("blue", contract: ["b"]), "another program"),
    ] {
      let error = #expect(throws: CommunicationError.self) { try Rendezvous.join(place, terms) }
      #expect("\(try #require(error))".contains(text))
    }
    try Rendezvous.join(place, Self.terms("blue")).finish()
    joined.wait()
  }
}
