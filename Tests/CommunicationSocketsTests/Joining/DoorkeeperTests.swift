// The door over real sockets: strangers are sent away and cost little, workers come in all the same.

import Foundation
import Synchronization
import Testing
import TesseraCommunication
import TesseraTestSupport

@testable import TesseraCommunicationSockets

@Suite(.timeLimit(.minutes(30)), .serialized)
struct DoorkeeperTests {
  /// A door for `count` workers, kept on a thread of its own.
  final class Door: Sendable {
    let port: UInt16
    let notes = Mutex<[String]>([])
    private let result = Mutex<Result<Int, CommunicationError>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    init(
      admitting count: Int, patience: Duration = .seconds(20), limits: DoorkeeperLimits = DoorkeeperLimits(),
      usesTLS: Bool = false
    ) throws {
      let listener = try Listener(at: HostAndPort("127.0.0.1:0"))
      port = listener.address.port
      let held = HeldListener(listener)
      Thread.detachNewThread { [self] in
        let outcome: Result<Int, CommunicationError>
        do throws(CommunicationError) {
          let terms = try DoorkeeperTests.terms(usesTLS: usesTLS, patience: patience) { note in
            self.notes.withLock { $0.append(note) }
          }
          var door = Doorkeeper(
            held.take(), Conversation.acceptance(), terms, try terms.tlsContext(), limits: limits)
          let arrivals = try door.gather(count, within: patience)
          door.dismissAll()
          for arrival in arrivals { arrival.link.close() }
          outcome = .success(arrivals.count)
        } catch {
          outcome = .failure(error)
        }
        self.result.withLock { $0 = outcome }
        self.done.signal()
      }
    }

    func admitted() throws -> Int {
      done.wait()
      return try result.withLock { try $0?.get() } ?? 0
    }
  }

  /// `@unchecked Sendable`: the thread that takes it is the only one to touch it.
  final class HeldListener: @unchecked Sendable {
    private var listener: Listener?
    init(_ listener: consuming Listener) { self.listener = consume listener }
    func take() -> Listener {
      guard let listener = listener.take() else { preconditionFailure("taken once") }
      return listener
    }
  }

  static func terms(
    secret: String = "a long enough secret", usesTLS: Bool = false, patience: Duration = .seconds(20),
    note: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(CommunicationError) -> JoiningTerms {
    try JoiningTerms(
      secret: Secret(secret.utf8), contract: ["a", "b"], usesTLS: usesTLS, patience: patience, note: note)
  }

  /// A worker that calls properly.
  static func call(port: UInt16, _ terms: JoiningTerms) throws -> any Link {
    let address = try HostAndPort("127.0.0.1:\(port)").resolved()[0]
    return try Rendezvous.call(address, terms, try terms.tlsContext(), until: .now + .seconds(10)) { _ in
      Conversation.claim()
    }.link
  }

  @Test(arguments: [false, true]) func workersComeInAmongSilentConnections(usesTLS: Bool) throws {
    var limits = DoorkeeperLimits()
    limits.handshake = .seconds(2)
    let door = try Door(admitting: 2, limits: limits, usesTLS: usesTLS)
    // Both ends are this process's.
    let count = sysconf(Int32(_SC_OPEN_MAX)) >= 2000 ? 500 : 300
    let silent = try (0..<count).map { _ in try RawCaller(port: door.port) }
    let first = try Self.call(port: door.port, Self.terms(usesTLS: usesTLS))
    defer { first.close() }
    // Those who say nothing, or a byte now and then, are sent away by the limit of the handshake.
    for peer in silent.prefix(20) { peer.send([Hello.magic[0]]) }
    for peer in silent { #expect(peer.readToEnd(within: .seconds(20)) == []) }
    let second = try Self.call(port: door.port, Self.terms(usesTLS: usesTLS))
    defer { second.close() }
    #expect(try door.admitted() == 2)
    #expect(door.notes.withLock { $0.count } <= limits.notes)
  }

  @Test func strangersGetNothingAndWorkersComeInAfterThem() throws {
    var generator = SeededGenerator(seed: 4)
    var limits = DoorkeeperLimits()
    limits.delayStep = .milliseconds(1)
    limits.longestDelay = isFullTest ? .milliseconds(1) : .milliseconds(20)
    let door = try Door(admitting: 1, patience: .seconds(300), limits: limits)
    let beginnings: [[UInt8]] = [
      Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3], [0],
      Hello(versions: Handshake.versions, nonce: [UInt8](repeating: 9, count: 32)).encoded()
        + [UInt8](repeating: 7, count: 104),
    ]
    for trial in 0..<(isFullTest ? 10_000 : 200) {
      let peer = try RawCaller(port: door.port)
      peer.send(beginnings[trial % 4] + (0..<200).map { _ in UInt8.random(in: 0...255, using: &generator) })
      let answer = try #require(peer.readToEnd(within: .seconds(20)))
      // At most the acceptor's own Hello, and zeros for a proof.
      #expect(answer.isEmpty || answer.count >= Hello.byteCount && answer.starts(with: Hello.magic))
      let rest = answer.dropFirst(Hello.byteCount)
      #expect(rest.allSatisfy { $0 == 0 } && rest.count <= (trial % 4 == 3 ? 104 : 0))
    }
    try Self.call(port: door.port, Self.terms()).close()
    #expect(try door.admitted() == 1)
    // Two reasons from one host: each is told once.
    #expect(door.notes.withLock { $0.count } == 2)
  }

  @Test(arguments: [false, true]) func wrongSecretsAreRefusedAndWaitLonger(usesTLS: Bool) throws {
    var limits = DoorkeeperLimits()
    limits.freeFailures = 3
    limits.delayStep = .milliseconds(100)
    limits.longestDelay = .milliseconds(200)
    limits.halfLife = .seconds(60)
    let door = try Door(admitting: 1, limits: limits, usesTLS: usesTLS)
    var times: [Duration] = []
    for guess in 0..<8 {
      let terms = try Self.terms(secret: "a wrong secret, no. \(guess)", usesTLS: usesTLS)
      times.append(
        ContinuousClock().measure {
          let error = #expect(throws: CallFailure.self) { try Self.call(port: door.port, terms) }
          switch error {
          case .final(let reason)?:
            #expect(reason.contains("another secret") && !reason.contains("wrong"))
          default: Issue.record("\(String(describing: error))")
          }
        })
    }
    #expect(times.last ?? .zero >= .milliseconds(200))
    try Self.call(port: door.port, Self.terms(usesTLS: usesTLS)).close()
    #expect(try door.admitted() == 1)
    #expect(
      door.notes.withLock { $0.allSatisfy { !$0.contains("a long enough") && !$0.contains("wrong secret") } })
  }

  /// A host waits an hour after a failure that is not forgotten.
  private static func sternLimits(halfLife: Duration) -> DoorkeeperLimits {
    var limits = DoorkeeperLimits()
    limits.freeFailures = 0
    limits.delayStep = .seconds(3600)
    limits.longestDelay = .seconds(3600)
    limits.halfLife = halfLife
    return limits
  }

  /// Comes in as a browser would, and is sent away.
  private static func fail(at door: Door, from host: String = "127.0.0.1") throws {
    let probe = try RawCaller(port: door.port, from: host)
    probe.send(Array("GET / HTTP/1.1\r\n".utf8))
    #expect(probe.readToEnd(within: .seconds(10)) != nil)
  }

  @Test func aHostWithManyVisitorsOrFailuresKeepsNoOtherOut() throws {
    var limits = Self.sternLimits(halfLife: .seconds(3600))
    limits.handshake = .seconds(20)
    limits.visitors = 8
    let door = try Door(admitting: 1, limits: limits)
    // Has waited longer than all the others.
    let slow = try RawCaller(port: door.port)
    try Self.fail(at: door, from: "127.0.0.2")
    let crowd = try (0..<20).map { _ in try RawCaller(port: door.port, from: "127.0.0.2") }
    // Sent away to make room.
    #expect(crowd[0].readToEnd(within: .seconds(10)) == [])
    #expect(slow.readToEnd(within: .milliseconds(200)) == nil)
    try Self.call(port: door.port, Self.terms()).close()
    #expect(try door.admitted() == 1)
    withExtendedLifetime((slow, crowd)) {}
  }

  /// Of a host that has failed one is listened to at a time, however many call at once; also those who wait
  /// come in.
  @Test func aHostThatHasFailedIsListenedToInTurn() throws {
    var limits = DoorkeeperLimits()
    limits.freeFailures = 0
    (limits.delayStep, limits.longestDelay) = (.milliseconds(1), .milliseconds(1))
    (limits.turn, limits.halfLife, limits.handshake) = (.seconds(3600), .seconds(3600), .seconds(20))
    let door = try Door(admitting: 1, limits: limits)
    try Self.fail(at: door, from: "127.0.0.2")
    let crowd = try (0..<20).map { _ in try RawCaller(port: door.port, from: "127.0.0.2") }
    for caller in crowd { caller.send(Array("GET / HTTP/1.1\r\n".utf8)) }
    // In order of arrival.
    #expect(crowd[0].readToEnd(within: .seconds(10)) == [])
    #expect(crowd.dropFirst().allSatisfy { $0.readToEnd(within: .milliseconds(20)) == nil })
    try Self.call(port: door.port, Self.terms()).close()
    #expect(try door.admitted() == 1)
  }

  @Test func aWorkerComesInBehindManyFailuresOfItsHost() throws {
    var limits = DoorkeeperLimits()
    limits.freeFailures = 0
    limits.halfLife = .seconds(3600)
    let door = try Door(admitting: 1, limits: limits)
    try Self.fail(at: door)
    let crowd = try (0..<100).map { _ in try RawCaller(port: door.port) }
    for caller in crowd { caller.send(Array("GET / HTTP/1.1\r\n".utf8)) }
    try Self.call(port: door.port, Self.terms()).close()
    #expect(try door.admitted() == 1)
    // Those who were there before it have had their turn.
    #expect(crowd.allSatisfy { $0.readToEnd(within: .seconds(10)) == [] })
  }

  /// What strangers say of themselves takes no lines from other kinds of refusal.
  @Test func madeUpVersionsSilenceNoOtherRefusal() throws {
    let door = try Door(admitting: 1)
    for version in 0..<20 {
      let peer = try RawCaller(port: door.port)
      let versions = Versions(handshake: 1000 + UInt32(version), wire: 7)
      peer.send(Hello(versions: versions, nonce: [UInt8](repeating: 9, count: 32)).encoded())
      #expect(peer.readToEnd(within: .seconds(10))?.count == Hello.byteCount)
    }
    #expect(throws: CallFailure.self) {
      try Self.call(port: door.port, Self.terms(secret: "a wrong secret of a worker"))
    }
    try Self.call(port: door.port, Self.terms()).close()
    #expect(try door.admitted() == 1)
    let notes = door.notes.withLock { $0 }
    #expect(notes.count == 2 && notes[0].contains("handshake 1000"), "\(notes)")
    #expect(notes.last?.contains("another secret") == true, "\(notes)")
  }

  @Test func failuresAreForgotten() throws {
    let door = try Door(admitting: 1, limits: Self.sternLimits(halfLife: .milliseconds(1)))
    try Self.fail(at: door)
    usleep(100_000)
    try Self.call(port: door.port, Self.terms()).close()
    #expect(try door.admitted() == 1)
  }

  @Test func withAndWithoutTLSDoNotMix() throws {
    for usesTLS in [false, true] {
      let door = try Door(admitting: 1, usesTLS: usesTLS)
      #expect(throws: CallFailure.self) { try Self.call(port: door.port, Self.terms(usesTLS: !usesTLS)) }
      try Self.call(port: door.port, Self.terms(usesTLS: usesTLS)).close()
      #expect(try door.admitted() == 1)
    }
  }

  @Test func aDoorGivesUpInTime() throws {
    let door = try Door(admitting: 3, patience: .milliseconds(300))
    let only = try Self.call(port: door.port, Self.terms())
    defer { only.close() }
    let error = #expect(throws: CommunicationError.self) { try door.admitted() }
    #expect("\(try #require(error))".contains("1 of 3"))
  }
}
