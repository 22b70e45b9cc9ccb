// Ours and a reference, timed in turn, A B A B ..., so that a machine whose speed drifts treats both alike.
// What counts are the medians and their ratio.

import BenchSupport

/// The medians of one piece of work done in two ways.
struct Comparison: Codable {
  /// What was done.
  let name: String
  /// Microseconds, or gigabytes a second.
  let unit: String
  let ours: Double
  let reference: Double
  /// What the reference is; empty where there is none.
  let referenceName: String
  /// Of the ratio of ours to the reference, or of ours where there is none.
  let limit: Limit?

  /// A bound to hold.
  enum Limit: Codable {
    case atMost(Double)
    case atLeast(Double)
  }

  /// Times of one operation, in seconds.
  static func times(
    _ name: String, _ times: (ours: Double, reference: Double), against referenceName: String,
    limit: Limit? = nil
  ) -> Comparison {
    Comparison(
      name: name, unit: "us", ours: times.ours * 1e6, reference: times.reference * 1e6,
      referenceName: referenceName, limit: limit)
  }

  /// Rates at which `bytes` were moved in times given in seconds.
  static func rates(
    _ name: String, _ times: (ours: Double, reference: Double), bytes: Int, against referenceName: String,
    limit: Limit? = nil
  ) -> Comparison {
    Comparison(
      name: name, unit: "GB/s", ours: Double(bytes) / times.ours / 1e9,
      reference: Double(bytes) / times.reference / 1e9, referenceName: referenceName, limit: limit)
  }

  /// As every benchmark reports it.
  var measurement: Row {
    let bound: Row.Limit? =
      switch limit {
      case .atMost(let bound) where referenceName.isEmpty: .atMost(bound / 1e6, .seconds)
      case .atMost(let bound): .atMost(bound)
      case .atLeast(let bound): .atLeast(bound)
      case nil: nil
      }
    if unit == "GB/s" {
      return Row(
        name, rate: .init(ours, unit), reference: .init(referenceName, rate: reference), limits: bound)
    }
    return Row(
      name, seconds: ours / 1e6,
      reference: referenceName.isEmpty ? nil : .init(referenceName, seconds: reference / 1e6), limits: bound)
  }
}

/// The medians of two alternatives, each of which does its work as often as it is told and returns the seconds
/// that one took. First it is found out how often fits into `effort.seconds`, by ours.
func medians(
  _ effort: Effort, ours: (_ repeats: Int) throws -> Double, reference: (_ repeats: Int) throws -> Double
) rethrows -> (ours: Double, reference: Double) {
  _ = try reference(1)
  let once = max(min(try ours(1), try ours(3)), 1e-9)
  let repeats = max(1, min(Int(effort.seconds / once), 1_000_000))
  var (a, b): ([Double], [Double]) = ([], [])
  for _ in 0..<effort.rounds {
    a.append(try ours(repeats))
    b.append(try reference(repeats))
  }
  return (median(a), median(b))
}

/// The seconds that one of `repeats` runs of `body` took.
func seconds(_ repeats: Int, _ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  for _ in 0..<repeats { try body() }
  return (ContinuousClock.now - start).inSeconds / Double(repeats)
}
