// Rows as a table, as JSON, and as a table in Markdown: the same numbers in all three. A column that no row has
// a number for is left out.

import ArgumentParser
import Foundation
import Tessera

/// What a benchmark has to say.
public struct BenchReport: Codable, Sendable {
  /// The benchmark's name.
  public let benchmark: String
  public let machine: Machine
  public var measurements: [Row] = []
  /// Sentences that belong to the numbers: what could not be compared with, and why.
  public var notes: [String] = []

  /// Nothing yet.
  public init(_ benchmark: String) { (self.benchmark, machine) = (benchmark, .current()) }

  /// Adds a row, and shows it at once on standard error: a long benchmark is watched.
  public mutating func add(_ measurement: Row) {
    measurements.append(measurement)
    FileHandle.standardError.write(Data((Self.line(measurement) + "\n").utf8))
  }

  /// Adds a sentence.
  public mutating func note(_ text: String) { if !notes.contains(text) { notes.append(text) } }

  /// Prints the report to standard output.
  public func print(_ output: OutputChoice) throws {
    Swift.print(output.json ? try json() : text)
  }

  /// One JSON object.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// The report that `json` has printed.
  public init(json: Data) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    self = try decoder.decode(BenchReport.self, from: json)
  }

  /// For a person at a terminal.
  public var text: String {
    (machine.lines + [""]).joined(separator: "\n") + "\n" + Text.table(Self.cells(measurements), leading: 1)
      + notes.joined(separator: "\n")
  }

  /// For a document: the table and the notes.
  public var markdown: String {
    let rows = Self.cells(measurements)
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    var lines = rows.isEmpty ? [] : [line(rows[0]), line(rows[0].map { _ in "---" })]
    lines += rows.dropFirst().map { line($0.map { $0 == "MISSED" ? "**missed**" : $0 }) }
    return (lines + (notes.isEmpty ? [] : [""] + notes)).joined(separator: "\n")
  }

  // MARK: -

  private static let columns: [(heading: String, cell: @Sendable (Row) -> String?)] = [
    ("work", { $0.name }),
    ("time", { $0.seconds.map(duration) }),
    ("rate", { row in row.rate.map { "\(Text.significant($0.value)) \($0.unit)" } }),
    ("beside", { $0.reference?.name }),
    (
      "its time or rate",
      { row in row.reference?.seconds.map(duration) ?? row.reference?.rate.map(Text.significant) }
    ),
    ("ratio", { $0.ratio.map { Text.fixed($0, 2) } }),
    ("plan", { $0.plan }),
    ("words", { $0.words.map(Text.grouped) }),
    ("bound", { $0.boundWords.map { Text.grouped(Int($0.rounded())) } }),
    ("messages", { $0.messages.map(Text.grouped) }),
    ("memory", { $0.peakBytes.map(Text.bytes) }),
    ("error", { $0.error.map(Text.significant) }),
    ("limit", { $0.limit.map(text) }),
    ("", { row in row.limit.map { _ in row.holds.map { $0 ? "holds" : "MISSED" } ?? "not compared" } }),
  ]

  private static func cells(_ rows: [Row]) -> [[String]] {
    let shown = columns.filter { column in rows.contains { column.cell($0) != nil } }
    guard !shown.isEmpty else { return [] }
    return [shown.map(\.heading)] + rows.map { row in shown.map { $0.cell(row) ?? "" } }
  }

  private static func line(_ row: Row) -> String {
    columns.compactMap { $0.cell(row) }.joined(separator: "  ")
  }

  private static func duration(_ seconds: Double) -> String {
    seconds.isFinite ? Text.duration(nanoseconds: Int(seconds * 1e9)) : "-"
  }

  private static func text(_ limit: Row.Limit) -> String {
    let bound =
      switch limit.quantity {
      case .ratio: Text.significant(limit.bound)
      case .seconds: duration(limit.bound)
      case .rate: "rate \(Text.significant(limit.bound))"
      case .error: "error \(Text.significant(limit.bound))"
      case .words: "\(Text.significant(limit.bound)) of bound"
      }
    return (limit.isUpper ? "<= " : ">= ") + bound
  }
}

/// How every benchmark prints.
public struct OutputChoice: ParsableArguments {
  @Flag(help: "Print one JSON object.") public var json = false

  public init() {}
}
