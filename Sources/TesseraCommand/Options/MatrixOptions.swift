// What commands that decompose one matrix have in common: the file, who computes, and how it comes to the
// workers.

import ArgumentParser
import Tessera

struct MatrixOptions: ParsableArguments {
  @Argument(
    help: "The matrix file, or - for standard input (then --scalar says what it holds; default double).",
    completion: .file())
  var file: String

  @Option(
    help: ArgumentHelp(
      "Format of the input, where its name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @OptionGroup var reading: ReadingOptions

  @OptionGroup var compute: ComputeOptions

  /// Runs `body` on a cluster with the scalar of the file, after the matrices and pictures to be written have been
  /// checked. A refusal by the mathematics is reported as one of the file.
  func run(
    outputs: [String?], pictures: [String?] = [], _ body: (any Scalar.Type, Cluster) async throws -> Void
  ) async throws {
    try await Report.errors(onEveryRank: true) {
      // A name that tells no format should not cost a whole computation.
      for path in outputs.compactMap({ $0 }) { _ = try MatrixFileFormat.inferred(fromName: path) }
      for picture in pictures { try checkPicture(picture) }
      try checkOutputs(outputs + pictures + [compute.trace], input: file)
      // Under mpirun every rank comes here; what touches files is the program, which rank 0 alone runs.
      try await compute.runCluster { cluster in
        let kind =
          if let scalar = compute.scalar { scalar } else {
            try scalarOfFile(file, format: format, options: reading.options) ?? .double
          }
        do {
          try await withScalar(kind) { try await body($0, cluster) }
        } catch let error as LinearAlgebraError {
          if case .invalidArgument = error { throw error }
          throw FileFormatError(.badData, file: file, "\(error)")
        }
      }
    }
  }

  /// The matrix on the workers, read by them where they can, and a line that says what it is.
  func rowMatrix<S: Scalar>(as type: S.Type, on cluster: Cluster) async throws -> (
    matrix: RowMatrix<S>, heading: String
  ) {
    let a: RowMatrix<S> = try await readRows(
      file, format: format, options: reading.options, partitions: compute.partitions, on: cluster,
      progress: compute.output.progress)
    let kind = a.storedCount == a.shape.elementCount ? "dense" : "\(a.storedCount) nonzeros"
    return (a, "\(file): \(a.shape), \(kind), \(S.kind.rawValue)")
  }

  /// Prints the result, as one JSON object or as `text` makes it, and the ledger if it was asked for.
  ///
  /// - Parameters:
  ///   - cost: what it was predicted to cost, where a plan predicts it.
  ///   - outputs: the files that are written.
  func report(
    _ members: [(String, JSON)], _ cost: PredictedCost? = nil, beside outputs: [String?] = [],
    since start: ContinuousClock.Instant, on cluster: Cluster, _ text: (Double) -> String
  ) async throws {
    let elapsed = seconds(since: start)
    let ledger =
      if let cost { try await cost.ledger(compute, of: cluster) } else {
        try await compute.ledger(of: cluster)
      }
    let members = members + (cost?.members ?? [])
    try Report.result(
      compute.output.json
        ? compute.json(members, seconds: elapsed, ledger) : text(elapsed) + (cost?.line ?? ""),
      beside: outputs + [compute.trace])
    if let ledger { Report.note("\(LedgerTable(ledger))") }
  }
}
