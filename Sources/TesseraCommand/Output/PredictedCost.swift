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
  /// What of the words is not predicted, for the help of commands that predict them.
  static let exceptions = """
    The words predicted, of as many passes as were made, are those that --ledger counts for all workers, but \
    for those of scaling, of a wide matrix or sparse slabs that are cut anew, of a file that dataflow reads \
    when it is needed, of a method tried in vain, and of scores.
    """

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

  /// `predicted` with `passes`, `driverBytes`, `workerBytes`, null where nothing was predicted; and `words`,
  /// those that all workers receive: `predicted`, of the passes that were made, null where it is not known, and
  /// `measured` where they were counted.
  var members: [(String, JSON)] {
    let predicted = prediction.map { prediction in
      JSON.object([
        ("passes", .int(prediction.passes)), ("driverBytes", .int(prediction.driverBytes)),
        ("workerBytes", .int(prediction.workerBytes)),
      ])
    }
    let counted = measured.map { [("measured", JSON.int($0))] } ?? []
    return [
      ("predicted", predicted ?? .null),
      ("words", .object([("predicted", words.map { .int($0) } ?? .null)] + counted)),
    ]
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
