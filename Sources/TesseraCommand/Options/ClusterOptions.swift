// Options of everything that runs on workers: how many, in which style, over which transport. What they mean,
// and the environment's part, is the library's business.

import ArgumentParser
import Tessera

extension ExecutionStyle: ExpressibleByArgument {}

extension Transport: ExpressibleByArgument {}

struct ClusterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Number of workers (default: one per processor, or TESSERA_WORKERS).", valueName: "n"))
  var workers: Int?

  @Option(help: ArgumentHelp("Style of running (or TESSERA_STYLE).", valueName: "style"))
  var style: ExecutionStyle?

  @Option(
    help: ArgumentHelp(
      "What carries messages between workers (or TESSERA_TRANSPORT).", valueName: "transport"))
  var transport: Transport?

  /// The settings given.
  var settings: [ClusterSetting: String] {
    var settings: [ClusterSetting: String] = [:]
    settings[.workers] = workers.map { "\($0)" }
    settings[.style] = style?.rawValue
    settings[.transport] = transport?.rawValue
    return settings
  }
}
