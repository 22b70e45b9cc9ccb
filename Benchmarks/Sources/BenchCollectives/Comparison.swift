// Ours and a reference, timed in turn, A B A B ..., so that a machine whose speed drifts treats both alike.
// What counts are the medians and their ratio.

import Foundation

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

    func holds(_ value: Double) -> Bool {
      switch self {
      case .atMost(let bound): value <= bound
      case .atLeast(let bound): value >= bound
      }
    }

    var text: String {
      switch self {
      case .atMost(let bound): "<= \(bound)"
      case .atLeast(let bound): ">= \(bound)"
      }
    }
  }

  var ratio: Double { ours / reference }
  var holds: Bool { limit?.holds(referenceName.isEmpty ? ours : ratio) ?? true }

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

  static func table(_ rows: [Comparison]) -> String {
    func pad(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(width - text.count, 1))
    }
    func number(_ value: Double) -> String {
      let text = value.isNaN ? "" : String(format: "%.3f", value)
      return String(repeating: " ", count: max(11 - text.count, 0)) + text
    }
    let width = (rows.map(\.name.count).max() ?? 0) + 2
    let other = (rows.map(\.referenceName.count).max() ?? 0) + 2
    var lines = [
      pad("", width) + "       ours  reference  unit  " + pad("reference is", other) + "  ratio  limit"
    ]
    for row in rows {
      lines.append(
        pad(row.name, width) + number(row.ours) + number(row.reference) + "  " + pad(row.unit, 6)
          + pad(row.referenceName, other)
          + (row.reference.isNaN ? "      " : String(format: "%7.3f", row.ratio))
          + "  " + pad(row.limit?.text ?? "", 8) + (row.holds ? "" : "MISSED"))
    }
    return lines.joined(separator: "\n")
  }

  static func json(_ rows: [Comparison]) throws -> String {
    struct Row: Encodable {
      let name, unit: String
      let ours: Double
      let reference, ratio: Double?
      let referenceName, limit: String?
      let holds: Bool
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let plain = rows.map { row in
      let isAlone = row.referenceName.isEmpty
      return Row(
        name: row.name, unit: row.unit, ours: row.ours, reference: isAlone ? nil : row.reference,
        ratio: isAlone ? nil : row.ratio, referenceName: isAlone ? nil : row.referenceName,
        limit: row.limit?.text, holds: row.holds)
    }
    return String(decoding: try encoder.encode(["measurements": plain]), as: UTF8.self)
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

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
}

/// The seconds that one of `repeats` runs of `body` took.
func seconds(_ repeats: Int, _ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  for _ in 0..<repeats { try body() }
  let duration = (ContinuousClock.now - start).components
  return (Double(duration.seconds) + Double(duration.attoseconds) * 1e-18) / Double(repeats)
}
