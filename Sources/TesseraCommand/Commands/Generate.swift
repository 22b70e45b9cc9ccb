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
      dense: uniform in [-1, 1). sparse: in each row a random number of entries (Poisson, at most as many as there are \
      columns) with the mean that the density gives. powerlaw: as many draws, of columns the more often the lower their \
      number; those of one place add up, so that there are fewer entries. poisson: the 5-point Laplacian of a ROWSxCOLS \
      grid, square of order ROWS times COLS. laplacian: 2 on the diagonal, -1 beside it. identity: ones on the diagonal. \
      The same seed makes the same matrix everywhere. The workers make their parts of the first three, and the first \
      worker writes them, a slab at a time; it makes the others as a whole.
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

  @Option(
    help: ArgumentHelp(
      "Format to write, where the name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard 0...1 ~= density else { throw ValidationError("--density is \(density), expected 0 to 1.") }
  }

  func run() async throws {
    try await Report.errors(onEveryRank: true) {
      let start = ContinuousClock.now
      let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: destination) }
      try await compute.runCluster { cluster in
        let (shape, nonzeros) = try await withScalar(compute.scalar ?? .double) {
          try await generate(as: $0, format, on: cluster)
        }
        try await compute.reportWritten(destination, shape, nonzeros: nonzeros, since: start, on: cluster)
      }
    }
  }

  private func generate<S: Scalar>(as type: S.Type, _ format: MatrixFileFormat, on cluster: Cluster)
    async throws -> (Shape, Int)
  {
    switch kind {
    case .dense:
      let matrix = try await RowMatrix<S>.generated(
        .dense, shape, seed: compute.seed, partitions: compute.partitions, on: cluster)
      return (shape, try await write(matrix, format))
    case .sparse:
      return (shape, try await write(try await list(.sparse(density: density), S.self, cluster), format))
    case .powerlaw:
      return (shape, try await write(try await list(.powerLaw(density: density), S.self, cluster), format))
    case .poisson: return try write(try MatrixGenerator.poisson(grid: shape) as TripletMatrix<S>, format)
    case .laplacian: return try write(try banded(diagonal: 2, beside: -1) as TripletMatrix<S>, format)
    case .identity: return try write(try banded(diagonal: 1, beside: 0) as TripletMatrix<S>, format)
    }
  }

  /// Made by the workers in slabs, and kept as entries whatever the density: a file of entries it is.
  private func list<S: Scalar>(_ kind: GeneratedMatrix, _: S.Type, _ cluster: Cluster) async throws
    -> CoordinateMatrix<S>
  {
    try await RowMatrix<S>.generated(
      kind, shape, seed: compute.seed, partitions: compute.partitions, on: cluster
    ).coordinateMatrix()
  }

  private func write(_ matrix: some DistributedMatrix, _ format: MatrixFileFormat) async throws -> Int {
    try await writeMatrix(matrix, to: destination, format: format, progress: compute.output.progress)
  }

  private func write<S: Scalar>(_ matrix: TripletMatrix<S>, _ format: MatrixFileFormat) throws -> (Shape, Int)
  {
    try writeMatrix(
      .triplets(matrix), to: destination, format: format,
      symmetry: isSymmetric && [.matrixMarket, .archive].contains(format) ? .symmetric : .general,
      progress: compute.output.progress)
    return (Shape(matrix.rows, matrix.columns), matrix.entryCount)
  }
}

extension Generate {
  /// Whether a matrix that the first worker makes is symmetric.
  private var isSymmetric: Bool {
    switch kind {
    case .poisson: true
    default: shape.rows == shape.columns
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
