// tessera head FILE: the first entries or rows of a matrix file, of which no more is read than is needed.

import ArgumentParser
import Tessera

struct Head: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the first entries or rows of a matrix file.",
    discussion: """
      Of a file that lists entries, the first entries as they stand there: row, column (both from one) and value. Of an \
      array or a table, the first rows, of a table behind a line "# name name" where it names its columns. Of an svmlight file, the entries of the first rows. A complex number is written \
      as Python does. What follows is not read where the format allows that, and not checked.
      """)

  @Argument(help: "The matrix file, or - for standard input.", completion: .file())
  var file: String

  @Option(
    name: [.customShort("n"), .customLong("count")], parsing: .unconditional,
    help: ArgumentHelp("How many.", valueName: "count"))
  var count: Int = 10

  @Option(
    help: ArgumentHelp(
      "Format of the file, where its name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @OptionGroup var reading: ReadingOptions

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    if count < 0 { throw ValidationError("-n is \(count), expected 0 or more.") }
  }

  func run() async throws {
    try await Report.errors {
      let start = ContinuousClock.now
      try await withScalar(try scalar()) { try show(as: $0, since: start) }
    }
  }

  /// The scalar to read: complex where only all of the file would tell, because real numbers lose nothing.
  private func scalar() throws(FileFormatError) -> ScalarKind {
    let known: MatrixFileFormat? =
      if let format { format } else if file == "-" { nil } else { try .inferred(fromName: file) }
    return switch known {
    case .csv, .tsv: .complexDouble
    case .svmlight: .double
    default: try scalarOfFile(file, format: format, options: reading.options) ?? .complexDouble
    }
  }

  private func show<S: Scalar>(as type: S.Type, since start: ContinuousClock.Instant) throws {
    let head = try MatrixFile.readHead(
      file, count: count, as: S.self, format: format, options: reading.options)
    if json { return try Report.result(members(head, seconds(since: start)).description) }
    var lines: [String] = []
    switch head.contents {
    case .triplets(let a): a.forEach { i, j, value in lines.append("\(i + 1) \(j + 1) \(numberText(value))") }
    case .dense(let a):
      if !head.columnNames.isEmpty { lines.append("# " + head.columnNames.joined(separator: " ")) }
      for i in 0..<a.rows {
        lines.append((0..<a.columns).map { numberText(a[i, $0]) }.joined(separator: " "))
      }
    }
    if !lines.isEmpty { try Report.result(lines.joined(separator: "\n")) }
  }

  private func members<S: Scalar>(_ head: MatrixHead<S>, _ seconds: Double) -> JSON {
    var members: [(String, JSON)] = [
      ("rows", head.rows.map { .int($0) } ?? .null), ("columns", head.columns.map { .int($0) } ?? .null),
    ]
    if !head.columnNames.isEmpty {
      members.append(("columnNames", .array(head.columnNames.map { .text($0) })))
    }
    switch head.contents {
    case .triplets(let a):
      var entries: [JSON] = []
      a.forEach { i, j, value in entries.append(.array([.int(i + 1), .int(j + 1), json(value)])) }
      members.append(("entries", .array(entries)))
    case .dense(let a):
      let rows = (0..<a.rows).map { i in JSON.array((0..<a.columns).map { json(a[i, $0]) }) }
      members.append(("head", .array(rows)))
    }
    return .object(members + [("seconds", .real(seconds))])
  }

  /// A number whose imaginary part is zero is written as a real one.
  private func json<S: Scalar>(_ x: S) -> JSON { x.imaginaryPart == 0 ? .real(x.realPart) : .scalar(x) }
}
