// What the README shows is what is compiled, and it runs.

import Foundation
import Testing

struct ReadmeTests {
  /// The programs shown, in order.
  private static let programs = ["TenLines", "OwnTask"]

  @Test func examplesAreTheProgramsThatAreBuilt() throws {
    let root = CommandRun.packageRoot
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    let blocks = readme.components(separatedBy: "```swift\n").dropFirst().compactMap {
      $0.components(separatedBy: "```").first
    }
    // What imports something is a program, the rest are lines of one.
    .filter { $0.hasPrefix("import ") }
    let built = try Self.programs.map {
      try String(contentsOf: root.appending(path: "Examples/\($0)/main.swift"), encoding: .utf8)
    }
    #expect(blocks == built)
  }

  @Test(arguments: ["in-process", "sockets"]) func aTaskOfOnesOwnRunsInBothStyles(transport: String) throws {
    let run = try CommandRun([], program: "OwnTask", environment: ["TESSERA_TRANSPORT": transport])
    #expect(run.exitCode == 0, "\(run.errors)")
    // Counted with NumPy.
    #expect(
      run.output == "message-passing: 21878 of 115008\ndataflow: 21878 of 115008\n")
  }

  @Test func exampleFactorsTheDigits() throws {
    let run = try CommandRun([], program: "TenLines")
    #expect(run.exitCode == 0)
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 11)
    #expect(lines.first == "1797 x 64 in 4 passes by gram, converged: true")
    let values = lines.dropFirst().compactMap { $0.split(separator: " ").first.flatMap { Double($0) } }
    // NumPy's numpy.linalg.svd of the same matrix.
    let reference = [
      2193.11933683260, 566.99677184, 542.00493276, 504.1516975, 425.59296526, 353.21824689, 320.3758358,
      302.07440988, 279.556965, 268.51944654,
    ]
    #expect(values.count == 10)
    for (value, expected) in zip(values, reference) { #expect(abs(value - expected) < 1e-8 * 2193) }
  }
}
