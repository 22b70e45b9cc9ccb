// What a decomposition was predicted to cost beside what it did cost: a line for a person, keys for a
// program.

import Tessera

/// The ledger before and after something.
struct LedgerCounts {
  let before: LedgerReport
  let after: LedgerReport
}

/// A prediction, and what was measured.
struct PredictedCost {
  let prediction: RoutePrediction?
  /// Passes that were made; nil where only the prediction tells.
  let passes: Int?
  /// What happened meanwhile, if it was counted.
  let counts: LedgerCounts?

  /// Runs `body`, and counts the words that move meanwhile if the options ask for a ledger.
  static func counting<Result>(
    _ compute: ComputeOptions, on cluster: Cluster, _ body: () async throws -> Result
  ) async throws -> (result: Result, counts: LedgerCounts?) {
    let before = try await compute.ledger(of: cluster)
    let result = try await body()
    let after = try await compute.ledger(of: cluster)
    guard let before, let after else { return (result, nil) }
    return (result, LedgerCounts(before: before, after: after))
  }

  /// The ledger of the whole command, with the bytes that were held before it was asked for.
  func ledger(_ compute: ComputeOptions, of cluster: Cluster) async throws -> LedgerReport? {
    guard let counts else { return try await compute.ledger(of: cluster) }
    return try await compute.ledger(of: cluster)?.withPeaks(of: [counts.before, counts.after])
  }

  /// Words that all workers have received meanwhile, if they were counted.
  private var measured: Int? { counts.map { ($0.after - $0.before).total.received.words } }

  /// The words of the passes that were made.
  private var words: Int? { prediction.flatMap { $0.words(passes: passes ?? $0.passes) } }

  /// `predicted` with `passes`, `words` (null where only an operator knows), `driverBytes`, `workerBytes`,
  /// null where nothing was predicted; and `measuredWords` where they were counted.
  var members: [(String, JSON)] {
    let predicted = prediction.map { prediction in
      JSON.object([
        ("passes", .int(prediction.passes)), ("words", words.map { .int($0) } ?? .null),
        ("driverBytes", .int(prediction.driverBytes)), ("workerBytes", .int(prediction.workerBytes)),
      ])
    }
    return [("predicted", predicted ?? .null)] + (measured.map { [("measuredWords", .int($0))] } ?? [])
  }

  /// A line that begins with a line's end; empty where nothing was predicted.
  var line: String {
    guard let prediction else { return "" }
    let moved = words.map { "\(Text.grouped($0)) words between workers, " } ?? ""
    let counted = measured.map { "; measured \(Text.grouped($0)) words" } ?? ""
    return "\npredicted \(moved)\(Text.bytes(prediction.driverBytes)) on the driver and "
      + "\(Text.bytes(prediction.workerBytes)) on a worker beside the matrix\(counted)"
  }
}
