// tessera transpose IN OUT, tessera add A B OUT, and what they share with scale: the workers read their parts of the
// files and compute; the driver writes the result, which comes to it slab after slab.

import ArgumentParser
import Tessera

/// What the three commands share: where results go, and how matrices come to the workers and back.
struct ElementwiseOptions: ParsableArguments {
  /// What the three have in common, for help.
  static let discussion = """
    The workers read their parts of an uncompressed Matrix Market, .npy or IDX file that all of them see, and compute \
    there; the result goes to the file slab after slab through the first worker, which holds one at a time. Other \
    inputs, and .npz, IDX and .tar.gz outputs, pass the first worker as a whole; so do lists of entries of which most \
    rows or columns are empty, which are computed without those. Tables in files keep the names of their columns, where \
    all inputs have the same; a transpose has none.
    """

  @Option(
    help: ArgumentHelp(
      "Format to write, where the name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @Option(
    help: ArgumentHelp(
      "Format to read, where the name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var inputFormat: MatrixFileFormat?

  @OptionGroup var reading: ReadingOptions

  @OptionGroup var writing: WritingOptions

  @OptionGroup var compute: ComputeOptions

  /// Runs `body` on the matrices in `inputs` and writes what it makes.
  func run(_ inputs: [String], to destination: String, _ body: ElementwiseOperation) async throws {
    try await Report.errors(onEveryRank: true) {
      let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: destination) }
      for input in inputs { try checkOutputs([compute.trace], input: input) }
      try await compute.runCluster { cluster in
        let headers = try inputs.map { input throws(FileFormatError) in
          try headerOfFile(input, format: inputFormat, options: reading.options)
        }
        let kind = compute.scalar ?? headers.map { $0?.scalar ?? .double }.reduce(body.scalar, wider)
        try await withScalar(kind) {
          try await execute(inputs, headers, destination, format, body, as: $0, on: cluster)
        }
      }
    }
  }

  private func execute<S: Scalar>(
    _ inputs: [String], _ headers: [MatrixFileHeader?], _ destination: String, _ format: MatrixFileFormat,
    _ body: ElementwiseOperation, as type: S.Type, on cluster: Cluster
  ) async throws {
    let start = ContinuousClock.now
    let options = writingOptions(inputs, headers, format, body)
    if let lists: [TripletMatrix<S>] = try listsOfEmptyLines(inputs, headers) {
      if let other = lists.first(where: { $0.shape != lists[0].shape }) {
        throw LinearAlgebraError.shapeMismatch(
          operation: "addition", left: lists[0].shape, right: other.shape)
      }
      let (kept, lines) = KeptLines.common(lists)
      var operands: [RowMatrix<S>] = []
      for entries in kept {
        operands.append(
          try await RowMatrix(
            .sparse(try entries.compressed(by: .rows)), partitions: compute.partitions, on: cluster))
      }
      let result = try await body.result(operands).collect()
      let whole = (body.isTransposing ? lines.transposed() : lines).whole(result)
      try writeMatrix(
        .triplets(whole), to: destination, format: format, options: options, progress: compute.output.progress
      )
      return try await report(whole.shape, whole.entryCount, to: destination, since: start, on: cluster)
    }
    var operands: [RowMatrix<S>] = []
    for input in inputs {
      operands.append(
        try await readRows(
          input, format: inputFormat, options: reading.options, partitions: compute.partitions, on: cluster,
          progress: compute.output.progress))
    }
    let result = try await body.result(operands)
    let nonzeros = try await writeMatrix(
      result, to: destination, format: format, asEntries: headers.allSatisfy { $0?.layout == .coordinate },
      options: options,
      progress: compute.output.progress)
    try await report(result.shape, nonzeros, to: destination, since: start, on: cluster)
  }

  /// With the names of the columns, where there are such after what is done; a note where they are lost.
  private func writingOptions(
    _ inputs: [String], _ headers: [MatrixFileHeader?], _ format: MatrixFileFormat,
    _ body: ElementwiseOperation
  ) -> MatrixWriteOptions {
    let names = headers.map { $0?.columnNames ?? [] }
    let areKept = !body.isTransposing && names.allSatisfy { $0 == names[0] }
    if !areKept, let named = names.firstIndex(where: { !$0.isEmpty }) {
      let reason = body.isTransposing ? "they would be those of rows" : "not all inputs have the same"
      Report.note("tessera: \(inputs[named]): the names of the columns are left out: \(reason)")
    }
    return writing.options(columnNames: areKept ? names[0] : [], of: inputs[0], to: format)
  }

  /// The entries of all inputs, when all are lists of entries and one has far more rows or columns than those: the
  /// driver can hold them, and no worker a number for each row. Nil otherwise, and of what cannot be read twice.
  private func listsOfEmptyLines<S: Scalar>(_ inputs: [String], _ headers: [MatrixFileHeader?]) throws
    -> [TripletMatrix<S>]?
  {
    var isAny = false
    for header in headers {
      guard let header, header.layout == .coordinate else { return nil }
      // The other half of a symmetric matrix is not in the file.
      let entries = header.symmetry == .general ? header.storedEntries : 2 * header.storedEntries
      if Shape(header.rows, header.columns).isMostlyEmptyLines(entries: entries) { isAny = true }
    }
    guard isAny else { return nil }
    var lists: [TripletMatrix<S>] = []
    for input in inputs {
      let contents = try readMatrix(
        input, as: S.self, format: inputFormat, options: reading.options, progress: compute.output.progress
      ).contents
      guard case .triplets(let entries) = contents else { return nil }
      lists.append(entries)
    }
    return lists
  }

  private func report(
    _ shape: Shape, _ nonzeros: Int, to destination: String, since start: ContinuousClock.Instant,
    on cluster: Cluster
  ) async throws {
    let ledger = try await compute.ledger(of: cluster)
    guard destination != "-" else { return }
    let members: [(String, JSON)] = [
      ("rows", .int(shape.rows)), ("columns", .int(shape.columns)), ("nonzeros", .int(nonzeros)),
    ]
    try Report.result(
      compute.output.json
        ? compute.json(members, seconds: seconds(since: start), ledger)
        : "\(destination): \(shape), \(nonzeros) nonzeros")
    if let ledger { Report.note("\(LedgerTable(ledger))") }
  }

  /// The scalar that holds both.
  private func wider(_ a: ScalarKind, _ b: ScalarKind) -> ScalarKind {
    let isDouble = [a, b].contains { $0 == .double || $0 == .complexDouble }
    return a.isComplex || b.isComplex
      ? (isDouble ? .complexDouble : .complexFloat) : (isDouble ? .double : .float)
  }
}

enum ElementwiseOperation {
  case transpose
  case add
  case scale(Double, Double)

  /// Whether rows become columns.
  var isTransposing: Bool { if case .transpose = self { true } else { false } }

  /// What it makes of its operands.
  func result<S: Scalar>(_ operands: [RowMatrix<S>]) async throws -> RowMatrix<S> {
    switch self {
    case .transpose: operands[0].transposed()
    case .add: try await operands[0].adding(operands[1])
    case .scale(let real, let imaginary):
      try await operands[0].scaled(by: S(real: S.Real(real), imaginary: S.Real(imaginary)))
    }
  }

  /// The narrowest scalar that the operation asks for.
  var scalar: ScalarKind {
    if case .scale(_, let imaginary) = self, imaginary != 0 { .complexFloat } else { .float }
  }
}

struct Transpose: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Transpose a matrix.", discussion: ElementwiseOptions.discussion)

  @Argument(help: "The matrix file to read, or - for standard input.", completion: .file())
  var input: String

  @Argument(help: "The matrix file to write, or - for standard output.", completion: .file())
  var destination: String

  @OptionGroup var options: ElementwiseOptions

  func run() async throws { try await options.run([input], to: destination, .transpose) }
}

struct Add: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Add two matrices.", discussion: ElementwiseOptions.discussion)

  @Argument(help: "The first matrix file.", completion: .file())
  var first: String

  @Argument(help: "The second matrix file.", completion: .file())
  var second: String

  @Argument(help: "The matrix file to write, or - for standard output.", completion: .file())
  var destination: String

  @OptionGroup var options: ElementwiseOptions

  func run() async throws { try await options.run([first, second], to: destination, .add) }
}
