// A worker's ledger on its way to the driver: the names of the operations, the number of peers of each, and
// nine integers for each peer. Counts are at most 2^52, which is 4 PB or 52 days, so that neither sums over
// workers nor readers of JSON lose any.

public import TesseraInstrumentation

extension WorkerLedger: WireCodable {
  private static let most = 1 << 52

  /// Writes rank, names and counts.
  public func encode(to writer: inout WireWriter) {
    writer.write(rank)
    writer.write(peakBytes)
    operations.map(\.name).encode(to: &writer)
    operations.map(\.peers.count).encode(to: &writer)
    writer.write(
      array: operations.flatMap { operation in operation.peers.flatMap { [$0.rank] + $0.account.integers } })
  }

  /// Reads a ledger back.
  ///
  /// - Throws: `malformed` for counts that no ledger has.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    let rank = try reader.readInt(in: 0...Self.most, "a rank")
    let peakBytes = try reader.readInt(in: 0...Self.most, "a number of bytes")
    let names = try [String](from: &reader)
    let peerCounts = try [Int](from: &reader)
    let integers = try reader.readArray(of: Int.self)
    guard names.count == peerCounts.count, Set(names).count == names.count else {
      throw .malformed(expected: "operations of different names")
    }
    var rest = integers[...]
    var (operations, total) = ([Operation](), Account())
    for (name, count) in zip(names, peerCounts) {
      guard 0...rest.count / (1 + Account.integerCount) ~= count else {
        throw .malformed(expected: "accounts of \(count) workers")
      }
      var peers: [Peer] = []
      for _ in 0..<count {
        let peer = rest.removeFirst()
        let account = Account(integers: rest.prefix(Account.integerCount))
        rest = rest.dropFirst(Account.integerCount)
        guard peer > peers.last?.rank ?? -1, account.integers.allSatisfy({ 0...Self.most ~= $0 }) else {
          throw .malformed(expected: "rising ranks and counts up to \(Self.most)")
        }
        total = total + account
        guard total.integers.allSatisfy({ $0 <= Self.most }) else {
          throw .malformed(expected: "counts up to \(Self.most) in all")
        }
        peers.append(Peer(rank: peer, account: account))
      }
      operations.append(Operation(name, peers: peers))
    }
    guard rest.isEmpty else { throw .malformed(expected: "the end of a ledger") }
    self.init(rank: rank, operations: operations, peakBytes: peakBytes)
  }
}

extension Account {
  fileprivate static let integerCount = 9

  fileprivate var integers: [Int] { sent.integers + received.integers + [waiting] }

  /// - Precondition: as many as `integerCount`.
  fileprivate init(integers: ArraySlice<Int>) {
    let first = integers.startIndex
    self.init(
      sent: Traffic(integers: integers[first..<first + 4]),
      received: Traffic(integers: integers[first + 4..<first + 8]), waiting: integers[first + 8])
  }
}

extension Traffic {
  fileprivate var integers: [Int] { [messages, words, payloadBytes, headerBytes] }

  fileprivate init(integers: ArraySlice<Int>) {
    let first = integers.startIndex
    self.init(
      messages: integers[first], words: integers[first + 1], payloadBytes: integers[first + 2],
      headerBytes: integers[first + 3])
  }
}
