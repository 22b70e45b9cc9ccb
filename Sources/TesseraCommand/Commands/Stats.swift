// tessera stats FILE: mean, variance, extremes and nonzeros of every column.

import ArgumentParser
import Tessera

struct Stats: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Print mean, variance, extremes and nonzeros of every column.",
    discussion: """
      One pass, accurate also where means are large against deviations. Least and largest are of moduli for complex \
      columns. Where variances or norms are beyond the range of the scalar a note says so, and the exit code \
      is 65; what else is printed is right all the same.
      """)

  @OptionGroup var input: MatrixOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Divide squared deviations by the number of rows, or the sum of weights, less this: 1 or 0.",
      valueName: "n"))
  var ddof: Int = 1

  @Option(
    help: ArgumentHelp(
      "A file with one weight for each row: how often it counts. The sum must be above --ddof.",
      valueName: "file"))
  var weights: String?

  func validate() throws {
    if ddof < 0 { throw ValidationError("--ddof is \(ddof), expected 0 or more.") }
  }

  func run() async throws {
    try await input.run(outputs: []) { try await summarize(as: $0, on: $1) }
  }

  private func summarize<S: Scalar>(as type: S.Type, on cluster: Cluster) async throws {
    let start = ContinuousClock.now
    let (a, heading) = try await input.rowMatrix(as: S.self, on: cluster)
    let statistics = try await statistics(of: a)
    if !(statistics.weight > Double(ddof)) {
      Report.note("tessera: \(input.file): \(a.rows) rows less \(ddof) have no variance")
    }
    if !statistics.isInRange {
      Report.note(
        "tessera: variances or norms are beyond the range of \(S.kind.rawValue) numbers; scale the matrix")
    }
    try await input.report(
      [
        ("mean", .array(statistics.mean.map { .scalar($0) })), ("variance", .reals(statistics.variance)),
        ("min", .reals(statistics.minimum)), ("max", .reals(statistics.maximum)),
        ("nonzeros", .array(statistics.nonzeros.map { .int($0) })),
        ("oneNorm", .reals(statistics.oneNorms)), ("twoNorm", .reals(statistics.twoNorms)),
      ], since: start, on: cluster
    ) { elapsed in
      var rows = [["column", "mean", "variance", "min", "max", "nonzeros"]]
      for j in statistics.mean.indices {
        rows.append([
          "\(j + 1)", numberText(statistics.mean[j]), "\(statistics.variance[j])",
          "\(statistics.minimum[j])", "\(statistics.maximum[j])", "\(statistics.nonzeros[j])",
        ])
      }
      return heading + "\n" + Text.table(rows, leading: 0) + "\(Text.fixed(elapsed, 3)) s"
    }
    if !statistics.isInRange { throw ExitCode(.badData) }
  }

  private func statistics<S: Scalar>(of a: RowMatrix<S>) async throws -> ColumnStatistics<S> {
    guard let weights else { return try await a.columnStatistics(ddof: Double(ddof)) }
    do {
      return try await a.columnStatistics(weights: rowWeights(in: weights, S.self), ddof: Double(ddof))
    } catch LinearAlgebraError.invalidArgument(let message) {
      throw FileFormatError(.badData, file: weights, message)
    }
  }

  private func rowWeights<S: Scalar>(in weights: String, _: S.Type) throws -> RangeVector<S.Real> {
    let column = try LocalMatrix(
      try readMatrix(weights, as: S.Real.self, format: nil, progress: input.compute.output.progress).contents
    ).dense()
    guard column.columns == 1 || column.rows == 1 else {
      throw FileFormatError(
        .badData, file: weights, "holds a matrix of \(column.shape), expected one column of weights")
    }
    return RangeVector(onDriver: column.elements(in: .columnMajor))
  }
}
