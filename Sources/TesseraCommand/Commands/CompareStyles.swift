// tessera compare-styles: the same programs in both styles on each transport, and what a fault costs each.

import ArgumentParser
import Foundation
import Tessera

/// Measures both styles beside each other.
public struct CompareStyles: AsyncParsableCommand {
  /// Name and help.
  public static let configuration = CommandConfiguration(
    commandName: "compare-styles",
    abstract: "Run the same programs in message-passing and dataflow style, and show the difference.",
    discussion: """
      svd: passes over a sparse matrix (or FILE); product: dense products; conversion: a sparse matrix by rows to one by \
      columns and back, an exchange of all nonzeros; steps: many steps of next to no work. Each runs in both styles on \
      threads and on processes joined by sockets, in turn; under mpirun, on the ranks of the job in the style of --style. \
      Times are medians. Words, messages and bytes are those sent by all workers; a worker waits while it runs no task. \
      The bits of all results are compared; where they differ, the exit code is 70.

      --kill and --slow run everything once more with faults, at moments that --seed chooses. In message passing the \
      run after a loss ends with an error and is repeated on new workers, and the time is that of both.
      """)

  @Argument(help: "A matrix file for the workload svd, instead of a random matrix.")
  var file: String?

  @Option(
    name: .customLong("workload"), parsing: .singleValue,
    help: ArgumentHelp(
      "svd, product, conversion or steps; may be given several times (default: all).", valueName: "name"))
  var workloads: [Workload] = []

  @Option(parsing: .unconditional, help: ArgumentHelp("How often everything is run.", valueName: "n"))
  var repeats = 5

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Rows of the sparse matrix; the dense one has a quarter.", valueName: "n"))
  var rows = 20_000

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Columns of the sparse matrix; the dense one has a quarter.", valueName: "n"))
  var columns = 1_000

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Share of entries that are not zero.", valueName: "share"))
  var density = 0.02

  @Option(parsing: .unconditional, help: ArgumentHelp("Steps of the workload steps.", valueName: "n"))
  var steps = 200

  @Option(parsing: .unconditional, help: ArgumentHelp("Pieces to cut every matrix into.", valueName: "n"))
  var partitions = 16

  @Option(parsing: .unconditional, help: ArgumentHelp("Seed of everything random.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Run once more while so many workers are lost.", valueName: "n"))
  var kill = 0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Run once more while so many workers are slow (processes only).", valueName: "n"))
  var slow = 0

  @Option(
    name: .customLong("slow-factor"), parsing: .unconditional,
    help: ArgumentHelp("How slow, as a divisor of speed.", valueName: "n"))
  var slowFactor = 10

  @Option(help: ArgumentHelp("Draw the times as SVG.", valueName: "out.svg"))
  var svg: String?

  @OptionGroup var cluster: ClusterOptions

  @OptionGroup var output: OutputOptions

  /// As the command line is read.
  public init() {}

  /// Refuses sizes that nothing can be measured with.
  public func validate() throws {
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
      if !(range ~= value) {
        throw ValidationError(
          "--\(name) is \(value), expected \(range.lowerBound) to \(range.upperBound).")
      }
    }
    try check("repeats", repeats, 1...1000)
    try check("rows", rows, 1...100_000_000)
    try check("columns", columns, 1...1_000_000)
    try check("steps", steps, 1...1_000_000)
    try check("partitions", partitions, 1...65_536)
    try check("slow-factor", slowFactor, 2...1000)
    try check("kill", kill, 0...3)
    try check("slow", slow, 0...1023)
    if !(density > 0 && density <= 1) {
      throw ValidationError("--density is \(density), expected more than 0, at most 1.")
    }
  }

  /// Measures, and prints what came of it.
  public func run() async throws {
    try await Report.errors(onEveryRank: true) {
      try checkPicture(svg)
      try checkOutputs([svg], input: file)
      let start = ContinuousClock.now
      let comparison = try comparison()
      let most = comparison.configuration.workers - 1
      guard kill <= most, slow <= most else {
        throw ExecutionError.invalidConfiguration(
          "of \(most + 1) workers at most \(most) can be killed or slow: the driver's own cannot")
      }
      guard kill + slow == 0 || comparison.configuration.transport != .mpi else {
        throw ExecutionError.invalidConfiguration("a lost rank ends its MPI job; leave out --kill and --slow")
      }
      guard slow == 0 || !comparison.ways(with: .slow(slow, factor: slowFactor)).isEmpty else {
        throw ExecutionError.invalidConfiguration(
          "threads cannot be slowed: --slow needs the transport sockets")
      }
      let report = try await measure(comparison)
      if let svg { try report.chart(title: title(report)).svg().write(toFile: StandardOutput.opened(svg)) }
      try Report.result(
        output.json
          ? JSON.object(
            [
              ("workers", .int(report.workers)), ("partitions", .int(partitions)), ("repeats", .int(repeats)),
            ] + report.json + [("seconds", .real(seconds(since: start)))]
          ).description
          : title(report) + "\n\n" + report.table,
        beside: [svg])
      guard report.differing.isEmpty else { throw DifferentBits(workloads: report.differing) }
    }
  }

  private func measure(_ comparison: Comparison) async throws -> ComparisonReport {
    BLASThreads.set(1)
    let sizes = WorkloadSizes(
      rows: rows, columns: columns, density: density, tiles: partitions, steps: steps, seed: seed)
    var inputs = WorkloadInputs(sizes, file: file)
    var report = ComparisonReport(measurements: [], faults: [])
    let faults = [kill > 0 ? Fault.kill(kill) : nil, slow > 0 ? .slow(slow, factor: slowFactor) : nil]
      .compactMap { $0 }
    let plain = comparison.workloads.count * comparison.ways.count * repeats
    let withFaults = faults.map { comparison.ways(with: $0).count * comparison.workloads.count }
    let bar = ProgressBar(
      label: "comparing styles", total: plain + withFaults.reduce(0, +), unit: .tasks, mode: output.progress)
    defer { bar.finish() }
    report.measurements = try await comparison.measure(&inputs) { bar.advance(to: $0) }
    for fault in faults {
      report.faults += try await comparison.measure(fault, beside: report.measurements, &inputs) {
        bar.advance()
      }
    }
    return report
  }

  private func comparison() throws(ExecutionError) -> Comparison {
    var settings = cluster.settings
    let environment = ProcessInfo.processInfo.environment
    // Four workers show what one of two would not, also on a small machine.
    if ClusterConfiguration.launchedRank() == nil, environment[ClusterSetting.workers.variable] == nil,
      cluster.workers == nil
    {
      settings[.workers] = "4"
    }
    let configuration = try ClusterConfiguration.fromSettings(settings)
    guard configuration.sockets.listen == nil, configuration.sockets.connect == nil else {
      throw .invalidConfiguration("styles are compared on workers that this program starts itself")
    }
    let isMPI = configuration.transport == .mpi
    let styles = cluster.style.map { [$0] } ?? (isMPI ? [configuration.style] : [.messagePassing, .dataflow])
    let transports: [Transport] =
      isMPI ? [.mpi] : cluster.transport.map { [$0] } ?? [.inProcess, .sockets]
    return Comparison(
      workloads: workloads.isEmpty ? Workload.allCases : workloads,
      ways: transports.flatMap { transport in styles.map { RunningWay(style: $0, transport: transport) } },
      configuration: configuration, repeats: repeats)
  }

  private func title(_ report: ComparisonReport) -> String {
    "Message passing and dataflow: \(report.workers) workers, \(partitions) tiles, median of \(repeats)"
  }
}
