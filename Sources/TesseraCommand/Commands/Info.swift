// tessera info FILE: what a matrix file holds.

import ArgumentParser
import Tessera

struct Info: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show shape, nonzeros, symmetry, scalar, format and norms of a matrix file.",
    discussion: """
      Symmetric halves are counted twice and duplicate entries add up, as in a computation. With --header only the \
      file's header is read, and the number of nonzeros is that of the stored entries, duplicates among them, known for \
      files without symmetry only; tables and svmlight \
      files have no header, so that all of them is read.
      """)

  @Argument(help: "The matrix file, or - for standard input.", completion: .file())
  var file: String

  @Flag(help: "Read the header only.")
  var header = false

  @Option(
    help: ArgumentHelp(
      "Format of the file, where its name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @OptionGroup var reading: ReadingOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await Report.errors {
      let start = ContinuousClock.now
      var facts: MatrixFacts
      if header {
        facts = MatrixFacts(header: try MatrixFile.readHeader(file, format: format, options: reading.options))
      } else {
        facts = try await self.facts()
      }
      facts.seconds = seconds(since: start)
      try Report.result(output.json ? facts.json.description : facts.table(file))
    }
  }

  /// Reads the whole file, as complex numbers when nobody knows what it holds: real ones lose nothing.
  private func facts() async throws -> MatrixFacts {
    guard let kind = try scalarOfFile(file, format: format, options: reading.options) else {
      return try facts(as: Complex<Double>.self)
    }
    return try await withScalar(kind) { try facts(as: $0) }
  }

  private func facts<S: Scalar>(as type: S.Type) throws -> MatrixFacts {
    let (header, contents) = try readMatrix(
      file, as: S.self, format: format, options: reading.options, progress: output.progress)
    let matrix: LocalMatrix<S> =
      switch consume contents {
      case .triplets(let triplets): .sparse(try triplets.withoutEmptyLines().compressed(by: .rows))
      case .dense(let dense): .dense(dense)
      }
    return MatrixFacts(header: header, matrix: matrix)
  }
}

/// What `info` shows.
struct MatrixFacts {
  private let header: MatrixFileHeader
  private var nonzeros: Int?
  private var measures: [(String, JSON)] = []
  var seconds = 0.0

  init(header: MatrixFileHeader) {
    self.header = header
    if header.symmetry == .general, header.layout == .coordinate { nonzeros = header.storedEntries }
  }

  init<S: Scalar>(header: MatrixFileHeader, matrix: LocalMatrix<S>) {
    self.header = header
    let summary = matrix.summary()
    nonzeros = summary.nonzeroCount
    measures = [
      ("frobeniusNorm", .real(summary.frobenius)), ("oneNorm", .real(matrix.norm(.one))),
      ("infinityNorm", .real(matrix.norm(.infinity))),
      ("sum", header.scalar.isComplex ? .scalar(summary.sum) : .real(summary.sum.realPart)),
    ]
  }

  private var facts: [(String, JSON)] {
    [
      ("rows", .int(header.rows)), ("columns", .int(header.columns)),
      ("nonzeros", nonzeros.map { .int($0) } ?? .null), ("symmetry", .text(header.symmetry.rawValue)),
      ("scalar", .text(header.scalar.rawValue)), ("format", .text(header.format.rawValue)),
      ("elementType", .text(header.elementType)), ("storedEntries", .int(header.storedEntries)),
    ] + measures
  }

  var json: JSON { .object(facts + [("seconds", .real(seconds))]) }

  func table(_ file: String) -> String {
    let labels = [
      "rows": "rows", "columns": "columns", "nonzeros": "nonzeros", "symmetry": "symmetry",
      "scalar": "scalar", "format": "format", "elementType": "element type",
      "storedEntries": "stored entries", "frobeniusNorm": "Frobenius norm", "oneNorm": "one norm",
      "infinityNorm": "infinity norm", "sum": "sum",
    ]
    return
      ([file]
      + facts.map { key, value in
        let label = labels[key] ?? key
        let text =
          switch value {
          case .text(let text): text
          case .null: "not known from the header"
          default: value.description
          }
        return "  " + label + String(repeating: " ", count: 16 - label.count) + text
      }).joined(separator: "\n")
  }
}

/// Seconds on the wall since `start`.
func seconds(since start: ContinuousClock.Instant) -> Double {
  let duration = ContinuousClock.now - start
  return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}
