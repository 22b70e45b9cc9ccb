// tessera generate KIND ROWSxCOLS OUT: test matrices from a seed.

import ArgumentParser
import Tessera

struct Generate: AsyncParsableCommand {
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case dense, sparse, powerlaw, poisson, laplacian, identity
  }

  static let configuration = CommandConfiguration(
    abstract: "Make a test matrix.",
    discussion: """
      dense: uniform in [-1, 1). sparse: as many random entries a row as the density gives on average. powerlaw: the \
      same, with columns chosen the more often the lower their number. poisson: the 5-point Laplacian of a \
      ROWSxCOLS grid, square of order ROWS times COLS. laplacian: 2 on the diagonal, -1 beside it. identity: ones on the \
      diagonal. The same seed makes the same matrix everywhere.
      """)

  @Argument(help: "dense, sparse, powerlaw, poisson, laplacian or identity.")
  var kind: Kind

  @Argument(
    help: ArgumentHelp("Rows and columns, or the grid of poisson: 1000x200.", valueName: "rowsxcols"),
    transform: parseShape)
  var shape: Shape

  @Argument(help: "The matrix file to write, or - for standard output.", completion: .file())
  var destination: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Share of entries that are not zero, for sparse and powerlaw.", valueName: "share"))
  var density: Double = 0.01

  @Option(parsing: .unconditional, help: ArgumentHelp("Seed.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Scalar.", valueName: "scalar"))
  var scalar: ScalarKind = .double

  @Option(
    help: ArgumentHelp(
      "Format to write, where the name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await Report.errors {
      let start = ContinuousClock.now
      let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: destination) }
      let (shape, nonzeros) = try await withScalar(scalar) { try generate(as: $0, format) }
      try Report.written(
        destination, shape, ("nonzeros", nonzeros), seconds: seconds(since: start), json: output.json)
    }
  }

  private func generate<S: Scalar>(as type: S.Type, _ format: MatrixFileFormat) throws -> (Shape, Int) {
    let contents: MatrixContents<S> =
      switch kind {
      case .dense: .dense(try MatrixGenerator.dense(shape, seed: seed))
      case .sparse: .triplets(try MatrixGenerator.sparse(shape, density: density, seed: seed).triplets())
      case .powerlaw: .triplets(try MatrixGenerator.powerLaw(shape, density: density, seed: seed).triplets())
      case .poisson: .triplets(try MatrixGenerator.poisson(grid: shape))
      case .laplacian: .triplets(try banded(diagonal: 2, beside: -1))
      case .identity: .triplets(try banded(diagonal: 1, beside: 0))
      }
    try writeMatrix(
      contents, to: destination, format: format,
      symmetry: isSymmetric && [.matrixMarket, .archive].contains(format) ? .symmetric : .general,
      progress: output.progress)
    return (contents.shape, contents.entryCount)
  }
}

extension Generate {
  private var isSymmetric: Bool {
    switch kind {
    case .dense, .sparse, .powerlaw: false
    case .poisson: true
    case .laplacian, .identity: shape.rows == shape.columns
    }
  }

  /// Constant diagonals: the main one and, unless zero, its neighbours.
  ///
  /// - Throws: `outOfMemory` for more entries than this machine holds.
  private func banded<S: Scalar>(diagonal: S, beside: S) throws -> TripletMatrix<S> {
    var matrix = try TripletMatrix<S>(rows: shape.rows, columns: shape.columns)
    let (lines, entries) = (min(shape.rows, shape.columns + 1), beside == 0 ? 1 : 3)
    try MemoryGuard.check("\(kind)", lines, entries, bytesPerElement: MemoryLayout<S>.stride + 8)
    matrix.reserveCapacity(lines * entries)
    for i in 0..<lines {
      if beside != 0, i > 0, i - 1 < shape.columns { matrix.append(i, i - 1, beside) }
      if i < shape.columns { matrix.append(i, i, diagonal) }
      if beside != 0, i + 1 < shape.columns { matrix.append(i, i + 1, beside) }
    }
    return matrix
  }
}

/// "1000x200" as a shape.
@Sendable private func parseShape(_ text: String) throws -> Shape {
  let parts = text.lowercased().split(separator: "x", omittingEmptySubsequences: false)
  guard parts.count == 2, let rows = Int(parts[0]), let columns = Int(parts[1]), rows >= 0, columns >= 0
  else {
    throw ValidationError("'\(text)' is not a shape such as 1000x200.")
  }
  return Shape(rows, columns)
}
