// What a step costs beside its limits. Not one of tessera's subcommands: Benchmarks offers it.

import ArgumentParser
import Tessera

/// Measures what steps and their recording cost, beside their limits.
public struct StepLimits: AsyncParsableCommand {
  /// Name and help.
  public static let configuration = CommandConfiguration(
    commandName: "limits",
    abstract: "Measure what a step costs beside the work in it, in both styles, and what recording adds.",
    discussion: "On threads of this process. Exit code 1 when a limit is missed, with --strict.")

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Clusters for each side, in turn; medians count.", valueName: "n"))
  var rounds = 7

  @Option(parsing: .unconditional, help: ArgumentHelp("Number of workers.", valueName: "n"))
  var workers = 4

  @Flag(help: "Fail when a limit is missed.")
  var strict = false

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  /// As the command line is read.
  public init() {}

  /// Refuses what nothing can be measured with.
  public func validate() throws {
    guard 1...1000 ~= rounds, 1...64 ~= workers else { throw ValidationError("nothing to measure") }
  }

  /// Measures, and prints what came of it.
  public func run() async throws {
    try await Report.errors {
      let costs = try await StepCosts(workers: workers, rounds: rounds).measure()
      try Report.result(json ? Self.json(costs) : Self.table(costs))
      if strict, costs.contains(where: { !$0.holds }) { throw ExitCode(.negative) }
    }
  }

  private static func table(_ costs: [StepCost]) -> String {
    let rows = costs.map { cost in
      [
        cost.name, Text.significant(cost.value), cost.unit, Text.significant(cost.limit), cost.detail,
        cost.holds ? "holds" : "MISSED",
      ]
    }
    return Text.table([["", "measured", "", "limit", "medians", ""]] + rows, leading: 1)
  }

  private static func json(_ costs: [StepCost]) -> String {
    JSON.object([
      (
        "limits",
        .array(
          costs.map { cost in
            .object([
              ("name", .text(cost.name)), ("value", .real(cost.value)), ("unit", .text(cost.unit)),
              ("limit", .real(cost.limit)), ("holds", .bool(cost.holds)),
            ])
          })
      )
    ]).description
  }
}
