// bench-styles: what a step costs in each style beside its limits, and `tessera compare-styles`, in a binary
// that mpirun can start. Both are the command's own: there is one implementation.

import ArgumentParser
import TesseraCommand

@main
struct BenchStyles: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-styles",
    abstract: "Measure what message passing and dataflow cost beside each other.",
    subcommands: [StepLimits.self, CompareStyles.self], defaultSubcommand: StepLimits.self)
}
