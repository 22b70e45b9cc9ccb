// bench-svd: truncated singular value decompositions of generated sparse matrices: how long making the matrix, one pass
// and the whole take, beside what was published for a cluster. Also under mpirun, where the workers are the ranks.

import ArgumentParser
import BenchSupport
import Tessera

@main
struct BenchSVD: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-svd",
    abstract: "Measure truncated singular value decompositions of sparse matrices.",
    subcommands: [Published.self, Free.self], defaultSubcommand: Published.self)
}

/// The shapes of a published table of run times.
struct Published: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "The shapes of the published table: synthetic data, today's hardware.",
    discussion: """
      Five singular triplets of matrices of the shapes for which run times on 68 executors of a Spark cluster with 8 GB \
      each were published in 2014 (Li Pu, Reza Zadeh, Distributing the Singular Value Decomposition with Spark). The data \
      are not those of the publication, which are not public: rows have a Poisson number of entries at columns whose \
      frequency falls as 1 / rank, as in texts, or, with --columns-by uniform, at uniformly random distinct columns, \
      where nothing separates the values and Lanczos takes four times as many passes.
      """)

  /// A row of the table.
  struct Row {
    let shape: Shape
    let nonzeros: Int
    let secondsPerPass: Double
    let seconds: Double
    /// Seconds that a pass and the whole may take on two processors.
    let limitPerPass: Double
    let limit: Double
    /// Bytes that it may take where the matrix only just fits.
    var limitBytes: Double?
  }

  static let rows = [
    Row(
      shape: Shape(23_000_000, 38_000), nonzeros: 51_000_000, secondsPerPass: 0.2, seconds: 10,
      limitPerPass: 0.08, limit: 4),
    Row(
      shape: Shape(63_000_000, 49_000), nonzeros: 440_000_000, secondsPerPass: 1, seconds: 50,
      limitPerPass: 1, limit: 50),
    Row(
      shape: Shape(94_000_000, 4_000), nonzeros: 1_600_000_000, secondsPerPass: 0.5, seconds: 50,
      limitPerPass: 2, limit: 100, limitBytes: 22e9),
  ]

  @Option(help: "Rows of the table.") var row: [Int] = [1, 2, 3]
  @OptionGroup var options: SVDOptions

  func validate() throws {
    guard !row.isEmpty, row.allSatisfy({ 1...3 ~= $0 }) else {
      throw ValidationError("the table has rows 1 to 3")
    }
  }

  func run() async throws {
    var report = BenchReport("bench-svd")
    report.note("Synthetic data of the published shapes, hardware of today.")
    for number in row {
      let published = Self.rows[number - 1]
      let measured = try await options.measure(
        published.shape, nonzeros: published.nonzeros,
        // The third fits this machine in one form only.
        form: options.form ?? (number == 3 ? .prepared : .rows))
      for row in measured.rows("row \(number)", published: published) { report.add(row) }
      for note in measured.notes("row \(number)") { report.note(note) }
    }
    try report.print(options.output)
  }
}

/// Any size.
struct Free: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "free", abstract: "A matrix of any size.")

  @Option(help: "Rows.") var rows = 1_000_000
  @Option(help: "Columns.") var columns = 10_000
  @Option(help: "Stored entries.") var nonzeros = 10_000_000
  @OptionGroup var options: SVDOptions

  func validate() throws {
    guard rows >= 1, columns >= 1, nonzeros >= 1 else { throw ValidationError("nothing to measure") }
    let (cells, isMore) = rows.multipliedReportingOverflow(by: columns)
    guard isMore || nonzeros <= cells else {
      throw ValidationError("\(rows) x \(columns) has no room for \(nonzeros) entries")
    }
  }

  func run() async throws {
    let measured = try await options.measure(
      Shape(rows, columns), nonzeros: nonzeros, form: options.form ?? .rows)
    var report = BenchReport("bench-svd")
    for row in measured.rows("\(rows) x \(columns)", published: nil) { report.add(row) }
    for note in measured.notes("\(rows) x \(columns)") { report.note(note) }
    try report.print(options.output)
  }
}
