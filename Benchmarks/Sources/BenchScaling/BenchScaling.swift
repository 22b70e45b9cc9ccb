// bench-scaling: what more workers bring. By time, strong (the same work) and weak (work that grows with them), for
// as many workers as there are processors; by words, messages and memory beyond, on threads of this process,
// beside what the model of `tessera scale --model` predicts for them. Beyond what fits here there is the model
// alone.

import ArgumentParser
import BenchSupport
import Foundation
import Tessera

/// What is measured.
enum Part: String, CaseIterable, ExpressibleByArgument {
  case product, pass, tsqr
}

@main
struct BenchScaling: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-scaling",
    abstract: "Measure strong and weak scaling: time on the processors, words, messages and memory beyond.")

  @Option(help: "Order of the dense product.") var order = 4096
  @Option(help: "Rows of the sparse matrix; a hundredth as many columns, 10 nonzeros a row.") var rows =
    1_000_000
  @Option(help: "Rows of the tall matrix of 100 columns.") var tallRows = 500_000
  @Option(help: "The largest number of workers that are timed.") var timed = ProcessInfo.processInfo
    .activeProcessorCount
  @Option(help: "The largest number of workers that are counted.") var counted = 64
  @Option(help: "Rounds; medians count.") var rounds = 3
  @OptionGroup var output: OutputChoice
  @Argument(help: "What to measure.") var parts: [Part] = Part.allCases

  func validate() throws {
    guard order >= 64, rows >= 1000, tallRows >= 100, 1...1024 ~= timed, 1...1024 ~= counted, rounds >= 1
    else {
      throw ValidationError(
        "expected an order of at least 64, 1000 rows of the sparse matrix, 100 of the tall one, 1 to 1024 workers and "
          + "a round")
    }
    try refuseMPIJob()
  }

  func run() async throws {
    var report = BenchReport("bench-scaling")
    let asked = try strongLimit(&report)
    for part in parts {
      let works = Works(order: order, rows: rows, tallRows: tallRows)
      for growth in Growth.allCases {
        try await time(part, works, growth, growth == .strong ? asked : nil, &report)
      }
      try await count(part, works, &report)
    }
    try report.print(output)
  }

  /// What is asked of two workers, 1.7 times the speed of one: where two threads of the plain library are as much faster
  /// than one. Processors that share a core, or that others use, give no program what they have not got.
  private func strongLimit(_ report: inout BenchReport) throws -> Row.Limit? {
    guard timed >= 2 else { return nil }
    let n = min(order, 2048)
    let a: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(n, n), seed: 1)
    var c = [Double](repeating: 0, count: n * n)
    let times = medians(rounds, 2) { k in
      dgemmSeconds(order: n, a.storage, a.storage, into: &c, threadCount: k + 1)
    }
    let gain = times[0] / times[1]
    report.note(
      String(format: "Two threads of dgemm are %.2f times as fast as one: ", gain)
        + (gain >= Self.asked
          ? "two workers are asked to be \(Self.asked) times as fast."
          : "of two workers nothing is asked, which would be \(Self.asked) times."))
    return gain >= Self.asked ? .atMost(2 / Self.asked) : nil
  }

  private static let asked = 1.7

  /// Each number of workers on clusters of its own, in turn.
  private func time(
    _ part: Part, _ works: Works, _ growth: Growth, _ limit: Row.Limit?, _ report: inout BenchReport
  ) async throws {
    let counts = powers(timed)
    let times = try await medians(rounds, counts.count) { k in
      try await Cluster.run(ClusterConfiguration(workers: counts[k])) { cluster in
        let work = try await works.prepare(part, factor: growth == .weak ? counts[k] : 1, on: cluster)
        try await work.run()
        return try await seconds { try await work.run() }
      }
    }
    for (k, workers) in counts.enumerated() where workers > 1 {
      // Of strong scaling the time of one worker over the number is the limit, of weak that time itself.
      let ideal = growth == .strong ? times[0] / Double(workers) : times[0]
      report.add(
        Row(
          "\(growth.rawValue) scaling, \(works.title(part)), \(workers) workers", seconds: times[k],
          reference: .init("1 worker" + (growth == .strong ? " / \(workers)" : ""), seconds: ideal),
          limits: workers == 2 ? limit : nil))
    }
  }

  /// Words, messages and memory beside the prediction.
  private func count(_ part: Part, _ works: Works, _ report: inout BenchReport) async throws {
    // A network that costs next to nothing: the model is asked what all workers would do, and chooses by words.
    let machine = MachineModel(flopRate: 1e10, memoryBandwidth: 1e10, latency: 0, bandwidth: 1e12)
    for workers in powers(counted) where workers > 1 {
      let predicted = works.model(part).predicted(workers: workers, on: machine)
      let row = try await Cluster.run(ClusterConfiguration(workers: workers)) { cluster in
        let work = try await works.prepare(part, factor: 1, on: cluster)
        try await work.run()
        let moved = try await cluster.moved { try await work.run() }
        let most = moved.mostReceiving?.total.received
        return Row(
          "\(works.title(part)), \(workers) workers as threads, counted", plan: work.plan, words: most?.words,
          predictedWords: predicted.words, messages: most?.messages, peakBytes: moved.peakBytes)
      }
      report.add(row)
    }
    report.note(
      "What is predicted is what the model of `tessera scale --model` says for as many workers. It has the operands of a "
        + "product lie where the plan wants them; here they have been dealt out evenly before, and more or less has to move."
    )
  }

  private func powers(_ last: Int) -> [Int] {
    var counts: [Int] = []
    var next = 1
    while next <= last {
      counts.append(next)
      next *= 2
    }
    return counts
  }
}

/// How work grows with workers.
enum Growth: String, CaseIterable {
  case strong, weak
}
