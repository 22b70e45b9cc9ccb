// tessera transpose IN OUT, tessera add A B OUT, and what they share with scale: on distributed data, as the
// library does them.

import ArgumentParser
import Tessera

/// What the three commands share: where results go, and how matrices come to the workers and back.
struct ElementwiseOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Format to write, where the name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @OptionGroup var reading: ReadingOptions

  @OptionGroup var compute: ComputeOptions

  /// Runs `body` on the matrices in `inputs` and writes what it makes.
  func run(_ inputs: [String], to destination: String, _ body: ElementwiseOperation) async throws {
    try await Report.errors(onEveryRank: true) {
      let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: destination) }
      for input in inputs { try checkOutputs([compute.trace], input: input) }
      try await compute.runCluster { cluster in
        var kinds: [ScalarKind] = []
        for input in inputs {
          kinds.append(try scalarOfFile(input, format: nil, options: reading.options) ?? .double)
        }
        let kind = compute.scalar ?? kinds.reduce(body.scalar, wider)
        try await withScalar(kind) {
          try await execute(inputs, destination, format, body, as: $0, on: cluster)
        }
      }
    }
  }

  private func execute<S: Scalar>(
    _ inputs: [String], _ destination: String, _ format: MatrixFileFormat, _ body: ElementwiseOperation,
    as type: S.Type, on cluster: Cluster
  ) async throws {
    let start = ContinuousClock.now
    var operands: [RowMatrix<S>] = []
    for input in inputs {
      let contents = try readMatrix(input, as: S.self, format: nil, progress: compute.output.progress)
        .contents
      operands.append(
        try await RowMatrix(try LocalMatrix(contents), partitions: compute.partitions, on: cluster))
    }
    let result: RowMatrix<S> =
      switch body {
      case .transpose: operands[0].transposed()
      case .add: try await operands[0].adding(operands[1])
      case .scale(let real, let imaginary):
        try await operands[0].scaled(by: S(real: S.Real(real), imaginary: S.Real(imaginary)))
      }
    let contents: MatrixContents<S> =
      switch try await result.collect() {
      case .dense(let a): .dense(a)
      case .sparse(let a): .triplets(a.triplets())
      }
    try writeMatrix(contents, to: destination, format: format, progress: compute.output.progress)
    let ledger = try await compute.ledger(of: cluster)
    guard destination != "-" else { return }
    let members: [(String, JSON)] = [
      ("rows", .int(contents.shape.rows)), ("columns", .int(contents.shape.columns)),
      ("nonzeros", .int(contents.nonzeroCount)),
    ]
    try Report.result(
      compute.output.json
        ? compute.json(members, seconds: seconds(since: start), ledger)
        : "\(destination): \(contents.shape), \(contents.nonzeroCount) nonzeros")
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

  /// The narrowest scalar that the operation asks for.
  var scalar: ScalarKind {
    if case .scale(_, let imaginary) = self, imaginary != 0 { .complexFloat } else { .float }
  }
}

struct Transpose: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Transpose a matrix.")

  @Argument(help: "The matrix file to read, or - for standard input.")
  var input: String

  @Argument(help: "The matrix file to write, or - for standard output.")
  var destination: String

  @OptionGroup var options: ElementwiseOptions

  func run() async throws { try await options.run([input], to: destination, .transpose) }
}

struct Add: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Add two matrices.")

  @Argument(help: "The first matrix file.")
  var first: String

  @Argument(help: "The second matrix file.")
  var second: String

  @Argument(help: "The matrix file to write, or - for standard output.")
  var destination: String

  @OptionGroup var options: ElementwiseOptions

  func run() async throws { try await options.run([first, second], to: destination, .add) }
}
