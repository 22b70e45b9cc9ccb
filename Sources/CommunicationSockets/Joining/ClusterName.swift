// The two values that tell jobs and programs apart when a worker joins.

public import TesseraCommunication

/// Which cluster a worker belongs to, so that the workers of one job do not end up at another's driver: at
/// most 32 bytes of text.
public struct ClusterName: Equatable, Sendable, CustomStringConvertible {
  static let byteCount = 32
  /// The text, filled up with zeros.
  let bytes: [UInt8]

  /// The cluster called `text`.
  ///
  /// - Throws: `refused` when the text is longer than 32 bytes of UTF-8 or has a zero in it.
  public init(_ text: String) throws(CommunicationError) {
    guard text.utf8.count <= Self.byteCount, !text.utf8.contains(0) else {
      throw .refused(
        reason: "the cluster's name '\(text)' is longer than \(Self.byteCount) bytes, or has a zero in it")
    }
    bytes = text.utf8 + [UInt8](repeating: 0, count: Self.byteCount - text.utf8.count)
  }

  /// A name that no other job has.
  init(randomFrom random: [UInt8] = Cryptography.random(Self.byteCount / 2)) {
    precondition(random.count == Self.byteCount / 2)
    bytes = Array(hexadecimal(random).utf8)
  }

  init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// The text in quotes, with what cannot be printed made visible.
  public var description: String {
    let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    return "'" + text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : "\($0)" }.joined() + "'"
  }
}

/// SHA-256 of what two programs must have in common to be workers of one job.
public struct ContractDigest: Equatable, Sendable, CustomStringConvertible {
  let bytes: [UInt8]
  /// What the digest is of, where that is known: by whoever has made it, not by a peer that has sent it.
  let lines: [String]

  /// Equal bytes.
  public static func == (a: ContractDigest, b: ContractDigest) -> Bool { a.bytes == b.bytes }

  /// The digest of the lines of a contract.
  public init(of contract: [String]) {
    lines = contract
    // Each line with its length: no two contracts run together into the same bytes.
    bytes = Cryptography.digest(contract.flatMap { Array("\($0.utf8.count) \($0)\n".utf8) })
  }

  init?(bytes: [UInt8]) {
    guard bytes.count == Cryptography.digestBytes else { return nil }
    self.bytes = bytes
    lines = []
  }

  /// The first 12 hexadecimal digits.
  public var description: String { hexadecimal(bytes.prefix(6)) }
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
