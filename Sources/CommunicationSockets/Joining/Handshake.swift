// Mutual proof of a shared secret, by bytes in and bytes out: no sockets, no clock, no waiting. One round
// trip and a half, the same at the driver's door and at another worker's.
//
//   initiator                                              acceptor
//   Hello(versions, nonce)                ->
//                                         <-               Hello(versions, nonce)
//   Claim, HMAC(key, "initiator" | both Hellos | Claim)  ->
//                                         <-      Verdict, HMAC(key, "acceptor" | all of that | Verdict)
//
// To a caller that is another program the acceptor says after its verdict what its own program is, as the
// first sealed message of the connection; the caller, which knows both, can tell a person what differs.
//
// The acceptor interprets a Claim only when its proof holds, the initiator a Verdict likewise. A Claim
// whose proof does not hold is answered with zeros in place of the Verdict: they say what hanging up would
// say, and that it is not for the end of the acceptor, so that a caller with another secret need not call
// again. Fresh nonces from both sides make a recorded handshake worthless, the two labels and the test for
// equal nonces a reflected one. Proofs are compared in constant time. Whoever listens in learns the
// versions, the Claim and nothing of the secret beyond what guessing it gives: secrets are long random
// strings, and TLS hides the rest.
//
// Source: the construction is that of ISO/IEC 9798-4 (three-pass mutual authentication by a cryptographic
// check function), with HMAC-SHA-256 (RFC 2104).

import TesseraCommunication

/// One side of the handshake. It holds a key, and is never printed.
struct Handshake: Sendable, CustomStringConvertible, CustomReflectable {
  /// How it ended.
  enum Outcome: Equatable, Sendable {
    /// The peer knows the secret and is wanted. For an acceptor `claim` is the peer's, for an initiator its
    /// own.
    case admitted(claim: Claim, session: SessionKey)
    /// The connection is to be closed, after what is still to be sent.
    case refused(HandshakeRefusal)
  }

  /// Bytes to send to the peer, in order; whoever has sent them empties it.
  var outgoing: [UInt8] = []
  /// Nil while the handshake goes on.
  private(set) var outcome: Outcome?
  /// The bytes that are still missing of the message awaited: no more may be read, what follows belongs to
  /// others.
  var missing: Int { outcome == nil ? state.byteCount - received.count : 0 }
  /// Whether a proof has been sent: a peer that hangs up now speaks this protocol.
  private(set) var hasProved = false

  var description: String { "(handshake)" }
  var customMirror: Mirror { Mirror(self, children: []) }

  private enum Side: Sendable {
    case initiator(Claim)
    case acceptor(Acceptance)
  }

  private enum State: Sendable {
    case hello, claim, verdict

    var byteCount: Int {
      switch self {
      case .hello: Hello.byteCount
      case .claim: Claim.byteCount + Cryptography.digestBytes
      case .verdict: Verdict.byteCount + Cryptography.digestBytes
      }
    }
  }

  /// What this program speaks.
  static let versions = Versions(handshake: 2, wire: UInt32(WireWriter.version))

  private let side: Side
  private let key: [UInt8]
  private let mine: Hello
  private var state = State.hello
  private var received: [UInt8] = []
  /// Everything said so far that proofs are about.
  private var transcript: [UInt8] = []

  /// The side that calls, and speaks first.
  init(
    initiator claim: Claim, secret: Secret, versions: Versions = Handshake.versions,
    nonce: [UInt8] = Cryptography.random(Cryptography.digestBytes)
  ) {
    self.init(.initiator(claim), secret, Hello(versions: versions, nonce: nonce))
    outgoing = mine.encoded()
  }

  /// The side that is called.
  init(
    acceptor acceptance: Acceptance, secret: Secret, versions: Versions = Handshake.versions,
    nonce: [UInt8] = Cryptography.random(Cryptography.digestBytes)
  ) {
    self.init(.acceptor(acceptance), secret, Hello(versions: versions, nonce: nonce))
  }

  private init(_ side: Side, _ secret: Secret, _ mine: Hello) {
    self.side = side
    self.key = secret.key(for: "tessera handshake 1")
    self.mine = mine
  }

  /// Takes bytes that the peer has sent.
  ///
  /// - Precondition: at most `missing` bytes.
  mutating func receive(_ bytes: some Collection<UInt8>) {
    precondition(bytes.count <= missing, "the handshake reads no further than its own messages")
    received += bytes
    // A stranger is told apart by its first bytes, without waiting for the rest.
    if case .hello = state, zip(received, Hello.magic).contains(where: { $0 != $1 }) {
      outcome = .refused(.notTessera)
      return
    }
    guard missing == 0 else { return }
    let message = received
    received = []
    switch state {
    case .hello: receiveHello(message)
    case .claim: receiveClaim(message)
    case .verdict: receiveVerdict(message)
    }
  }

  private mutating func receiveHello(_ message: [UInt8]) {
    guard let theirs = Hello(message) else { return outcome = .refused(.notTessera) }
    switch side {
    case .initiator: transcript = mine.encoded() + message
    case .acceptor:
      transcript = message + mine.encoded()
      // Also to a peer of another version, so that both sides can say which.
      outgoing += mine.encoded()
    }
    guard theirs.versions == mine.versions else {
      return outcome = .refused(.otherVersions(mine: mine.versions, theirs: theirs.versions))
    }
    guard !Cryptography.areEqual(theirs.nonce, mine.nonce) else { return outcome = .refused(.reflection) }
    switch side {
    case .initiator(let claim):
      let encoded = claim.encoded()
      transcript += encoded
      let proof = proof("initiator")
      outgoing += encoded + proof
      transcript += proof
      hasProved = true
      state = .verdict
    case .acceptor: state = .claim
    }
  }

  private mutating func receiveClaim(_ message: [UInt8]) {
    guard case .acceptor(let acceptance) = side else { preconditionFailure("acceptors receive claims") }
    transcript += message.prefix(Claim.byteCount)
    let proof = Array(message.suffix(Cryptography.digestBytes))
    guard Cryptography.areEqual(proof, self.proof("initiator")) else {
      outgoing += [UInt8](repeating: 0, count: Verdict.byteCount + Cryptography.digestBytes)
      return outcome = .refused(.wrongProof)
    }
    transcript += proof
    guard let claim = Claim(Array(message.prefix(Claim.byteCount))) else {
      return outcome = .refused(.notTessera)
    }
    let refusal = acceptance.refusal(of: claim)
    let verdict = Verdict(
      code: refusal?.code ?? .welcome, cluster: acceptance.cluster, contract: acceptance.contract
    ).encoded()
    transcript += verdict
    let reply = self.proof("acceptor")
    outgoing += verdict + reply
    transcript += reply
    hasProved = true
    if case .otherProgram? = refusal {
      outgoing += SealedMessages.bytes(
        of: acceptance.contract.lines, session(), .fromAcceptor, number: 0)
    }
    outcome = refusal.map { .refused($0) } ?? .admitted(claim: claim, session: session())
  }

  private mutating func receiveVerdict(_ message: [UInt8]) {
    guard case .initiator(let claim) = side else { preconditionFailure("initiators receive verdicts") }
    transcript += message.prefix(Verdict.byteCount)
    let proof = Array(message.suffix(Cryptography.digestBytes))
    guard Cryptography.areEqual(proof, self.proof("acceptor")) else {
      return outcome = .refused(.wrongProof)
    }
    transcript += proof
    guard let verdict = Verdict(Array(message.prefix(Verdict.byteCount))) else {
      return outcome = .refused(.notTessera)
    }
    switch verdict.code {
    case .welcome: outcome = .admitted(claim: claim, session: session())
    case .otherCluster:
      outcome = .refused(.otherCluster(mine: claim.cluster, theirs: verdict.cluster))
    case .otherProgram:
      outcome = .refused(.otherProgram(mine: claim.contract, theirs: verdict.contract))
    case .notExpected: outcome = .refused(.notExpected)
    }
  }

  private func proof(_ label: String) -> [UInt8] {
    Cryptography.authenticationCode(key: key, Array(label.utf8) + [0] + transcript)
  }

  /// The key of the connection, when the last message has been sent or received.
  func session() -> SessionKey {
    SessionKey(Cryptography.authenticationCode(key: key, Array("session".utf8) + [0] + transcript))
  }
}

/// Whom an acceptor lets in, of those who know the secret.
struct Acceptance: Equatable, Sendable {
  var role: Claim.Role
  /// The numbers that a claim may have.
  var numbers: ClosedRange<UInt32>
  var cluster: ClusterName
  var contract: ContractDigest

  func refusal(of claim: Claim) -> HandshakeRefusal? {
    if claim.cluster != cluster { return .otherCluster(mine: cluster, theirs: claim.cluster) }
    if claim.contract != contract { return .otherProgram(mine: contract, theirs: claim.contract) }
    return claim.role == role && numbers.contains(claim.number) ? nil : .notExpected
  }
}

/// Why a handshake did not end in a connection.
enum HandshakeRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case notTessera
  case otherVersions(mine: Versions, theirs: Versions)
  case reflection
  case wrongProof
  case otherCluster(mine: ClusterName, theirs: ClusterName)
  case otherProgram(mine: ContractDigest, theirs: ContractDigest)
  case notExpected

  /// What the acceptor tells a peer that knows the secret; nothing to others.
  var code: Verdict.Code? {
    switch self {
    case .otherCluster: .otherCluster
    case .otherProgram: .otherProgram
    case .notExpected: .notExpected
    case .notTessera, .otherVersions, .reflection, .wrongProof: nil
    }
  }

  /// Whether it is what somebody without the secret would do.
  var isSuspicious: Bool {
    switch self {
    case .notTessera, .reflection, .wrongProof: true
    case .otherVersions, .otherCluster, .otherProgram, .notExpected: false
    }
  }

  /// One line for a person. It holds nothing that the peer has sent but numbers and names.
  var description: String {
    switch self {
    case .notTessera: "the peer does not speak this protocol, or not in this way (TLS on one side only?)"
    case .otherVersions(let mine, let theirs): "this program has \(mine), the peer has \(theirs)"
    case .reflection: "the peer sends back what it was sent"
    case .wrongProof: "the peer has another secret"
    case .otherCluster(let mine, let theirs):
      "this process is of cluster \(mine), the peer of cluster \(theirs)"
    case .otherProgram(let mine, let theirs):
      "the peer is another program: its tasks have the digest \(theirs), this program's \(mine)"
    case .notExpected: "the peer is not among those expected"
    }
  }
}
