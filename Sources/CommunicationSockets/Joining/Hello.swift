// The messages of the handshake: fixed sizes, little-endian. An acceptor reads nothing but the Hello of a
// peer that has not proved that it knows the secret, and says nothing to it but its own.
//
//   Hello    magic 8, protocol version 4, wire version 4, nonce 32            both sides, in the clear
//   Claim    role 4, number 4, cluster 32, contract 32                        initiator, with a proof of 32
//   Verdict  code 4, zero 4, cluster 32, contract 32                          acceptor, with a proof of 32

/// What both sides say first. Its layout is the same in every version of the protocol.
struct Hello: Equatable, Sendable {
  static let byteCount = 48
  /// No text protocol and no TLS record begins like this.
  static let magic = Array("TESSERA\u{1}".utf8)

  var versions: Versions
  /// 32 bytes that nobody has used before.
  var nonce: [UInt8]

  func encoded() -> [UInt8] {
    Self.magic + bytes(of: versions.handshake) + bytes(of: versions.wire) + nonce
  }

  /// Nil for bytes that are no Hello.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount, bytes.starts(with: Self.magic) else { return nil }
    versions = Versions(handshake: number(bytes, at: 8), wire: number(bytes, at: 12))
    nonce = Array(bytes[16...])
  }

  init(versions: Versions, nonce: [UInt8]) {
    precondition(nonce.count == Cryptography.digestBytes)
    self.versions = versions
    self.nonce = nonce
  }
}

/// The versions that two peers must have in common.
struct Versions: Equatable, Sendable, CustomStringConvertible {
  var handshake: UInt32
  var wire: UInt32
  var description: String { "handshake \(handshake), wire format \(wire)" }
}

/// Who wants to join what.
struct Claim: Equatable, Sendable {
  static let byteCount = 72

  enum Role: UInt32, Sendable {
    /// A worker at the driver's door; its number is the port at which other workers reach it.
    case worker = 0
    /// A worker at another worker's door; its number is its rank.
    case neighbour = 1
  }

  var role: Role
  var number: UInt32
  var cluster: ClusterName
  var contract: ContractDigest

  func encoded() -> [UInt8] {
    bytes(of: role.rawValue) + bytes(of: number) + cluster.bytes + contract.bytes
  }

  init(role: Role, number: UInt32, cluster: ClusterName, contract: ContractDigest) {
    self.role = role
    self.number = number
    self.cluster = cluster
    self.contract = contract
  }

  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount,
      let role = Role(rawValue: TesseraCommunicationSockets.number(bytes, at: 0)),
      let cluster = ClusterName(bytes: Array(bytes[8..<40])),
      let contract = ContractDigest(bytes: Array(bytes[40...]))
    else { return nil }
    self.init(
      role: role, number: TesseraCommunicationSockets.number(bytes, at: 4), cluster: cluster,
      contract: contract)
  }
}

/// What the acceptor says to a peer that knows the secret.
struct Verdict: Equatable, Sendable {
  static let byteCount = 72

  enum Code: UInt32, Sendable {
    case welcome = 0
    case otherCluster = 1
    case otherProgram = 2
    case notExpected = 3
  }

  var code: Code
  /// The acceptor's own.
  var cluster: ClusterName
  /// The acceptor's own.
  var contract: ContractDigest

  func encoded() -> [UInt8] {
    bytes(of: code.rawValue) + bytes(of: UInt32(0)) + cluster.bytes + contract.bytes
  }

  init(code: Code, cluster: ClusterName, contract: ContractDigest) {
    self.code = code
    self.cluster = cluster
    self.contract = contract
  }

  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount, let code = Code(rawValue: number(bytes, at: 0)),
      let cluster = ClusterName(bytes: Array(bytes[8..<40])),
      let contract = ContractDigest(bytes: Array(bytes[40...]))
    else { return nil }
    self.init(code: code, cluster: cluster, contract: contract)
  }
}

private func bytes(of value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

private func number(_ bytes: [UInt8], at position: Int) -> UInt32 {
  bytes.withUnsafeBytes {
    UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: UInt32.self))
  }
}
