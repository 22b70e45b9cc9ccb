// The handshake as a pure function of bytes: who is let in, who is not, and what a stranger learns.

import Testing
import TesseraCommunication
import TesseraTestSupport

@testable import TesseraCommunicationSockets

/// The bytes that have been said so far, and the two sides.
struct Conversation {
  var initiator: Handshake
  var acceptor: Handshake
  var fromInitiator: [UInt8] = []
  var fromAcceptor: [UInt8] = []

  static let contract = ContractDigest(of: ["a", "b"])
  static let secret = known { () throws(CommunicationError) in try Secret("a long enough secret".utf8) }

  static func cluster(_ name: String = "") -> ClusterName {
    known { () throws(CommunicationError) in try ClusterName(name) }
  }

  /// What is right by construction.
  private static func known<Value>(_ make: () throws(CommunicationError) -> Value) -> Value {
    do throws(CommunicationError) { return try make() } catch { preconditionFailure("\(error)") }
  }

  static func claim(_ role: Claim.Role = .worker, number: UInt32 = 7000, cluster: String = "") -> Claim {
    Claim(role: role, number: number, cluster: Self.cluster(cluster), contract: contract)
  }

  static func acceptance(_ role: Claim.Role = .worker, _ numbers: ClosedRange<UInt32> = 1...65535)
    -> Acceptance
  {
    Acceptance(role: role, numbers: numbers, cluster: cluster(), contract: contract)
  }

  init(
    initiator: Handshake = Handshake(initiator: claim(), secret: secret),
    acceptor: Handshake = Handshake(acceptor: acceptance(), secret: secret)
  ) {
    self.initiator = initiator
    self.acceptor = acceptor
  }

  /// Hands over everything, in pieces of at most `piece` bytes, until nobody has anything to say.
  mutating func run(piece: Int = 1000) {
    while true {
      let before = fromInitiator.count + fromAcceptor.count
      Self.move(from: &initiator, to: &acceptor, &fromInitiator, piece)
      Self.move(from: &acceptor, to: &initiator, &fromAcceptor, piece)
      if fromInitiator.count + fromAcceptor.count == before { return }
    }
  }

  private static func move(from: inout Handshake, to: inout Handshake, _ record: inout [UInt8], _ piece: Int)
  {
    var bytes = from.outgoing
    record += bytes
    from.outgoing = []
    while !bytes.isEmpty, to.missing > 0 {
      let count = min(piece, bytes.count, to.missing)
      to.receive(bytes.prefix(count))
      bytes.removeFirst(count)
    }
  }
}

@Suite(.timeLimit(.minutes(30)))
struct HandshakeTests {
  static let secret = Conversation.secret

  private static func isAdmitted(_ outcome: Handshake.Outcome?) -> Bool {
    if case .admitted? = outcome { true } else { false }
  }

  private static func refusal(_ outcome: Handshake.Outcome?) -> HandshakeRefusal? {
    if case .refused(let refusal)? = outcome { refusal } else { nil }
  }

  @Test(arguments: [1, 2, 3, 7, 47, 48, 49, 104, 1000])
  func thoseWhoShareTheSecretMeetHoweverTheBytesAreCut(piece: Int) throws {
    var talk = Conversation()
    talk.run(piece: piece)
    guard case .admitted(let claim, let session)? = talk.acceptor.outcome,
      case .admitted(_, let other)? = talk.initiator.outcome
    else {
      Issue.record("not admitted")
      return
    }
    #expect(claim == Conversation.claim())
    #expect(session == other)
    #expect(talk.fromInitiator.count == 48 + 104 && talk.fromAcceptor.count == 48 + 104)
  }

  @Test func sessionsHaveKeysOfTheirOwn() {
    let keys = (0..<2).map { _ -> SessionKey? in
      var talk = Conversation()
      talk.run()
      if case .admitted(_, let session)? = talk.acceptor.outcome { return session } else { return nil }
    }
    #expect(keys[0] != nil && keys[0] != keys[1])
  }

  @Test func noneOfTenThousandWrongSecretsIsAdmitted() throws {
    var generator = SeededGenerator(seed: 1)
    let right = Array("a long enough secret".utf8)
    var (admitted, tried) = (0, 0)
    for trial in 0..<10_000 {
      var guess = right
      switch trial % 4 {
      case 0: guess.removeLast(1 + trial / 4 % 4)
      case 1: guess += [UInt8.random(in: 33...126, using: &generator)]
      case 2: guess[trial / 4 % guess.count] ^= UInt8.random(in: 1...255, using: &generator)
      default: guess = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
      }
      let secret = try Secret(guess)
      tried += guess == right ? 0 : 1
      var talk = Conversation(initiator: Handshake(initiator: Conversation.claim(), secret: secret))
      talk.run()
      if talk.acceptor.outcome != .refused(.wrongProof) { admitted += 1 }
      // Nothing but the acceptor's Hello and zeros has gone to the stranger, and that is enough to know.
      let rest = talk.fromAcceptor.dropFirst(Hello.byteCount)
      if rest.count != 104 || rest.contains(where: { $0 != 0 }) { admitted += 1 }
      if talk.initiator.outcome != .refused(.wrongProof) { admitted += 1 }
    }
    #expect(admitted == 0 && tried == 10_000)
  }

  @Test func anAcceptorWithoutTheSecretIsFoundOut() throws {
    // One that says welcome whatever the proof: here, that of a handshake with another secret.
    let other = try Secret("another long enough secret".utf8)
    var initiator = Handshake(initiator: Conversation.claim(), secret: Self.secret)
    initiator.outgoing = []
    initiator.receive(Hello(versions: Handshake.versions, nonce: Cryptography.random(32)).encoded())
    let verdict = Verdict(
      code: .welcome, cluster: Conversation.cluster(), contract: Conversation.contract
    ).encoded()
    initiator.receive(
      verdict + Cryptography.authenticationCode(key: other.key(for: "tessera handshake 1"), verdict))
    #expect(initiator.outcome == .refused(.wrongProof))
  }

  @Test func aRecordedHandshakeIsWorthNothing() {
    var talk = Conversation()
    talk.run()
    var acceptor = Handshake(acceptor: Conversation.acceptance(), secret: Self.secret)
    acceptor.receive(talk.fromInitiator[..<48])
    acceptor.receive(talk.fromInitiator[48...])
    #expect(acceptor.outcome == .refused(.wrongProof))
    var initiator = Handshake(initiator: Conversation.claim(), secret: Self.secret)
    initiator.receive(talk.fromAcceptor[..<48])
    initiator.receive(talk.fromAcceptor[48...])
    #expect(initiator.outcome == .refused(.wrongProof))
  }

  @Test func aReflectedChallengeIsRefused() {
    var initiator = Handshake(initiator: Conversation.claim(), secret: Self.secret)
    initiator.receive(initiator.outgoing)
    #expect(initiator.outcome == .refused(.reflection))
    #expect(!initiator.hasProved)
    // The same through another connection to the same process: the labels differ, and so do the proofs.
    var first = Handshake(initiator: Conversation.claim(), secret: Self.secret)
    var second = Handshake(acceptor: Conversation.acceptance(), secret: Self.secret)
    second.receive(first.outgoing)
    first.outgoing = []
    first.receive(second.outgoing)
    let proof = first.outgoing
    // The initiator's own proof comes back to it as the acceptor's.
    first.receive(proof)
    #expect(first.outcome == .refused(.wrongProof))
  }

  @Test(arguments: [(0, 1), (1, 1), (3, 1), (2, 0), (2, 9)] as [(UInt32, UInt32)])
  func otherVersionsAreNamedOnBothSides(handshake: UInt32, wire: UInt32) throws {
    let odd = Versions(handshake: handshake, wire: wire)
    var talk = Conversation(
      initiator: Handshake(initiator: Conversation.claim(), secret: Self.secret, versions: odd))
    talk.run()
    for (outcome, mine, theirs) in [
      (talk.acceptor.outcome, Handshake.versions, odd), (talk.initiator.outcome, odd, Handshake.versions),
    ] {
      let refusal = try #require(Self.refusal(outcome))
      #expect(refusal == .otherVersions(mine: mine, theirs: theirs))
      #expect(refusal.description.contains("\(mine)") && refusal.description.contains("\(theirs)"))
    }
    // Neither has sent more than its versions and its nonce.
    #expect(talk.fromInitiator.count == 48 && talk.fromAcceptor.count == 48)
  }

  @Test func anotherClusterOrProgramIsNamedToThoseWithTheSecret() throws {
    let stale = ContractDigest(of: ["a"])
    var claim = Conversation.claim(cluster: "red")
    var talk = Conversation(initiator: Handshake(initiator: claim, secret: Self.secret))
    talk.run()
    for refusal in [Self.refusal(talk.acceptor.outcome), Self.refusal(talk.initiator.outcome)] {
      let text = try #require(refusal).description
      #expect(text.contains("'red'") && text.contains("''"))
    }
    claim = Conversation.claim()
    claim.contract = stale
    talk = Conversation(initiator: Handshake(initiator: claim, secret: Self.secret))
    talk.run()
    for refusal in [Self.refusal(talk.acceptor.outcome), Self.refusal(talk.initiator.outcome)] {
      let text = try #require(refusal).description
      #expect(text.contains("\(stale)") && text.contains("\(Conversation.contract)"))
    }
  }

  @Test func onlyWhoIsExpectedIsAdmitted() {
    let acceptance = Conversation.acceptance(.neighbour, 2...3)
    for (claim, isExpected) in [
      (Conversation.claim(.neighbour, number: 2), true), (Conversation.claim(.neighbour, number: 3), true),
      (Conversation.claim(.neighbour, number: 1), false), (Conversation.claim(.neighbour, number: 4), false),
      (Conversation.claim(.worker, number: 2), false),
    ] {
      var talk = Conversation(
        initiator: Handshake(initiator: claim, secret: Self.secret),
        acceptor: Handshake(acceptor: acceptance, secret: Self.secret))
      talk.run()
      #expect(Self.isAdmitted(talk.acceptor.outcome) == isExpected)
      #expect(Self.isAdmitted(talk.initiator.outcome) == isExpected)
    }
  }

  /// Every byte of every message counts.
  @Test func aFlippedBitAnywhereIsRefused() {
    var nonces = SeededGenerator(seed: 2)
    for position in 0..<(48 + 104) {
      for fromInitiator in [true, false] {
        var talk = Conversation()
        var initiatorSaid = talk.initiator.outgoing
        talk.initiator.outgoing = []
        let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &nonces)
        func flipped(_ bytes: [UInt8], from start: Int) -> [UInt8] {
          var bytes = bytes
          if bytes.indices.contains(position - start) { bytes[position - start] ^= bit }
          return bytes
        }
        if fromInitiator { initiatorSaid = flipped(initiatorSaid, from: 0) }
        talk.acceptor.receive(initiatorSaid)
        let hello = fromInitiator ? talk.acceptor.outgoing : flipped(talk.acceptor.outgoing, from: 0)
        talk.acceptor.outgoing = []
        if !hello.isEmpty { talk.initiator.receive(hello) }
        let claim = fromInitiator ? flipped(talk.initiator.outgoing, from: 48) : talk.initiator.outgoing
        if !claim.isEmpty, talk.acceptor.missing == claim.count { talk.acceptor.receive(claim) }
        let verdict = fromInitiator ? talk.acceptor.outgoing : flipped(talk.acceptor.outgoing, from: 48)
        if !verdict.isEmpty, talk.initiator.missing == verdict.count { talk.initiator.receive(verdict) }
        #expect(!Self.isAdmitted(fromInitiator ? talk.acceptor.outcome : talk.initiator.outcome))
      }
    }
  }

  @Test func tenThousandRandomConnectionsAreRefusedOrWaitForMore() {
    var generator = SeededGenerator(seed: 3)
    let beginnings: [[UInt8]] = [
      Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3], [],
      Hello.magic,
      Hello(versions: Handshake.versions, nonce: [UInt8](repeating: 9, count: 32)).encoded(),
    ]
    for trial in 0..<10_000 {
      var acceptor = Handshake(acceptor: Conversation.acceptance(), secret: Self.secret)
      var bytes = beginnings[trial % beginnings.count]
      let count = Int.random(in: 0...300, using: &generator)
      bytes += (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      while !bytes.isEmpty, acceptor.missing > 0 {
        let piece = min(Int.random(in: 1...64, using: &generator), acceptor.missing, bytes.count)
        acceptor.receive(bytes.prefix(piece))
        bytes.removeFirst(piece)
      }
      if Self.isAdmitted(acceptor.outcome) { Issue.record("trial \(trial) was admitted") }
    }
  }

  @Test func sealedMessagesCannotBeRepeatedOrTurnedRound() {
    let key = SessionKey(Cryptography.random(32))
    let proofs = [
      key.proof(.fromAcceptor, number: 0, [1]), key.proof(.fromAcceptor, number: 1, [1]),
      key.proof(.fromInitiator, number: 0, [1]), key.proof(.fromAcceptor, number: 0, [2]),
    ]
    #expect(Set(proofs).count == 4)
  }
}
