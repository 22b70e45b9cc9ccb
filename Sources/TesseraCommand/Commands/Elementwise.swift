// tessera transpose IN OUT, tessera add A B OUT, and what they share with scale: the workers read their parts of the
// files and compute; the driver writes the result, which comes to it slab after slab.

import ArgumentParser
import Tessera

/// What the three commands share: where results go, and how matrices come to the workers and back.
struct ElementwiseOptions: ParsableArguments {
  /// What the three have in common, for help.
  static let discussion = """
    The workers read their parts of an uncompressed Matrix Market, .npy, IDX or svmlight file or table that all of \
    them see, and compute there; the result goes to the file slab after slab through the first worker, which holds \
    one at a time. Other inputs, and .npz, IDX and .tar.gz outputs, pass the first worker as a whole. Entries that \
    are stored stay stored, also where they are zero or become so; a sum has an entry at every place where one of \
    its terms has one, also where they cancel (SciPy and MATLAB would drop it). Several entries at one place are \
    added up. Tables in files keep the names of their columns, where all inputs have the same; a transpose has none. \
    Labels of svmlight files are left out.
    """

  @Option(
    help: ArgumentHelp(
      "Format to write, where the name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @Option(
    help: ArgumentHelp(
      """
      Format to read, where the name does not tell; of two inputs, that of each whose name does not: \
      \(MatrixFileFormat.names).
      """,
      valueName: "format"))
  var inputFormat: MatrixFileFormat?

  @OptionGroup var reading: ReadingOptions

  @OptionGroup var writing: WritingOptions

  @OptionGroup var compute: ComputeOptions

  /// Runs `body` on the matrices in `inputs` and writes what it makes.
  func run(_ inputs: [String], to destination: String, _ body: ElementwiseOperation) async throws {
    try await Report.errors(onEveryRank: true) {
      let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: destination) }
      for input in inputs { try checkOutputs([compute.trace], input: input) }
      let formats = inputs.count == 1 ? [inputFormat] : inputs.map { formatOfOne($0, told: inputFormat) }
      try await compute.runCluster { cluster in
        let headers = try zip(inputs, formats).map { input, format throws(FileFormatError) in
          try headerOfFile(input, format: format, options: reading.options)
        }
        let kind = compute.scalar ?? headers.reduce(body.scalar) { $0.wider($1?.scalar ?? .double) }
        try await withScalar(kind) {
          try await execute(inputs, formats, headers, destination, format, body, as: $0, on: cluster)
        }
      }
    }
  }

  private func execute<S: Scalar>(
    _ inputs: [String], _ formats: [MatrixFileFormat?], _ headers: [MatrixFileHeader?],
    _ destination: String, _ format: MatrixFileFormat, _ body: ElementwiseOperation, as type: S.Type,
    on cluster: Cluster
  ) async throws {
    let start = ContinuousClock.now
    let options = writingOptions(inputs, headers, format, body)
    var operands: [StoredMatrix<S>] = []
    for k in inputs.indices {
      operands.append(
        try await StoredMatrix(
          inputs[k], headers[k], format: formats[k], options: reading.options,
          partitions: compute.partitions, on: cluster, progress: compute.output.progress))
    }
    let result = try await body.result(operands, partitions: compute.partitions).matrix
    let nonzeros = try await writeMatrix(
      result, to: destination, format: format, options: options, progress: compute.output.progress)
    try await compute.reportWritten(
      destination, result.shape, nonzeros: nonzeros, since: start, on: cluster)
  }

  /// With the names of the columns, where there are such after what is done; a note where they are lost, as labels are.
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
    for (input, header) in zip(inputs, headers) where header?.format == .svmlight {
      Report.note("tessera: \(input): the labels are left out")
    }
    return writing.options(columnNames: areKept ? names[0] : [], of: inputs[0], to: format)
  }
}

enum ElementwiseOperation {
  case transpose
  case add
  case scale(Double, Double)

  /// Whether rows become columns.
  var isTransposing: Bool { if case .transpose = self { true } else { false } }

  /// What it makes of its operands: of lists of entries a list again.
  func result<S: Scalar>(_ operands: [StoredMatrix<S>], partitions: Int?) async throws -> StoredMatrix<S> {
    switch (self, operands[0]) {
    case (.transpose, .entries(let a)): return .entries(a.transposed())
    case (.transpose, .array(let a)): return .array(a.transposed())
    case (.scale(let real, let imaginary), let a):
      let factor = S(real: S.Real(real), imaginary: S.Real(imaginary))
      switch a {
      case .entries(let a): return .entries(try await a.scaled(by: factor))
      case .array(let a): return .array(try await a.scaled(by: factor))
      }
    case (.add, let a):
      if case .entries(let a) = a, case .entries(let b) = operands[1] {
        return .entries(try await a.adding(b))
      }
      let (x, y) = (try await a.rows(partitions), try await operands[1].rows(partitions))
      return .array(try await x.adding(y))
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

  @Argument(help: "The first matrix file, or - for standard input.", completion: .file())
  var first: String

  @Argument(help: "The second matrix file, or - for standard input.", completion: .file())
  var second: String

  @Argument(help: "The matrix file to write, or - for standard output.", completion: .file())
  var destination: String

  @OptionGroup var options: ElementwiseOptions

  func validate() throws { try checkInputs(first, second) }

  func run() async throws { try await options.run([first, second], to: destination, .add) }
}
