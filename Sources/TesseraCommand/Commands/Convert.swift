// tessera convert IN OUT: any format to any other.

import ArgumentParser
import Tessera

struct Convert: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Convert a matrix file to another format.",
    discussion: """
      The formats follow the names. Entries become dense on the way to .npy, .csv, .tsv and .idx, and stay entries on \
      the way to .mtx, .npz and .svm; a dense file becomes an array in .mtx and .npz. Between two Matrix Market files \
      the symmetry is kept, between two svmlight files labels and queries. OUT may be IN: it changes only when all is \
      written.
      """)

  @Argument(
    help:
      "The matrix file to read, or - for standard input (then --scalar says what it holds; default double).")
  var input: String

  @Argument(help: "The matrix file to write, or - for standard output.")
  var destination: String

  @Option(
    help: ArgumentHelp(
      "Format to write, where the name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @Option(
    help: ArgumentHelp(
      "Format to read, where the name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var inputFormat: MatrixFileFormat?

  @Option(help: ArgumentHelp("Scalar to convert to (default: what the file holds).", valueName: "scalar"))
  var scalar: ScalarKind?

  @OptionGroup var reading: ReadingOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await Report.errors {
      let start = ContinuousClock.now
      let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: destination) }
      let kind =
        if let scalar { scalar } else {
          try scalarOfFile(input, format: inputFormat, options: reading.options) ?? .double
        }
      let (shape, nonzeros) = try await withScalar(kind) { try convert(as: $0, to: format) }
      try Report.written(
        destination, shape, nonzeros: nonzeros, seconds: seconds(since: start), json: output.json)
    }
  }

  private func convert<S: Scalar>(as type: S.Type, to format: MatrixFileFormat) throws -> (Shape, Int) {
    let source = if let inputFormat { inputFormat } else { try? MatrixFileFormat.inferred(fromName: input) }
    if source == .svmlight, format == .svmlight {
      let rows = try MatrixFile.readLabeled(input, as: S.self, options: reading.options)
      try MatrixFile.writeLabeled(rows, to: destination)
      return (rows.features.shape, rows.features.entryCount)
    }
    let (header, contents) = try readMatrix(
      input, as: S.self, format: inputFormat, options: reading.options, progress: output.progress)
    try writeMatrix(
      contents, to: destination, format: format,
      symmetry: format == .matrixMarket || format == .archive ? header.symmetry : .general,
      progress: output.progress)
    return (contents.shape, contents.nonzeroCount)
  }
}

extension MatrixContents {
  /// Entries of a list, or elements of a dense matrix that are not zero.
  var nonzeroCount: Int {
    switch self {
    case .triplets(let triplets): triplets.entryCount
    case .dense(let dense): dense.storage.count { $0 != 0 }
    }
  }
}
