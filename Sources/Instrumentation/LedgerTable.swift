// The ledger for a person: what the worker that receives most has received, one line per operation, beside
// the most and the fewest words that any worker has received in it.

/// The text of a ledger.
public struct LedgerTable: Sendable, CustomStringConvertible {
  /// The table, a line of totals below.
  public let description: String

  /// The table of `report`.
  public init(_ report: LedgerReport) {
    guard let worker = report.mostReceiving else {
      description = "no workers\n"
      return
    }
    let header = [
      "operation", "messages", "words", "payload", "headers", "waiting", "most words", "fewest words",
    ]
    let rows = report.operations.map { name in
      let words = report.workers.map { $0[name].received.words }
      return Self.cells(Text.printable(name), worker[name], words)
    }
    let totals = Self.cells("total", worker.total, report.workers.map(\.total.received.words))
    let sent = report.total.sent
    description =
      "received by worker \(worker.rank), of \(report.workers.count) the one that receives most\n"
      + Text.table([header] + rows + [totals], leading: 1)
      + "all workers sent \(Text.grouped(sent.messages)) messages, \(Text.grouped(sent.words)) words, "
      + "\(Text.bytes(sent.payloadBytes)) and \(Text.bytes(sent.headerBytes)) of headers\n"
      + (report.peakBytes > 0 ? "a worker held at most \(Text.bytes(report.peakBytes)) of tiles\n" : "")
  }

  private static func cells(_ name: String, _ account: Account, _ words: [Int]) -> [String] {
    [
      name, Text.grouped(account.received.messages), Text.grouped(account.received.words),
      Text.bytes(account.received.payloadBytes), Text.bytes(account.received.headerBytes),
      Text.duration(nanoseconds: account.waiting), Text.grouped(words.max() ?? 0),
      Text.grouped(words.min() ?? 0),
    ]
  }
}
