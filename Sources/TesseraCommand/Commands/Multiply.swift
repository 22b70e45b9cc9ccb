// tessera multiply A B OUT: the product of two matrices, each laid out as one of the five types.

import ArgumentParser
import Tessera

extension MatrixType: ExpressibleByArgument {}

struct Multiply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Multiply two matrices.",
    discussion: """
      Each factor is laid out as one of five types: coordinate, row and block are spread over the workers, where the \
      plan of the product wants them; local-dense and local-sparse stay with the first worker. The workers read their \
      parts of an uncompressed Matrix Market list, .npy, IDX or svmlight file, table or HDF5 dataset that all of them \
      see; other inputs, and those of which most rows or columns are empty, pass the first worker as a whole. The \
      output may be one of the inputs.

      The plan is the one that moves least and fits the memory of a worker (--memory; else its share of three quarters \
      of the machine's); --explain prints it, what it costs and what else was considered, and stops. --plan forces \
      one: \(planForm). The words that --explain predicts and --ledger measures are those of the product, from where \
      the plan has placed the factors; in dataflow more may move where a worker is slow or lost, whose tasks others \
      take. The same product, to the last bit, comes out for any plan and any number of workers.

      Rows and columns without an entry are left out where most are; places where a sparse piece stores nothing are \
      not multiplied, so that 0 * NaN is NaN of a stored zero and nothing of another. A piece is dense where that \
      takes fewer bytes, so --partitions and --block-size, which cut the factors into pieces, decide where that is. \
      \(InputPair.discussion)
      """)

  /// What a plan looks like, for help and refusals.
  private static let planForm =
    "local, or a grid of cells along rows, inner dimension and columns such as 4x1x2, each 1 or more; behind it "
    + "/rows:N or /columns:N takes it in N panels, 2 or more, and /touched sends a cell only the columns of A and rows "
    + "of B that meet there"

  @OptionGroup var inputs: InputPair

  @Argument(
    help: "The file to write, or - for standard output; may be left out with --explain.", completion: .file())
  var destination: String?

  @Option(
    help: ArgumentHelp(
      "Type of the left factor: coordinate, row, block, local-dense, local-sparse (default: row for a list of entries, block for an array).",
      valueName: "type"))
  var leftAs: MatrixType?

  @Option(help: ArgumentHelp("Type of the right factor, likewise.", valueName: "type"))
  var rightAs: MatrixType?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Size of the square blocks of block and coordinate factors (default: from shape and nonzeros; slabs of rows of a coordinate factor).",
      valueName: "n"))
  var blockSize: Int?

  @Option(
    help: ArgumentHelp(
      "Format to write, where the name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @Option(
    help: ArgumentHelp("The plan to use, such as 2x1x2.", valueName: "plan"),
    transform: { text in
      guard let plan = MultiplyPlan(text) else {
        throw ValidationError("expected \(Multiply.planForm).")
      }
      return plan
    })
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
        try checkOutputs([destination, compute.trace], input: nil)
        // Both inputs have been read when the output takes its place, which may be one of theirs.
        for input in [left, right] { try checkOutputs([compute.trace], input: input) }
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
    func factor(_ path: String, _ type: MatrixType?) throws -> FactorFile<S> {
      try FactorFile(
        path, as: type, format: inputs.format(of: path), options: inputs.reading.options,
        progress: compute.output.progress)
    }
    var (a, b) = (try factor(left, leftAs), try factor(right, rightAs))
    guard a.shape.columns == b.shape.rows else {
      throw LinearAlgebraError.shapeMismatch(operation: "product", left: a.shape, right: b.shape)
    }
    noteUnusedOptions([a.type, b.type])
    let lines = try FactorFile.leaveOutEmptyLines(&a, &b)
    if lines != nil, explain, !compute.output.json {
      try Report.result("without empty rows and columns:")
    }
    let resultType = MatrixType.product(a.type, b.type)
    let outcome: Outcome?
    if a.type.isLocal && b.type.isLocal {
      outcome = try local(try a.local(), try b.local(), on: cluster) { try write($0, lines) }
    } else {
      outcome =
        switch resultType {
        case .coordinate:
          try await spread(a, b, CoordinateMatrix<S>.self, cluster) { try await write($0, lines) }
        case .row: try await spread(a, b, RowMatrix<S>.self, cluster) { try await write($0, lines) }
        case .block: try await spread(a, b, BlockMatrix<S>.self, cluster) { try await write($0, lines) }
        case .localDense, .localSparse:
          try await spread(a, b, DenseMatrix<S>.self, cluster) { try write(.dense($0), lines) }
        }
    }
    guard let outcome, let destination else { return }
    try report(
      outcome, Shape(a.shape.rows, b.shape.columns), resultType, to: destination, seconds(since: start))
  }

  /// Tells of options about pieces that neither factor is cut by.
  private func noteUnusedOptions(_ types: [MatrixType]) {
    if blockSize != nil, !types.contains(where: { $0 == .block || $0 == .coordinate }) {
      Report.note("tessera: --block-size is not used: neither factor is block or coordinate")
    }
    if compute.partitions != nil,
      !types.contains(where: { $0 == .row || $0 == .coordinate && blockSize == nil })
    {
      Report.note("tessera: --partitions is not used: neither factor is cut in slabs of rows")
    }
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

  /// A product of distributed matrices, written; nil when it was only to be explained.
  private func spread<C: ProductResult>(
    _ a: FactorFile<C.Element>, _ b: FactorFile<C.Element>, _: C.Type, _ cluster: Cluster,
    _ write: (C) async throws -> Int
  ) async throws -> Outcome? {
    var product = try await C.planned(
      try await a.operand(partitions: compute.partitions, blockSize: blockSize, on: cluster),
      try await b.operand(partitions: compute.partitions, blockSize: blockSize, on: cluster), on: cluster,
      MultiplyOptions(plan: plan))
    if let shortage = product.explanation.shortageOfPieces, !explain || compute.output.json {
      Report.note("tessera: \(shortage)")
    }
    if explain {
      try explain(product.explanation)
      return nil
    }
    product = try await product.placed()
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
    _ a: LocalMatrix<S>, _ b: LocalMatrix<S>, on cluster: Cluster, _ write: (LocalMatrix<S>) throws -> Int
  ) throws -> Outcome? {
    if let plan, plan != .local {
      throw PlanError.inapplicable(plan: plan, reason: "both factors are the driver's: the plan is local")
    }
    let explanation = try MultiplyExplanation(
      local: a, b, memoryPerWorker: MultiplyOptions().memory(on: cluster))
    if explain {
      try explain(explanation)
      return nil
    }
    return Outcome(
      nonzeros: try write(try a * b), explanation: explanation,
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
