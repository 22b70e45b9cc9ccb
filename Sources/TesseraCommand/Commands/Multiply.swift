// tessera multiply A B OUT: the product of two matrices, each laid out as one of the five types.

import ArgumentParser
import Tessera

extension MatrixType: ExpressibleByArgument {}

extension MultiplyPlan: ExpressibleByArgument {
  /// The plan that `description` prints so.
  public init?(argument: String) { self.init(argument) }
}

struct Multiply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Multiply two matrices.",
    discussion: """
      Each factor is laid out as one of five types: coordinate, row and block are spread over the workers, where the \
      plan of the product wants them; local-dense and local-sparse stay with the first worker. The plan is the one \
      that moves least and fits the memory of a worker (--memory; else its share of three quarters of the machine's); --explain prints it, what it costs and what else was considered, and \
      stops. --plan forces one: local, or a grid of cells along rows, inner dimension and columns such as 4x1x2, \
      which /rows:N or /columns:N takes in N panels. The same product, to the last bit, comes out for any plan and \
      any number of workers. Rows and columns without an entry are left out where most are; places where a sparse \
      factor stores nothing are not multiplied, so that 0 * NaN is NaN of a stored zero and nothing of another. \
      \(InputPair.discussion)
      """)

  @OptionGroup var inputs: InputPair

  @Argument(
    help: "The file to write, or - for standard output; may be left out with --explain.", completion: .file())
  var destination: String?

  @Option(
    help: ArgumentHelp(
      "Type of the left factor: coordinate, row, block, local-dense, local-sparse (default: row for a sparse file, block for a dense one).",
      valueName: "type"))
  var leftAs: MatrixType?

  @Option(help: ArgumentHelp("Type of the right factor, likewise.", valueName: "type"))
  var rightAs: MatrixType?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Size of square blocks (default: from shape and nonzeros).", valueName: "n"))
  var blockSize: Int?

  @Option(
    help: ArgumentHelp(
      "Format to write, where the name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @Option(help: ArgumentHelp("The plan to use, such as 2x1x2.", valueName: "plan"))
  var plan: MultiplyPlan?

  @Flag(help: "Print the plan and what else was considered, and stop.")
  var explain = false

  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    if !explain, destination == nil { throw ValidationError("Missing expected argument '<destination>'") }
    if let blockSize, blockSize < 1 {
      throw ValidationError("--block-size is \(blockSize), expected 1 or more.")
    }
  }

  private var left: String { inputs.left }
  private var right: String { inputs.right }

  func run() async throws {
    try await Report.errors(onEveryRank: true) {
      if let destination, !explain {
        if format == nil { _ = try MatrixFileFormat.inferred(fromName: destination) }
        try checkOutputs([destination, compute.trace], input: left)
        try checkOutputs([destination, compute.trace], input: right)
      }
      // Under mpirun every rank comes here; what touches files is the program, which rank 0 alone runs.
      try await compute.runCluster { cluster in
        try await withScalar(try compute.scalar ?? inputs.scalar()) {
          try await multiply(as: $0, on: cluster)
        }
      }
    }
  }

  private func multiply<S: Scalar>(as type: S.Type, on cluster: Cluster) async throws {
    let start = ContinuousClock.now
    func factor(_ path: String) throws -> MatrixContents<S> {
      try readMatrix(
        path, as: S.self, format: inputs.format(of: path), options: inputs.reading.options,
        progress: compute.output.progress
      ).contents
    }
    var (first, second) = (try factor(left), try factor(right))
    guard first.shape.columns == second.shape.rows else {
      throw LinearAlgebraError.shapeMismatch(operation: "product", left: first.shape, right: second.shape)
    }
    let shape = Shape(first.shape.rows, second.shape.columns)
    var lines: KeptLines?
    if let kept = KeptLines.product(first, second) {
      (first, second, lines) = kept
      if explain, !compute.output.json { try Report.result("without empty rows and columns:") }
    }
    let (a, b) = (try LocalMatrix(first), try LocalMatrix(second))
    let (leftType, rightType) = (leftAs ?? Self.natural(a), rightAs ?? Self.natural(b))
    let resultType = MatrixType.product(leftType, rightType)
    let outcome: Outcome?
    if leftType.isLocal && rightType.isLocal {
      outcome = try local(a, leftType, b, rightType) { try write($0, lines) }
    } else {
      let (x, y) = (
        try ProductOperand(a, as: leftType, partitions: compute.partitions, blockSize: blockSize),
        try ProductOperand(b, as: rightType, partitions: compute.partitions, blockSize: blockSize)
      )
      outcome =
        switch resultType {
        case .coordinate:
          try await spread(x, y, CoordinateMatrix<S>.self, cluster) { try await write($0, lines) }
        case .row: try await spread(x, y, RowMatrix<S>.self, cluster) { try await write($0, lines) }
        case .block: try await spread(x, y, BlockMatrix<S>.self, cluster) { try await write($0, lines) }
        case .localDense, .localSparse:
          try await spread(x, y, DenseMatrix<S>.self, cluster) { try write(.dense($0), lines) }
        }
    }
    guard let outcome, let destination else { return }
    try report(outcome, shape, resultType, to: destination, seconds(since: start))
  }

  /// How a product was planned, what moved, and how many nonzeros were written.
  private struct Outcome {
    var nonzeros: Int
    var explanation: MultiplyExplanation
    var ledger: LedgerReport?
  }

  /// Writes a result slab after slab, or as a whole where lines have been left out of it; returns its nonzeros.
  private func write(_ matrix: some DistributedMatrix, _ lines: KeptLines?) async throws -> Int {
    guard let destination else { return 0 }
    if lines != nil { return try write(try await matrix.collect(), lines) }
    return try await writeMatrix(
      matrix, to: destination, format: format, progress: compute.output.progress)
  }

  /// Writes a result of the driver's; returns its nonzeros.
  private func write<S: Scalar>(_ matrix: LocalMatrix<S>, _ lines: KeptLines?) throws -> Int {
    guard let destination else { return 0 }
    let contents: MatrixContents<S> =
      switch (matrix, lines) {
      case (_, let lines?): .triplets(lines.whole(matrix))
      case (.dense(let matrix), nil): .dense(matrix)
      case (.sparse(let matrix), nil): .triplets(matrix.triplets())
      }
    try writeMatrix(contents, to: destination, format: format, progress: compute.output.progress)
    return contents.entryCount
  }

  private static func natural<S: Scalar>(_ matrix: LocalMatrix<S>) -> MatrixType {
    if case .sparse = matrix { .row } else { .block }
  }

  /// A product of distributed matrices, written; nil when it was only to be explained.
  private func spread<C: ProductResult>(
    _ a: ProductOperand<C.Element>, _ b: ProductOperand<C.Element>, _: C.Type, _ cluster: Cluster,
    _ write: (C) async throws -> Int
  ) async throws -> Outcome? {
    let planned = try await C.planned(a, b, on: cluster, MultiplyOptions(plan: plan))
    if explain {
      try explain(planned.explanation)
      return nil
    }
    let product = try await planned.placed()
    // What is counted is the product: not how the factors came to the workers, nor the result to the file.
    let before = try await compute.ledger(of: cluster)
    let result = try await product.run()
    if compute.ledger, let lazy = result as? any DistributedMatrix {
      // In the dataflow style nothing is done, or moved, before it is asked for.
      _ = try await lazy.countStored()
    }
    let after = try await compute.ledger(of: cluster)
    let moved: LedgerReport? = if let before, let after { after - before } else { nil }
    return Outcome(nonzeros: try await write(result), explanation: product.explanation, ledger: moved)
  }

  /// A product of two matrices of the driver's, written.
  private func local<S: Scalar>(
    _ a: LocalMatrix<S>, _ left: MatrixType, _ b: LocalMatrix<S>, _ right: MatrixType,
    _ write: (LocalMatrix<S>) throws -> Int
  ) throws -> Outcome? {
    if let plan, plan != .local {
      throw PlanError.inapplicable(plan: plan, reason: "both factors are the driver's: the plan is local")
    }
    let explanation = MultiplyExplanation(local: a.shape, b.shape)
    if explain {
      try explain(explanation)
      return nil
    }
    func stored(_ matrix: LocalMatrix<S>, _ type: MatrixType) throws -> LocalMatrix<S> {
      switch matrix {
      case .dense(let dense) where type == .localSparse: .sparse(dense.sparse())
      case .sparse where type == .localDense: .dense(try matrix.dense())
      default: matrix
      }
    }
    return Outcome(
      nonzeros: try write(try stored(a, left) * stored(b, right)), explanation: explanation,
      ledger: compute.ledger ? LedgerReport([]) : nil)
  }

  private func explain(_ explanation: MultiplyExplanation) throws {
    let text = "\(explanation)".split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    try Report.result(
      compute.output.json
        ? JSON.explanation(explanation).description : text.joined(separator: "\n"))
  }

  private func report(
    _ result: Outcome, _ shape: Shape, _ type: MatrixType, to path: String, _ elapsed: Double
  ) throws {
    if let ledger = result.ledger, !compute.output.json { Report.note("\(LedgerTable(ledger))") }
    let counts = result.ledger.map { [("ledger", JSON.ledger($0, result.explanation))] } ?? []
    let object = JSON.object(
      [
        ("resultType", .text(type.rawValue)), ("plan", .text("\(result.explanation.plan)")),
        ("rows", .int(shape.rows)), ("columns", .int(shape.columns)),
        ("nonzeros", .int(result.nonzeros)), ("seconds", .real(elapsed)),
      ] + counts)
    try Report.written(
      path,
      "\(shape), \(result.nonzeros) nonzeros; \(type.rawValue), plan \(result.explanation.plan), "
        + "\(Text.fixed(elapsed, 3)) s",
      json: compute.output.json ? object.description : nil)
  }
}
