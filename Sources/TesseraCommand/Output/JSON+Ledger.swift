// The ledger as JSON: what the worker that receives most has received, in all and by operation. Keys for what
// was predicted stand beside these where a plan predicts it.

import Tessera

extension JSON {
  /// The worker that receives most: `measuredWords`, `messages`, `payloadBytes`, `headerBytes`,
  /// `waitingSeconds` and the same for each of `operations`.
  static func ledger(_ report: LedgerReport) -> JSON {
    guard let worker = report.mostReceiving else { return .object([]) }
    return .object(
      [("worker", .int(worker.rank))] + members(worker.total) + [
        (
          "operations",
          .array(worker.operations.map { .object([("name", .text($0.name))] + members($0.total)) })
        )
      ])
  }

  private static func members(_ account: Account) -> [(String, JSON)] {
    [
      ("measuredWords", .int(account.received.words)), ("messages", .int(account.received.messages)),
      ("payloadBytes", .int(account.received.payloadBytes)),
      ("headerBytes", .int(account.received.headerBytes)),
      ("waitingSeconds", .real(Double(account.waiting) / 1e9)),
    ]
  }
}
