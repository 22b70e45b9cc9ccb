// tessera similar FILE OUT --threshold T: the pairs of columns that point the same way.

import ArgumentParser
import Tessera

struct Similar: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "similar",
    abstract: "Find the pairs of columns, or rows, whose cosine similarity reaches a threshold.",
    discussion: """
      OUT is a square matrix with an entry above the diagonal for each pair. With --standard-error the elements of \
      large columns are sampled (DIMSUM); similarities are then estimates with at most that standard deviation.
      """)

  @OptionGroup var input: MatrixOptions

  @Argument(help: "The matrix file to write.", completion: .file())
  var destination: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The least modulus of a similarity that counts, 0 to 1.", valueName: "t"))
  var threshold: Double = 0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The accepted standard deviation of a similarity; 0: exact.", valueName: "e"))
  var standardError: Double = 0

  @Flag(help: "Compare rows.")
  var rows = false

  func validate() throws {
    if !(threshold >= 0 && threshold <= 1) {
      throw ValidationError("--threshold is \(threshold), expected 0 to 1.")
    }
    if !(standardError >= 0 && standardError < 1) {
      throw ValidationError("--standard-error is \(standardError), expected 0 to 1.")
    }
  }

  func run() async throws {
    try await input.run(outputs: [destination]) { try await compare(as: $0, on: $1) }
  }

  private func compare<S: Scalar>(as type: S.Type, on cluster: Cluster) async throws {
    let start = ContinuousClock.now
    let (a, heading) = try await input.rowMatrix(as: S.self, on: cluster)
    let (least, error, seed) = (S.Real(threshold), S.Real(standardError), input.compute.seed)
    let found =
      try await rows
      ? a.rowSimilarities(threshold: least, standardError: error, seed: seed)
      : a.columnSimilarities(threshold: least, standardError: error, seed: seed)
    try writeMatrix(.triplets(found.pairs), to: destination, progress: input.compute.output.progress)
    try await input.report(
      [
        ("pairs", .int(found.pairs.entryCount)), ("threshold", .real(threshold)),
        ("standardError", .real(found.standardError)),
      ], beside: [destination], since: start, on: cluster
    ) { elapsed in
      let what = rows ? "rows" : "columns"
      let accuracy = found.standardError > 0 ? ", each to \(found.standardError)" : ""
      return heading
        + "\n\(destination): \(found.pairs.entryCount) pairs of \(what)\(accuracy), \(Text.fixed(elapsed, 3)) s"
    }
  }
}
