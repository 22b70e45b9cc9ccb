// tessera doctor: what this machine has, what it does in a few seconds of trying, and what is misconfigured.

import ArgumentParser
import Foundation
import Tessera

/// What another process of this program does for `doctor`.
enum DoctorPart: String, ExpressibleByArgument {
  /// Prints the rate of dense products: with another environment.
  case product
  /// Is one of two MPI ranks that send each other messages.
  case mpiRank = "mpi-rank"
}

struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what this machine has and does, and what is misconfigured.",
    discussion: """
      A few seconds: a dense product with one thread and with all, reading from memory, and messages between two \
      workers over each transport. Between processes of one machine; between machines the network decides. Worth \
      asking before anything is measured, and when something is slow.
      """)

  @Option(help: .hidden)
  var part: DoctorPart?

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func run() async throws {
    try await Report.errors(onEveryRank: part == .mpiRank) {
      switch part {
      case .product: try Report.result("\(try MachineProbe.productRate(threads: 1))")
      case .mpiRank:
        if let rates = try await MPIProbe.rank() {
          try Report.result(String(decoding: try JSONEncoder().encode(rates), as: UTF8.self))
        }
      case nil: try examine()
      }
    }
  }

  private func examine() throws {
    let start = ContinuousClock.now
    let facts = MachineFacts.current()
    let rates = MachineRates(
      product: (
        try MachineProbe.productRate(threads: 1), try MachineProbe.productRate(threads: facts.processors)
      ), other: Diagnosis.alternative(facts).flatMap(Self.rate))
    let reading = (
      one: MachineProbe.readingRate(threads: 1), all: MachineProbe.readingRate(threads: facts.processors)
    )
    let ends = InProcessCommunicator.group(size: 2)
    var messages = [("in-process", try MachineProbe.messages(between: (ends[0], ends[1])))]
    for kind in SocketKind.allCases {
      messages.append(("sockets, \(kind.rawValue)", try MachineProbe.messages(between: kind.pair())))
    }
    let mpi = MPIProbe.facts()
    if let rates = mpi.rates { messages.append(("mpi", rates)) }
    let problems = Diagnosis.problems(facts, rates, mpi)
    let exam = Examination(
      facts: facts, rates: rates, reading: reading, messages: messages, mpi: mpi, problems: problems,
      seconds: seconds(since: start))
    try Report.result(json ? exam.json.description : exam.text)
  }

  /// The rate of dense products with the given kernels; nil if that cannot be found out.
  private static func rate(_ kernels: Kernels) -> (kernels: Kernels, product: Double)? {
    let variable = "OPENBLAS_CORETYPE"
    var adding: [String: String] = [:]
    if case .forced(let name) = kernels { adding[variable] = name }
    let output = try? SelfRun.output(
      of: SelfRun.path, ["doctor", "--part", DoctorPart.product.rawValue], adding: adding,
      removing: [variable])
    let rate = output.flatMap {
      Double(String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
    return rate.map { (kernels, $0) }
  }
}

/// All that has been found out.
private struct Examination {
  let facts: MachineFacts
  let rates: MachineRates
  let reading: (one: Double, all: Double)
  let messages: [(transport: String, rates: MessageRates)]
  let mpi: MPIFacts
  let problems: [String]
  let seconds: Double

  var json: JSON {
    .object([
      (
        "machine",
        .object([
          ("processor", .text(facts.processor)), ("processors", .int(facts.processors)),
          ("load", .real(facts.load)), ("memoryBytes", .int(facts.memoryBytes)),
        ])
      ),
      (
        "blas",
        .object([
          ("library", .text(facts.blas)), ("coreType", .text(facts.coreType)),
          ("forcedCoreType", facts.environment["OPENBLAS_CORETYPE"].map { .text($0) } ?? .null),
          ("flopsPerSecond", .real(rates.product.one)),
          ("flopsPerSecondAllThreads", .real(rates.product.all)),
          ("flopsPerSecondOtherKernels", rates.other.map { .real($0.product) } ?? .null),
        ])
      ),
      (
        "mpi",
        .object([
          ("library", mpi.library.map { .text($0) } ?? .null),
          ("launcher", mpi.launcher.map { .text($0) } ?? .null),
        ])
      ),
      (
        "threads",
        .object([("processors", .int(facts.processors)), ("quota", facts.quota.map { .real($0) } ?? .null)])
      ),
      (
        "memory",
        .object([
          ("bytesPerSecond", .real(reading.one)), ("bytesPerSecondAllThreads", .real(reading.all)),
        ])
      ),
      (
        "messages",
        .array(
          messages.map { transport, rates in
            .object([
              ("transport", .text(transport)), ("latencySeconds", .real(rates.latency)),
              ("bytesPerSecond", .real(rates.bandwidth)),
            ])
          })
      ),
      ("problems", .array(problems.map { .text($0) })), ("seconds", .real(seconds)),
    ])
  }

  var text: String {
    func rate(_ x: Double, _ unit: String) -> String { Text.significant(x / 1e9) + " " + unit }
    var lines = [
      "\(facts.processor), \(facts.processors) processors, \(Text.bytes(facts.memoryBytes)), load \(Text.fixed(facts.load, 1))",
      "\(facts.blas), kernels for \(facts.coreType)",
      mpi.library.map { $0 + (mpi.launcher.map { ", \($0)" } ?? ", no mpirun") } ?? "no MPI", "",
    ]
    let rows = [
      ["", "1 thread", "\(facts.processors) threads"],
      ["dense product", rate(rates.product.one, "GFLOP/s"), rate(rates.product.all, "GFLOP/s")],
      ["reading memory", rate(reading.one, "GB/s"), rate(reading.all, "GB/s")],
    ]
    lines.append(Text.table(rows, leading: 1))
    let costs = messages.map { transport, rates in
      [transport, Text.significant(rates.latency * 1e6) + " us", rate(rates.bandwidth, "GB/s")]
    }
    lines.append(Text.table([["messages between two workers", "8 bytes", "16 MiB"]] + costs, leading: 1))
    lines += problems.isEmpty ? ["nothing is misconfigured"] : problems.map { "! \($0)" }
    return lines.joined(separator: "\n")
  }
}
