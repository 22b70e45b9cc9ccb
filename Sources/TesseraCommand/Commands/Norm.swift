// tessera norm FILE --kind KIND: one norm, computed where the data is.

import ArgumentParser
import Tessera

struct Norm: AsyncParsableCommand {
  /// The norms by their names on the command line.
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case frobenius, one, infinity, max, two
  }

  static let configuration = CommandConfiguration(
    abstract: "Compute a norm of a matrix.",
    discussion: """
      frobenius: the square root of the sum of |a|^2. one: the largest column sum of |a|. infinity: the largest row sum \
      of |a|. max: the largest |a|. two: the largest singular value, to ten digits, \
      refused where it is beyond the range of the scalar. Duplicate entries add up first; NaN in \
      the matrix makes the norm NaN.
      """)

  @Argument(
    help: "The matrix file, or - for standard input (then --scalar says what it holds; default double).",
    completion: .file())
  var file: String

  @Option(help: ArgumentHelp("frobenius, one, infinity, max or two.", valueName: "kind"))
  var kind: Kind = .frobenius

  @Option(
    help: ArgumentHelp(
      "Format of the file, where its name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @OptionGroup var reading: ReadingOptions

  @OptionGroup var compute: ComputeOptions

  func run() async throws {
    try await Report.errors(onEveryRank: true) {
      try checkOutputs([compute.trace], input: file)
      try await compute.runCluster { cluster in
        let held = try scalarOfFile(file, format: format, options: reading.options)
        try await withScalar(compute.scalar ?? held ?? .double) { try await measure(as: $0, on: cluster) }
      }
    }
  }

  private func measure<S: Scalar>(as type: S.Type, on cluster: Cluster) async throws {
    let start = ContinuousClock.now
    let norm = try await norm(
      of: try readMatrix(
        file, as: S.self, format: format, options: reading.options, progress: compute.output.progress
      ).contents, on: cluster)
    let ledger = try await compute.ledger(of: cluster)
    try Report.result(
      compute.output.json
        ? compute.json([("norm", .real(norm))], seconds: seconds(since: start), ledger) : "\(norm)")
    if let ledger { Report.note("\(LedgerTable(ledger))") }
  }

  private func norm<S: Scalar>(of contents: consuming MatrixContents<S>, on cluster: Cluster) async throws
    -> S.Real
  {
    // Rows and columns without an entry change none of the norms.
    let matrix: LocalMatrix<S> =
      switch consume contents {
      case .triplets(let a): .sparse(try a.withoutEmptyLines().compressed(by: .rows))
      case .dense(let a): .dense(a)
      }
    let rows = try await RowMatrix(matrix, partitions: compute.partitions, on: cluster)
    return switch kind {
    case .frobenius: try await rows.norm(.frobenius)
    case .one: try await rows.norm(.one)
    case .infinity: try await rows.norm(.infinity)
    case .max: try await rows.norm(.max)
    case .two: try await twoNorm(of: rows)
    }
  }

  private func twoNorm<S: Scalar>(of rows: RowMatrix<S>) async throws -> S.Real {
    let largest = try await rows.norm(.max)
    return largest.isFinite ? try await rows.twoNorm() : largest
  }
}
