// tessera pca FILE -k K: the principal components of the rows.

import ArgumentParser
import Tessera

extension PCAMethod: ExpressibleByArgument {}

struct PCA: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pca",
    abstract: "Find the directions in which the rows of a matrix vary most.",
    discussion: """
      Columns are centred without filling a sparse matrix. Ratios are of the variance of all columns. The largest \
      element of each component is positive. Components that did not converge, or whose variances the method squares away, \
      are not shown; a note says so, and the exit code is 65. It is 65 too where variances are beyond the range of the \
      scalar; components and ratios are right all the same. \(PredictedCost.exceptions)
      """)

  @OptionGroup var input: MatrixOptions

  @Option(
    name: [.customShort("k"), .customLong("count")],
    parsing: .unconditional, help: ArgumentHelp("How many components.", valueName: "count"))
  var count: Int = 10

  @Flag(help: "Divide every column by its standard deviation first.")
  var unitVariance = false

  @Option(help: ArgumentHelp("auto, gram, tsqr or lanczos.", valueName: "method"))
  var method: PCAMethod = .auto

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Relative accuracy asked of lanczos (default: 1e-10, or 10 ulp in single precision).", valueName: "eps")
  )
  var tolerance: Double?

  @Option(help: ArgumentHelp("Write the components, n x k.", valueName: "out"))
  var components: String?

  @Option(help: ArgumentHelp("Write the rows in the coordinates of the components, m x k.", valueName: "out"))
  var scores: String?

  @Option(help: ArgumentHelp("Draw the square roots of the variances as SVG.", valueName: "out.svg"))
  var scree: String?

  func validate() throws {
    if count < 1 { throw ValidationError("-k is \(count), expected at least 1.") }
    if let tolerance, !(tolerance >= 0 && tolerance < 1) {
      throw ValidationError("--tolerance is \(tolerance), expected 0 to 1.")
    }
  }

  func run() async throws {
    try await input.run(outputs: [components, scores], pictures: [scree]) {
      try await analyse(as: $0, on: $1)
    }
  }

  private func analyse<S: Scalar>(as type: S.Type, on cluster: Cluster) async throws {
    let start = ContinuousClock.now
    let progress = input.compute.output.progress
    let (a, heading) = try await input.rowMatrix(as: S.self, on: cluster)
    let bar = ProgressBar(label: "pca", total: nil, unit: .passes, mode: progress)
    defer { bar.finish() }
    let (pca, counts) = try await PredictedCost.counting(input.compute, on: cluster) {
      try await a.pca(
        count: count, unitVariance: unitVariance, method: method, tolerance: tolerance.map { S.Real($0) },
        seed: input.compute.seed, scores: scores != nil, progress: { bar.advance(to: $0) })
    }
    let cost = PredictedCost(prediction: pca.predicted, passes: pca.passes, counts: counts)
    if let components { try writeMatrix(.dense(pca.components), to: components, progress: progress) }
    if let scores, let rows = pca.scores {
      try writeMatrix(.dense(try await rows.collect().dense()), to: scores, progress: progress)
    }
    if let scree {
      try ScreePlot(
        singularValues: pca.explainedVariance.map { Double($0).squareRoot() },
        frobeniusNorm: Double(pca.totalVariance).squareRoot(), title: "Principal components of \(input.file)"
      ).svg().write(toFile: StandardOutput.opened(scree))
    }
    let wanted = min(count, a.rows, a.columns)
    if wanted < count {
      Report.note("tessera: a matrix of \(a.shape) has \(wanted) components, not \(count)")
    }
    let found = pca.explainedVariance.count
    if found < wanted {
      Report.note("tessera: \(found) of \(wanted) components converged; only those are shown")
    }
    if pca.unresolved > 0 {
      Report.note(
        "tessera: \(pca.unresolved) have variances too small for \(pca.method.rawValue), which squares; --method tsqr "
          + "resolves them")
    }
    if !pca.isInRange {
      Report.note(
        "tessera: the variances are beyond the range of \(S.kind.rawValue) numbers; scale the matrix")
    }
    try await input.report(
      [
        ("explainedVariance", .reals(pca.explainedVariance)),
        ("explainedVarianceRatio", .reals(pca.explainedVarianceRatio)),
        ("mean", .array(pca.mean.map { .scalar($0) })), ("residuals", .reals(pca.residuals)),
        ("converged", .bool(pca.converged)), ("method", .text(pca.method.rawValue)),
        ("passes", .int(pca.passes)), ("unresolved", .int(pca.unresolved)),
      ], cost, beside: [components, scores, scree], since: start, on: cluster
    ) { elapsed in
      var rows = [["", "variance", "of all", "residual"]]
      let texts = pointAligned(pca.explainedVariance)
      for k in texts.indices {
        rows.append([
          "\(k + 1)", texts[k], "\(Text.fixed(100 * Double(pca.explainedVarianceRatio[k]), 2)) %",
          scientific(Double(pca.residuals[k])),
        ])
      }
      return heading + "\n" + Text.table(rows, leading: 0)
        + "\(pca.method.rawValue), \(numberOfPasses(pca.passes)) over the matrix, \(Text.fixed(elapsed, 3)) s"
    }
    if !pca.converged { throw ExitCode(.badData) }
  }
}
