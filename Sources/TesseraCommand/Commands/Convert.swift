// tessera convert IN OUT: any format to any other.

import ArgumentParser
import Tessera

struct Convert: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Convert a matrix file to another format.",
    discussion: """
      The formats follow the names. Entries become dense on the way to .npy, .csv, .tsv and .idx, and stay entries on \
      the way to .mtx, .npz and .svm; a dense file becomes an array in .mtx and .npz. Between two Matrix Market files \
      the symmetry is kept, between two svmlight files labels and queries, between two tables the names of the columns. \
      Entries are counted as they stand in a list, each of several at one place, and of a dense matrix those that are \
      not zero. --labels names a file with one label a row, \
      written beside a matrix that comes from an svmlight file, read for one that becomes one (zeros without it). OUT may be IN: it changes only when all is \
      written.
      """)

  @Argument(
    help:
      "The matrix file to read, or - for standard input (then --scalar says what it holds; default double).",
    completion: .file())
  var input: String

  @Argument(help: "The matrix file to write, or - for standard output.", completion: .file())
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

  @Option(
    help: ArgumentHelp(
      "File of an svmlight file's labels: written when IN is one, read when only OUT is.", valueName: "file"),
    completion: .file())
  var labels: String?

  @OptionGroup var reading: ReadingOptions
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await Report.errors {
      let start = ContinuousClock.now
      let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: destination) }
      if let labels {
        _ = try MatrixFileFormat.inferred(fromName: labels)
        guard isSvmlight || format == .svmlight else {
          throw FileFormatError(.usage, file: labels, "only svmlight files have labels")
        }
        if isSvmlight { try checkOutputs([destination, labels], input: nil) }
      }
      let kind =
        if let scalar { scalar } else {
          try scalarOfFile(input, format: inputFormat, options: reading.options) ?? .double
        }
      let (shape, entries) = try await withScalar(kind) { try convert(as: $0, to: format) }
      try Report.written(
        destination, shape, ("entries", entries), seconds: seconds(since: start), json: output.json)
    }
  }

  private var isSvmlight: Bool {
    let source = if let inputFormat { inputFormat } else { try? MatrixFileFormat.inferred(fromName: input) }
    return source == .svmlight
  }

  /// The rows of `contents` with the labels in a file of one column, or one row.
  private func labeled<S: Scalar>(_ contents: MatrixContents<S>, by path: String) throws -> LabeledMatrix<S> {
    let features: TripletMatrix<S> =
      switch contents {
      case .triplets(let a): a
      case .dense(let a): a.triplets()
      }
    let column = try LocalMatrix(
      try readMatrix(path, as: S.Real.self, format: nil, progress: output.progress).contents
    ).dense()
    guard column.rows * column.columns == features.rows, min(column.rows, column.columns) <= 1 else {
      throw FileFormatError(
        .badData, file: path, "expected \(features.rows) labels, found a matrix of \(column.shape)")
    }
    return LabeledMatrix(features: features, labels: column.elements(in: .columnMajor))
  }

  private func convert<S: Scalar>(as type: S.Type, to format: MatrixFileFormat) throws -> (Shape, Int) {
    if isSvmlight, format == .svmlight || labels != nil {
      let rows = try MatrixFile.readLabeled(input, as: S.self, options: reading.options)
      note(rows.roundedIntegers, in: input, as: S.self)
      if let labels {
        let column = try DenseMatrix(rows: rows.labels.count, columns: 1, elements: rows.labels)
        try writeMatrix(.dense(column), to: labels, progress: output.progress)
      }
      if format == .svmlight {
        try MatrixFile.writeLabeled(rows, to: destination)
      } else {
        try writeMatrix(
          .triplets(rows.features), to: destination, format: format,
          options: writing.options(columnNames: [], of: input, to: format), progress: output.progress)
      }
      return (rows.features.shape, rows.features.entryCount)
    }
    if isSvmlight { Report.note("tessera: \(input): the labels are left out: --labels writes them") }
    let (header, contents) = try readMatrix(
      input, as: S.self, format: inputFormat, options: reading.options, progress: output.progress)
    let options = writing.options(columnNames: header.columnNames, of: input, to: format)
    if let labels {
      let rows = try labeled(contents, by: labels)
      try MatrixFile.writeLabeled(rows, to: destination)
      return (rows.features.shape, rows.features.entryCount)
    }
    try writeMatrix(
      contents, to: destination, format: format, options: options,
      symmetry: format == .matrixMarket || format == .archive ? header.symmetry : .general,
      progress: output.progress)
    return (contents.shape, contents.entryCount)
  }
}

extension MatrixContents {
  /// Entries of a list, or elements of a dense matrix that are not zero.
  var entryCount: Int {
    switch self {
    case .triplets(let triplets): triplets.entryCount
    case .dense(let dense): dense.storage.count { $0 != 0 }
    }
  }
}
