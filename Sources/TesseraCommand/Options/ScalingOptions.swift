// What `tessera scale --model` predicts, for how many workers, and on what machine.

import ArgumentParser
import Tessera

/// Whole numbers above zero, separated by commas.
struct Counts: ExpressibleByArgument {
  let values: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    values = parts.compactMap { $0 }
    guard values.count == parts.count, values.allSatisfy({ 1...(1 << 40) ~= $0 }) else { return nil }
  }

  init(_ values: [Int]) { self.values = values }
}

struct ScalingOptions: ParsableArguments {
  @Flag(help: "Predict how work scales; --workers is the largest number of them (default: 1000).")
  var model = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("A dense product C (m x n) = A (m x k) B (k x n).", valueName: "m,k,n"))
  var shape: Counts?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("A pass A'(A x) over a sparse matrix of m x n.", valueName: "m,n,nonzeros"))
  var pass: Counts?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The triangle of a dense matrix of m x n, m >= n.", valueName: "m,n"))
  var tsqr: Counts?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Size of the square blocks of the product (default: from its shape).", valueName: "n"))
  var blocks: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("The numbers of workers.", valueName: "p,p,..."))
  var counts: Counts?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("GFLOP/s of a worker in dense products.", valueName: "rate"))
  var flops: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("GB/s that a worker reads from its memory.", valueName: "rate"))
  var reading: Double?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Microseconds that a short message takes.", valueName: "us"))
  var latency: Double?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("GB/s of long messages to a worker.", valueName: "rate"))
  var bandwidth: Double?

  func validate() throws {
    for (option, counts, length) in [("--shape", shape, 3), ("--pass", pass, 3), ("--tsqr", tsqr, 2)] {
      guard let values = counts?.values else { continue }
      guard values.count == length else {
        throw ValidationError("\(option) takes \(length) numbers separated by commas.")
      }
      guard zip(values, values.dropFirst()).allSatisfy({ Double($0) * Double($1) < 1e17 }) else {
        throw ValidationError("\(option): more elements than can be counted.")
      }
    }
    if let values = tsqr?.values, values[0] < values[1] {
      throw ValidationError("--tsqr takes a matrix with at least as many rows as columns.")
    }
    if let blocks, blocks < 1 { throw ValidationError("--blocks is \(blocks), expected 1 or more.") }
    if let counts, counts.values.contains(where: { $0 > 1 << 16 }) {
      throw ValidationError("--counts goes to 65536.")
    }
    for (option, rate) in [("--flops", flops), ("--reading", reading), ("--bandwidth", bandwidth)] {
      if let rate, !(rate > 0 && rate.isFinite) {
        throw ValidationError("\(option) is \(rate), expected a number above 0.")
      }
    }
    if let latency, !(latency >= 0 && latency.isFinite) {
      throw ValidationError("--latency is \(latency), expected 0 or more.")
    }
  }

  /// An option that says nothing without `--model`.
  var given: String? {
    let all = [
      ("--shape", shape != nil), ("--pass", pass != nil), ("--tsqr", tsqr != nil),
      ("--blocks", blocks != nil),
      ("--counts", counts != nil), ("--flops", flops != nil), ("--reading", reading != nil),
      ("--latency", latency != nil), ("--bandwidth", bandwidth != nil),
    ]
    return all.first { $0.1 }?.0
  }

  /// The rates given, and for the others those of this machine.
  private func machine() throws -> MachineModel {
    let messages =
      latency == nil || bandwidth == nil ? try MachineProbe.messages(between: SocketKind.tcp.pair()) : nil
    return MachineModel(
      flopRate: try flops.map { $0 * 1e9 } ?? MachineProbe.productRate(threads: 1),
      memoryBandwidth: reading.map { $0 * 1e9 } ?? MachineProbe.readingRate(threads: 1),
      latency: latency.map { $0 / 1e6 } ?? messages?.latency ?? 0,
      bandwidth: bandwidth.map { $0 * 1e9 } ?? messages?.bandwidth ?? 1)
  }

  /// All predictions asked for: without any one of each kind.
  func report(upTo workers: Int?) throws -> ScalingReport {
    let isAnythingGiven = shape != nil || pass != nil || tsqr != nil
    func values(_ counts: Counts?, _ example: [Int]) -> [Int]? {
      counts?.values ?? (isAnythingGiven ? nil : example)
    }
    var works: [ScalingWork] = []
    if let s = values(shape, [16_384, 16_384, 16_384]) {
      works.append(.product(rows: s[0], inner: s[1], columns: s[2], blockSize: blocks))
    }
    if let s = values(pass, [23_000_000, 38_000, 51_000_000]) {
      works.append(.gramPass(rows: s[0], columns: s[1], nonzeros: s[2]))
    }
    if let s = values(tsqr, [1_000_000, 100]) { works.append(.triangle(rows: s[0], columns: s[1])) }
    var numbers = counts?.values ?? []
    if counts == nil {
      let last = max(1, workers ?? 1000)
      var next = 1
      while next < last {
        numbers.append(next)
        next *= 2
      }
      numbers.append(last)
    }
    let machine = try machine()
    return ScalingReport(
      machine: machine, isMeasured: [flops, reading, latency, bandwidth].contains { $0 == nil },
      parts: works.map { work in (work, numbers.map { work.predicted(workers: $0, on: machine) }) })
  }
}
