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

  /// Nothing yet. What would spoil all numbers is said at once, on standard error.
  public init(_ benchmark: String) {
    (self.benchmark, machine) = (benchmark, .current())
    if let missing = machine.missingCoreType, !ClusterConfiguration.isStartedWorker() {
      FileHandle.standardError.write(
        Data(
          """
          OpenBLAS does not know this processor and has chosen kernels for \(machine.coreType): set \
          OPENBLAS_CORETYPE=\(missing), or take a newer OpenBLAS

          """.utf8))
    }
  }

  /// Adds a row, and shows it at once on standard error: a long benchmark is watched.
  public mutating func add(_ measurement: Row) {
    measurements.append(measurement)
    FileHandle.standardError.write(Data((Self.line(measurement) + "\n").utf8))
  }

  /// Adds a sentence.
  public mutating func note(_ text: String) { if !notes.contains(text) { notes.append(text) } }

  /// Prints the report, and what Python could not do, to standard output.
  public func print(_ output: OutputChoice) throws {
    var report = self
    for failure in PythonPeer.failures { report.note(failure) }
    Swift.print(output.json ? try report.json() : report.text)
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
    let missed = Row.Verdict.missed.rawValue
    lines += rows.dropFirst().map { line($0.map { $0.replacing(missed, with: "**missed**") }) }
    return (lines + (notes.isEmpty ? [] : [""] + notes)).joined(separator: "\n")
  }

  // MARK: -

  private static let columns: [(heading: String, cell: @Sendable (Row) -> String?)] = [
    ("work", { $0.name }),
    ("time", { $0.seconds.map(duration) }),
    (
      "rate",
      { row in row.rate.map { $0.value.isNaN ? "-" : "\(Text.significant($0.value)) \($0.unit)" } }
    ),
    ("beside", { $0.reference?.name }),
    ("its time or rate", { $0.reference.flatMap(text) }),
    ("ratio", { $0.ratio.map { $0.isNaN ? "" : Text.fixed($0, 2) } }),
    ("plan", { $0.plan }),
    ("words", { $0.words.map(Text.grouped) }),
    ("bound, spread evenly", { $0.boundWords.map(grouped) }),
    ("predicted", { $0.predictedWords.map(grouped) }),
    ("messages", { $0.messages.map(Text.grouped) }),
    ("memory", { $0.peakBytes.map(Text.bytes) }),
    ("error", { $0.error.map(Text.significant) }),
    ("limit", { $0.limits.isEmpty ? nil : $0.limits.map(text).joined(separator: ", ") }),
    ("", { $0.verdicts.isEmpty ? nil : $0.verdicts.map(\.rawValue).joined(separator: ", ") }),
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

  private static func grouped(_ words: Double) -> String { Text.grouped(Int(words.rounded())) }

  private static func text(_ reference: Row.Reference) -> String? {
    reference.hasFailed ? "failed" : reference.seconds.map(duration) ?? reference.rate.map(Text.significant)
  }

  /// A limit as it stands in the table.
  public static func text(_ limit: Row.Limit) -> String {
    let (quantity, bound) =
      switch limit.quantity {
      case .ratio: ("", Text.significant(limit.bound))
      case .seconds: ("", duration(limit.bound))
      case .rate: ("rate ", Text.significant(limit.bound))
      case .error: ("error ", Text.significant(limit.bound))
      case .memory: ("memory ", Text.bytes(Int(limit.bound)))
      }
    return quantity + (limit.isUpper ? "<= " : ">= ") + bound
  }
}

/// How every benchmark prints.
public struct OutputChoice: ParsableArguments {
  @Flag(help: "Print one JSON object.") public var json = false

  public init() {}
}
