// bench-report: runs the other benchmarks one after the other and writes one document: the machine, its limits in
// the same run, and every row with its limit and whether it is kept. A benchmark that fails is said to have
// failed; the others are run all the same, and the exit code is 1. A limit that is missed is a result.

import ArgumentParser
import BenchSupport
import Foundation

extension Suite: ExpressibleByArgument {}

@main
struct BenchReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-report", abstract: "Run the benchmarks and write a report in Markdown.",
    discussion: """
      The other binaries are expected beside this one. Where the environment does not set OPENBLAS_CORETYPE and \
      OpenBLAS is too old to know this processor, the benchmarks and the libraries that they are compared with are all \
      run with the kernels that fit, and the report says so.
      """)

  @Option(help: "quick (under ten minutes on two processors) or full.") var suite = Suite.quick
  @Option(help: "The file to write.") var to = "benchmarks.md"
  @Option(help: "Only these binaries.") var only: [String] = []

  func validate() throws {
    try refuseMPIJob()
    let known = suite.entries.map(\.binary)
    if let other = only.first(where: { !known.contains($0) }) {
      throw ValidationError("there is no \(other) in the suite: \(known.joined(separator: ", "))")
    }
  }

  func run() throws {
    let machine = Machine.current()
    var environment: [String: String] = [:]
    if let missing = machine.missingCoreType { environment["OPENBLAS_CORETYPE"] = missing }
    let start = ContinuousClock.now
    var document = Document(machine: machine, told: environment["OPENBLAS_CORETYPE"])
    for entry in suite.entries where only.isEmpty || only.contains(entry.binary) {
      note("\n\(entry.binary) \(entry.arguments.joined(separator: " "))")
      document.add(entry, outcome(of: entry, environment))
      // What has been measured so far is there whatever happens next.
      try document.markdown(seconds: (ContinuousClock.now - start).inSeconds)
        .write(toFile: to, atomically: true, encoding: .utf8)
    }
    note("\n\(to): \(document.summary)")
    if document.failures > 0 { throw ExitCode.failure }
  }

  private func outcome(of entry: Entry, _ environment: [String: String]) -> Outcome {
    let folder = Bundle.main.bundleURL.path
    let path = "\(folder)/\(entry.binary)"
    guard FileManager.default.isExecutableFile(atPath: path) else { return .failed("it has not been built") }
    do {
      let output = try BenchSupport.run(
        path, entry.arguments + ["--json"], environment: environment, seconds: 60 * entry.minutes)
      if let steps = try? JSONDecoder().decode(StepLimits.self, from: output) { return .report(steps.report) }
      return .report(try BenchReport(json: output))
    } catch {
      return .failed("\(error)")
    }
  }

  private func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

/// What came of a benchmark.
enum Outcome {
  case report(BenchReport)
  case failed(String)
}
