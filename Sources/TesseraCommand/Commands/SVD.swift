// tessera svd FILE -k K: the largest singular values, with their residuals.

import ArgumentParser
import Tessera

extension SVDMethod: ExpressibleByArgument {}

struct SVD: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "svd",
    abstract: "Find the largest singular values and vectors of a matrix.",
    discussion: """
      Each value comes with its residual, the norm of (A v - s u, A'u - s v). Values that did not converge, or that the \
      method squares away, are not printed; a note says so, and the exit code is 65. It is 65 too where values are beyond the \
      range of the scalar. By itself the method is the one that is predicted to cost least and fits the memory. The same \
      values, to the last bit, come out for any number of workers. \(PredictedCost.exceptions)
      """)

  @OptionGroup var input: MatrixOptions

  @Option(
    name: [.customShort("k"), .customLong("count")],
    parsing: .unconditional, help: ArgumentHelp("How many singular values.", valueName: "count"))
  var count: Int = 10

  @Option(help: ArgumentHelp("auto, gram, lanczos, randomized, tsqr or dense.", valueName: "method"))
  var method: SVDMethod = .auto

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Relative accuracy asked for (default: 1e-10, or 10 ulp in single precision); what leaves more than 100 times "
        + "as much is left out.", valueName: "eps"))
  var tolerance: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Blocks that --method randomized may send through the matrix, a pass each, beside one that inspects it and two "
        + "or three that certify.", valueName: "n"))
  var passes: Int = 100

  @Option(help: ArgumentHelp("Write the left singular vectors, m x k.", valueName: "out"))
  var left: String?

  @Option(help: ArgumentHelp("Write the singular values, k x 1.", valueName: "out"))
  var values: String?

  @Option(help: ArgumentHelp("Write the right singular vectors, n x k.", valueName: "out"))
  var right: String?

  @Option(help: ArgumentHelp("Draw the singular values as SVG.", valueName: "out.svg"))
  var scree: String?

  @Option(
    help: ArgumentHelp("Draw how the residuals fell from pass to pass as SVG.", valueName: "out.svg"))
  var convergence: String?

  func validate() throws {
    if count < 1 { throw ValidationError("-k is \(count), expected at least 1.") }
    if passes < 1 { throw ValidationError("--passes is \(passes), expected at least 1.") }
    if let tolerance, !(tolerance >= 0 && tolerance < 1) {
      throw ValidationError("--tolerance is \(tolerance), expected 0 to 1.")
    }
  }

  func run() async throws {
    try await input.run(outputs: [left, values, right], pictures: [scree, convergence]) {
      try await decompose(as: $0, on: $1)
    }
  }

  private func decompose<S: Scalar>(as type: S.Type, on cluster: Cluster) async throws {
    let start = ContinuousClock.now
    let progress = input.compute.output.progress
    let (a, heading) = try await input.rowMatrix(as: S.self, on: cluster)
    let (svd, counts) = try await PredictedCost.counting(input.compute, on: cluster) {
      try await singularValues(of: a)
    }
    let cost = PredictedCost(prediction: svd.predicted, passes: svd.passes, counts: counts)
    if let left, let vectors = svd.left {
      let dense = try await vectors.collect().dense()
      try writeMatrix(.dense(dense), to: left, progress: progress)
    }
    if let right { try writeMatrix(.dense(svd.right), to: right, progress: progress) }
    if let values {
      let column = try DenseMatrix(
        rows: svd.singularValues.count, columns: 1, elements: svd.singularValues)
      try writeMatrix(.dense(column), to: values, progress: progress)
    }
    if let scree { try drawScree(svd, to: scree) }
    if let convergence { try drawConvergence(svd, to: convergence) }
    noteWhatIsMissing(svd, of: a.shape)
    try await input.report(
      members(svd), cost, beside: [left, values, right, scree, convergence], since: start, on: cluster
    ) {
      table(heading, svd, workers: Report.workers(of: cluster), $0)
    }
    if !svd.converged { throw ExitCode(.badData) }
  }

  private func singularValues<S: Scalar>(of a: RowMatrix<S>) async throws -> TruncatedSVD<S> {
    let bar = ProgressBar(
      label: "svd", total: nil, unit: .passes, mode: input.compute.output.progress)
    defer { bar.finish() }
    return try await a.svd(
      count: count, method: method, tolerance: tolerance.map { S.Real($0) }, seed: input.compute.seed,
      passes: passes, leftVectors: left != nil, progress: { bar.advance(to: $0) })
  }

  private func noteWhatIsMissing<S: Scalar>(_ svd: TruncatedSVD<S>, of shape: Shape) {
    let wanted = min(count, shape.rows, shape.columns)
    if wanted < count {
      Report.note("tessera: the matrix of \(shape) has \(wanted) singular values, not \(count)")
    }
    if svd.singularValues.count < wanted {
      Report.note(
        "tessera: \(svd.singularValues.count) of \(wanted) singular values converged; only those are shown")
    }
    if svd.unresolved > 0 {
      Report.note(
        "tessera: \(svd.unresolved) are too small for \(svd.method.rawValue), which squares; --method tsqr or dense "
          + "resolves them")
    }
    if !svd.isInRange {
      Report.note(
        "tessera: singular values are beyond the range of \(S.kind.rawValue) numbers; scale the matrix")
    }
  }

  private func drawScree<S: Scalar>(_ svd: TruncatedSVD<S>, to path: String) throws {
    try ScreePlot(
      singularValues: svd.singularValues.map { Double($0) }, frobeniusNorm: Double(svd.frobeniusNorm),
      title: "Singular values of \(input.file)"
    ).svg().write(toFile: StandardOutput.opened(path))
  }

  /// The residuals of the iteration, and of the triplets in the end, which is all that a method has to show that
  /// does not iterate.
  private func drawConvergence<S: Scalar>(_ svd: TruncatedSVD<S>, to path: String) throws {
    let largest = Double(svd.singularValues.first ?? 0)
    let final = svd.residuals.map { Double($0) }.max().map { largest > 0 ? $0 / largest : $0 }
    let series = [
      ConvergencePlot.Series(
        name: "\(svd.method.rawValue): |A'A v - t v| / t1", residuals: svd.history.map(\.residual),
        steps: svd.history.map { Double($0.passes) }),
      ConvergencePlot.Series(
        name: "triplets: |(A v - s u, A'u - s v)| / s1", residuals: final.map { [$0] } ?? [],
        steps: final.map { _ in [Double(svd.passes)] } ?? []),
    ]
    try ConvergencePlot(
      series: series.filter { !$0.residuals.isEmpty },
      tolerance: tolerance ?? max(1e-10, 10 * Double(S.Real.ulpOfOne)), stepName: "passes over the matrix",
      residualName: "largest relative residual",
      title: "Convergence of \(count) singular values of \(input.file)"
    ).svg().write(toFile: StandardOutput.opened(path))
  }

  private func members<S: Scalar>(_ svd: TruncatedSVD<S>) -> [(String, JSON)] {
    [
      ("singularValues", .reals(svd.singularValues)), ("residuals", .reals(svd.residuals)),
      ("converged", .bool(svd.converged)), ("method", .text(svd.method.rawValue)),
      ("passes", .int(svd.passes)), ("orthogonality", .real(svd.orthogonality)),
      ("unresolved", .int(svd.unresolved)), ("reason", .text(svd.reason)),
    ]
  }

  private func table<S: Scalar>(
    _ heading: String, _ svd: TruncatedSVD<S>, workers: String, _ elapsed: Double
  ) -> String {
    var rows = [["", "singular value", "residual", "|A|^2 so far"]]
    var sum = 0.0
    let texts = pointAligned(svd.singularValues)
    for (k, (value, residual)) in zip(svd.singularValues, svd.residuals).enumerated() {
      let ratio = Double(value) / Double(svd.frobeniusNorm)
      sum += ratio.isFinite ? ratio * ratio : 0
      rows.append(["\(k + 1)", texts[k], scientific(Double(residual)), "\(Text.fixed(100 * sum, 2)) %"])
    }
    return heading + "\n" + Text.table(rows, leading: 0)
      + "\(svd.method.rawValue), \(numberOfPasses(svd.passes)) over the matrix, \(workers), \(Text.fixed(elapsed, 3)) s\n"
      + "\(svd.method.rawValue): \(svd.reason)"
  }
}
