// tessera solve A B OUT: square systems and least squares, with the residual that the solution truly has.

import ArgumentParser
import Tessera

extension SolveMethod: ExpressibleByArgument {}

struct Solve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Solve A X = B, or find the X of least |B - A X|.",
    discussion: """
      The residual is |b - A x| / |b|, computed from the solution itself; the largest over the columns of B. Iterations are \
      judged by it. direct, lu and cholesky are judged by HPL's ratio |b - A x| / (n u (|A| |x| + |b|)) of every column, \
      with u the unit roundoff, which is below 16 for a solution as good as the precision allows, however large the \
      residual of an ill-conditioned system; tsqr by that ratio, or by the normal residual |A'r| / (|A| |r|), below 1000 \
      max(m, n) u. --tolerance is not for them. Where a solution is not good enough, or not in the range of the scalar, \
      it is written nevertheless, a note says why, and the exit code is 65. A rectangular or singular matrix \
      gets the least-squares solution of least norm. lu and cholesky keep a dense matrix and its factors on the workers; \
      auto takes lu where a dense matrix is too large for the first worker. \(InputPair.discussion) \
      \(PredictedCost.exceptions)
      """)

  @OptionGroup var inputs: InputPair

  @Argument(help: "The file to write, or - for standard output: X, n x p.", completion: .file())
  var destination: String

  @Option(
    help: ArgumentHelp(
      "Format to write, where the name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @Option(
    help: ArgumentHelp("auto, direct, lu, cholesky, tsqr, cg, minres, gmres or lsmr.", valueName: "method"))
  var method: SolveMethod = .auto

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Relative residual asked of an iteration (default: 1e-10, or 100 ulp in single precision).",
      valueName: "eps"))
  var tolerance: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Steps of an iteration at most (default: 10 n).", valueName: "n"))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "Speed up cg, minres or gmres: none, diagonal, or a number of rows for diagonal blocks.",
      valueName: "kind"))
  var preconditioner = "none"

  @Option(help: ArgumentHelp("Draw the residuals of an iteration as SVG.", valueName: "out.svg"))
  var convergence: String?

  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    if let tolerance, !(tolerance >= 0 && tolerance < 1) {
      throw ValidationError("--tolerance is \(tolerance), expected 0 to 1.")
    }
    if let limit, limit < 0 { throw ValidationError("--limit is \(limit), expected 0 or more.") }
    let kind = try preconditionerKind()
    if kind != .none, ![.cg, .minres, .gmres].contains(method) {
      throw ValidationError("--preconditioner is for --method cg, minres or gmres.")
    }
    if convergence != nil, ![.cg, .minres, .gmres, .lsmr].contains(method) {
      throw ValidationError("--convergence is for --method cg, minres, gmres or lsmr.")
    }
  }

  private func preconditionerKind() throws -> PreconditionerKind {
    switch preconditioner {
    case "none": return .none
    case "diagonal": return .diagonal
    default:
      guard let size = Int(preconditioner), size >= 1 else {
        throw ValidationError(
          "--preconditioner is \(preconditioner), expected none, diagonal or a number of rows.")
      }
      return .blockDiagonal(size: size)
    }
  }

  private var left: String { inputs.left }
  private var right: String { inputs.right }

  func run() async throws {
    try await Report.errors(onEveryRank: true) {
      if format == nil { _ = try MatrixFileFormat.inferred(fromName: destination) }
      try checkPicture(convergence)
      for input in [left, right] {
        try checkOutputs([destination, convergence, compute.trace], input: input)
      }
      // Under mpirun every rank comes here; what touches files is the program, which rank 0 alone runs.
      try await compute.runCluster { cluster in
        do {
          try await withScalar(try compute.scalar ?? inputs.scalar()) {
            try await solve(as: $0, on: cluster)
          }
        } catch let error as LinearAlgebraError {
          if case .invalidArgument = error { throw error }
          throw FileFormatError(.badData, file: left, "\(error)")
        }
      }
    }
  }

  private func solve<S: Scalar>(as type: S.Type, on cluster: Cluster) async throws {
    let start = ContinuousClock.now
    func read(_ path: String) async throws -> RowMatrix<S> {
      try await readRows(
        path, format: inputs.format(of: path), options: inputs.reading.options,
        partitions: compute.partitions, on: cluster, progress: compute.output.progress)
    }
    let (a, b) = (try await read(left), try await read(right))
    do {
      _ = try await b.magnitudes()
    } catch let error as LinearAlgebraError {
      throw FileFormatError(.badData, file: right, "\(error)")
    }
    let (found, counts) = try await PredictedCost.counting(compute, on: cluster) {
      try await solution(of: a, b)
    }
    let cost = PredictedCost(prediction: found.predicted, passes: found.passes, counts: counts)
    try writeMatrix(
      .dense(found.solution), to: destination, format: format, progress: compute.output.progress)
    if let convergence {
      let series = ConvergencePlot.Series(
        name: found.method.rawValue, residuals: found.history,
        steps: found.history.indices.map(Double.init))
      try ConvergencePlot(
        series: [series], tolerance: tolerance, title: "Residual of \(left)"
      ).svg().write(toFile: StandardOutput.opened(convergence))
    }
    let ledger = try await cost.ledger(compute, of: cluster)
    try report(found, cost, a.shape, workers: Report.workers(of: cluster), seconds(since: start), ledger)
    if let ledger { Report.note("\(LedgerTable(ledger))") }
    if let reason = found.reason {
      Report.note("tessera: \(left): not converged: \(reason)")
      throw ExitCode(.badData)
    }
  }

  private func solution<S: Scalar>(of a: RowMatrix<S>, _ b: RowMatrix<S>) async throws
    -> LinearSystemSolution<S>
  {
    let bar = ProgressBar(label: "solve", total: nil, unit: .passes, mode: compute.output.progress)
    defer { bar.finish() }
    return try await a.solve(
      b, method: method, tolerance: tolerance.map { S.Real($0) }, limit: limit,
      preconditioner: try preconditionerKind(), progress: { bar.advance(to: $0) })
  }

  private func report<S: Scalar>(
    _ found: LinearSystemSolution<S>, _ cost: PredictedCost, _ shape: Shape, workers: String,
    _ elapsed: Double,
    _ ledger: LedgerReport?
  ) throws {
    let residual = found.residuals.max() ?? 0
    var members: [(String, JSON)] = [
      ("residual", .real(Double(residual))), ("iterations", .int(found.iterations)),
      ("method", .text(found.method.rawValue)), ("converged", .bool(found.converged)),
      ("passes", .int(found.passes)),
    ]
    var lines = [
      "\(left): \(shape), \(found.description)", "residual |b - A x| / |b|  \(scientific(Double(residual)))",
    ]
    if let normal = found.normalResiduals?.max() {
      members.append(("normalResidual", .real(Double(normal))))
      lines.append("normal residual |A'r| / (|A| |r|)  \(scientific(Double(normal)))")
    }
    if let rank = found.rank { members.append(("rank", .int(rank))) }
    let steps = found.iterations > 0 ? "\(found.iterations) steps, " : ""
    lines.append(
      "\(steps)\(numberOfPasses(found.passes)) over the matrix, \(workers), "
        + "\(Text.fixed(elapsed, 3)) s\(cost.line)")
    members += cost.members
    try Report.result(
      compute.output.json
        ? compute.json(members, seconds: elapsed, ledger) : lines.joined(separator: "\n"),
      beside: [destination, convergence, compute.trace])
  }
}
