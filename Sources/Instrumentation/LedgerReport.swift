// The ledgers of all workers as one value: exact integers that can be added up, compared with a formula, and
// subtracted, so that `after - before` is what happened between two moments.

/// Messages in one direction.
public struct Traffic: Sendable, Hashable {
  /// How many.
  public var messages = 0
  /// Elements of the arrays in them: numbers, and the indices of sparse matrices.
  public var words = 0
  /// Bytes of those elements.
  public var payloadBytes = 0
  /// Bytes of everything else in them: lengths, names, shapes. What a transport puts around a message (a
  /// frame, an envelope) is not counted.
  public var headerBytes = 0

  /// No messages.
  public init() {}

  /// The given counts.
  public init(messages: Int, words: Int, payloadBytes: Int, headerBytes: Int) {
    self.messages = messages
    self.words = words
    self.payloadBytes = payloadBytes
    self.headerBytes = headerBytes
  }

  mutating func count(words: Int, payloadBytes: Int, headerBytes: Int) {
    messages += 1
    self.words += words
    self.payloadBytes += payloadBytes
    self.headerBytes += headerBytes
  }

  /// Count by count.
  public static func + (a: Traffic, b: Traffic) -> Traffic {
    Traffic(
      messages: a.messages + b.messages, words: a.words + b.words,
      payloadBytes: a.payloadBytes + b.payloadBytes, headerBytes: a.headerBytes + b.headerBytes)
  }

  /// Count by count.
  public static func - (a: Traffic, b: Traffic) -> Traffic {
    Traffic(
      messages: a.messages - b.messages, words: a.words - b.words,
      payloadBytes: a.payloadBytes - b.payloadBytes, headerBytes: a.headerBytes - b.headerBytes)
  }
}

/// What one worker had to do with another, or with all of them.
public struct Account: Sendable, Hashable {
  /// Messages sent.
  public var sent: Traffic
  /// Messages received.
  public var received: Traffic
  /// Nanoseconds of waiting for messages, and until long ones were taken.
  public var waiting: Int

  /// The given counts.
  public init(sent: Traffic = Traffic(), received: Traffic = Traffic(), waiting: Int = 0) {
    self.sent = sent
    self.received = received
    self.waiting = waiting
  }

  /// Count by count.
  public static func + (a: Account, b: Account) -> Account {
    Account(sent: a.sent + b.sent, received: a.received + b.received, waiting: a.waiting + b.waiting)
  }

  /// Count by count.
  public static func - (a: Account, b: Account) -> Account {
    Account(sent: a.sent - b.sent, received: a.received - b.received, waiting: a.waiting - b.waiting)
  }
}

/// What one worker has sent and received.
public struct WorkerLedger: Sendable, Hashable {
  /// The counts of one operation by the worker at the other end.
  public struct Operation: Sendable, Hashable {
    /// What the driver program was doing.
    public let name: String
    /// By rising rank, each rank at most once.
    public private(set) var peers: [Peer] = []
  }

  /// What this worker had to do with one other.
  public struct Peer: Sendable, Hashable {
    /// The other end.
    public let rank: Int
    /// The counts.
    public var account: Account

    /// The account with worker `rank`.
    public init(rank: Int, account: Account = Account()) {
      self.rank = rank
      self.account = account
    }
  }

  /// The name under which the time between operations stands.
  public static let idle = "between steps"

  /// The worker.
  public let rank: Int
  /// In the order in which they first began; only those in which something happened.
  public let operations: [Operation]
  /// The most bytes of tiles that this worker has held at a time since it was last asked: memory that tiles
  /// share counts once.
  public var peakBytes: Int

  /// The ledger of worker `rank`.
  public init(rank: Int, operations: [Operation], peakBytes: Int = 0) {
    self.rank = rank
    self.peakBytes = peakBytes
    let seen = operations.filter { $0.total != Account() }
    self.operations = seen.filter { $0.name != Self.idle } + seen.filter { $0.name == Self.idle }
  }

  /// All operations together.
  public var total: Account { operations.reduce(Account()) { $0 + $1.total } }

  /// The operation of this name, all peers together.
  public subscript(operation: String) -> Account {
    operations.first { $0.name == operation }?.total ?? Account()
  }
}

extension WorkerLedger.Operation {
  /// Nothing yet.
  init(_ name: String) { self.name = name }

  /// The given counts.
  ///
  /// - Precondition: rising ranks.
  public init(_ name: String, peers: [WorkerLedger.Peer]) {
    precondition(zip(peers, peers.dropFirst()).allSatisfy { $0.rank < $1.rank }, "ranks do not rise")
    self.name = name
    self.peers = peers
  }

  /// All peers together.
  public var total: Account { peers.reduce(Account()) { $0 + $1.account } }

  /// Changes the account with worker `rank`. O(log n) for n peers, O(n) for a new one.
  mutating func update(_ rank: Int, _ change: (inout Account) -> Void) {
    var (low, high) = (0, peers.count)
    while low < high {
      let middle = (low + high) / 2
      if peers[middle].rank < rank { low = middle + 1 } else { high = middle }
    }
    if low == peers.count || peers[low].rank != rank { peers.insert(WorkerLedger.Peer(rank: rank), at: low) }
    change(&peers[low].account)
  }

  mutating func add(_ peers: [WorkerLedger.Peer]) {
    for peer in peers { update(peer.rank) { $0 = $0 + peer.account } }
  }

  /// Removes and returns everything but the waiting.
  mutating func takeMessages() -> [WorkerLedger.Peer] {
    var taken: [WorkerLedger.Peer] = []
    for k in peers.indices where peers[k].account.sent.messages + peers[k].account.received.messages > 0 {
      let waiting = peers[k].account.waiting
      taken.append(peers[k])
      taken[taken.count - 1].account.waiting = 0
      peers[k].account = Account(waiting: waiting)
    }
    return taken
  }
}

/// What all workers have sent and received.
public struct LedgerReport: Sendable, Hashable {
  /// By rank.
  public let workers: [WorkerLedger]

  /// The ledgers of the workers, in any order.
  public init(_ workers: [WorkerLedger]) { self.workers = workers.sorted { $0.rank < $1.rank } }

  /// All workers together: what was sent has been received, if all of them stood still when asked.
  public var total: Account { workers.reduce(Account()) { $0 + $1.total } }

  /// The operation of this name, all workers together.
  public subscript(operation: String) -> Account { workers.reduce(Account()) { $0 + $1[operation] } }

  /// The most bytes of tiles that a worker has held at a time since the ledger was last asked for.
  public var peakBytes: Int { workers.reduce(0) { max($0, $1.peakBytes) } }

  /// The names of the operations, in the order in which the lowest rank that took part first began them.
  public var operations: [String] {
    var seen: Set<String> = []
    return workers.flatMap { $0.operations.map(\.name) }.filter { seen.insert($0).inserted }
  }

  /// The worker that receives the most words; of several the one with the most bytes, then the lowest rank.
  public var mostReceiving: WorkerLedger? {
    workers.min {
      let (a, b) = ($0.total.received, $1.total.received)
      return (a.words, a.payloadBytes + a.headerBytes) > (b.words, b.payloadBytes + b.headerBytes)
    }
  }

  /// This report with the most bytes that were held when those `earlier` were asked for, too.
  public func withPeaks(of earlier: [LedgerReport]) -> LedgerReport {
    LedgerReport(
      workers.map { worker in
        var worker = worker
        for report in earlier {
          let then = report.workers.first { $0.rank == worker.rank }
          worker.peakBytes = max(worker.peakBytes, then?.peakBytes ?? 0)
        }
        return worker
      })
  }

  /// What has happened since `before`, which was asked for last before this.
  public static func - (after: LedgerReport, before: LedgerReport) -> LedgerReport {
    LedgerReport(
      after.workers.map { worker in
        let then = before.workers.first { $0.rank == worker.rank }
        return WorkerLedger(
          rank: worker.rank,
          operations: worker.operations.map { operation in
            var difference = operation
            for peer in then?.operations.first(where: { $0.name == operation.name })?.peers ?? [] {
              difference.update(peer.rank) { $0 = $0 - peer.account }
            }
            return difference
          }, peakBytes: worker.peakBytes)
      })
  }
}
