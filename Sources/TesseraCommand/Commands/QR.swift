// tessera qr FILE: the QR factorization, with LAPACK's test ratios.

import ArgumentParser
import Tessera

extension QRMethod: ExpressibleByArgument {}

struct QR: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "qr",
    abstract: "Factor a matrix into orthonormal columns and a triangle, A = Q R.",
    discussion: """
      R has a diagonal that is not negative. The residual |A - Q R|_1 / (m |A|_1 u) and the orthogonality |I - Q'Q|_1 / \
      (m u) are LAPACK's test ratios, with u the unit roundoff: about 1, and below 30, for factors as good as the \
      precision allows. The rank is the number of singular values above the tolerance. Where elements are near the ends of \
      the scalar's range every column is scaled by itself; with --pivot all are scaled together, and what is smaller than \
      the largest element by the whole range counts as zero. Where R is beyond the range, or loses digits at its lower end, \
      nothing is written, and the exit code is 65. \(PredictedCost.exceptions)
      """)

  @OptionGroup var input: MatrixOptions

  @Option(help: ArgumentHelp("Write Q, m x min(m, n).", valueName: "out"))
  var q: String?

  @Option(help: ArgumentHelp("Write R, min(m, n) x n.", valueName: "out"))
  var r: String?

  @Flag(help: "Pivot columns, A P = Q R, so that the diagonal of R descends and reveals the rank.")
  var pivot = false

  @Option(
    help: ArgumentHelp(
      "Write the permutation with --pivot: the columns of A in their new order, from 1.",
      valueName: "out"))
  var permutation: String?

  @Option(help: ArgumentHelp("auto, tsqr or cholesky.", valueName: "method"))
  var method: QRMethod = .auto

  @Option(
    help: ArgumentHelp(
      "Singular values below this part of the largest do not count for the rank (default: max(m, n) eps).",
      valueName: "part"))
  var tolerance: Double?

  func validate() throws {
    if let tolerance, !(tolerance >= 0 && tolerance < 1) {
      throw ValidationError("--tolerance is \(tolerance), expected 0 to 1.")
    }
    if permutation != nil, !pivot { throw ValidationError("--permutation goes with --pivot.") }
  }

  func run() async throws {
    try await input.run(outputs: [q, r, permutation]) { try await factor(as: $0, on: $1) }
  }

  private func factor<S: Scalar>(as type: S.Type, on cluster: Cluster) async throws {
    let start = ContinuousClock.now
    let progress = input.compute.output.progress
    let (a, heading) = try await input.rowMatrix(as: S.self, on: cluster)
    let (qr, counts) = try await PredictedCost.counting(input.compute, on: cluster) {
      try await a.qr(pivoting: pivot, method: method, orthogonalFactor: q != nil, certify: true)
    }
    let cost = PredictedCost(prediction: qr.predicted, passes: nil, counts: counts)
    if method == .cholesky, qr.method != .cholesky {
      Report.note(
        "tessera: cholesky could not be shown to be as good as reflections; tsqr was taken")
    }
    if !qr.isInRange {
      Report.note(
        "tessera: \(input.file): elements of R are beyond the range of \(S.kind.rawValue) numbers, or lose "
          + "digits at its end; scale the matrix")
      throw ExitCode(.badData)
    }
    let rank = try qr.rank(tolerance: tolerance.map { S.Real($0) })
    if let q, let factor = qr.q {
      try writeMatrix(.dense(try await factor.collect().dense()), to: q, progress: progress)
    }
    if let r { try writeMatrix(.dense(qr.r), to: r, progress: progress) }
    if let permutation {
      let column = try DenseMatrix(
        rows: qr.permutation.count, columns: 1, elements: qr.permutation.map { Double($0 + 1) })
      try writeMatrix(.dense(column), to: permutation, progress: progress)
    }
    let (residual, orthogonality) = (qr.certificate?.residual ?? .nan, qr.certificate?.orthogonality ?? .nan)
    try await input.report(
      [
        ("residual", .real(residual)), ("orthogonality", .real(orthogonality)), ("rank", .int(rank)),
        ("method", .text(qr.method.rawValue)),
      ], cost, beside: [q, r, permutation], since: start, on: cluster
    ) { elapsed in
      heading + "\n"
        + Text.table(
          [
            ["rank", "\(rank)"], ["residual ratio", Text.significant(Double(residual))],
            ["orthogonality ratio", Text.significant(Double(orthogonality))],
          ], leading: 1)
        + "\(qr.method.rawValue), \(numberOfPasses(qr.predicted.passes)) predicted, \(Text.fixed(elapsed, 3)) s"
    }
  }
}
