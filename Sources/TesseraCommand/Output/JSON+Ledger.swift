// The ledger as JSON: what the worker that receives most has received, in all and by operation. Keys for what
// was predicted stand beside these where a plan predicts it.

import Tessera

extension JSON {
  /// The worker that receives most: `measuredWords`, `messages`, `payloadBytes`, `headerBytes`,
  /// `waitingSeconds` and the same for each of `operations`. With a plan also `predictedWords`,
  /// `lowerBoundWords` (null where none is known) and `peakBytes`; `measuredPeakBytes` is what the worker that
  /// held most tiles held.
  static func ledger(_ report: LedgerReport, _ explanation: MultiplyExplanation? = nil) -> JSON {
    let worker = report.mostReceiving ?? WorkerLedger(rank: 0, operations: [])
    let predicted = explanation.map(planned) ?? []
    return .object(
      [("worker", .int(worker.rank))] + predicted + members(worker.total) + [
        ("measuredPeakBytes", .int(report.peakBytes)),
        (
          "operations",
          .array(worker.operations.map { .object([("name", .text($0.name))] + members($0.total)) })
        ),
      ])
  }

  /// A plan and what it was preferred to.
  static func explanation(_ explanation: MultiplyExplanation) -> JSON {
    .object(
      [("plan", .text("\(explanation.plan)"))] + planned(explanation) + [
        ("memoryPerWorker", .int(explanation.memoryPerWorker)),
        (
          "alternatives",
          .array(
            explanation.alternatives.map {
              .object([
                ("plan", .text("\($0.plan)")), ("predictedWords", .int($0.mostWords)),
                ("peakBytes", .int($0.peakBytes)),
              ])
            })
        ),
      ])
  }

  private static func planned(_ explanation: MultiplyExplanation) -> [(String, JSON)] {
    [
      ("predictedWords", .int(explanation.chosen.mostWords)),
      ("lowerBoundWords", explanation.lowerBoundWords.map { .real($0) } ?? .null),
      ("peakBytes", .int(explanation.chosen.peakBytes)),
    ]
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
