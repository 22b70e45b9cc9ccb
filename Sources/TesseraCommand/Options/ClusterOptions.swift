// Options of everything that runs on workers: how many, in which style, over which transport. What they mean,
// and the environment's part, is the library's business.

import ArgumentParser
import Tessera

extension ExecutionStyle: ExpressibleByArgument {}

extension Transport: ExpressibleByArgument {}

struct ClusterOptions: ParsableArguments {
  // Also a negative number is a value, to be refused as one.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Number of workers (default: one per processor, or TESSERA_WORKERS).", valueName: "n"))
  var workers: Int?

  @Option(help: ArgumentHelp("Style of running (or TESSERA_STYLE).", valueName: "style"))
  var style: ExecutionStyle?

  @Option(
    help: ArgumentHelp(
      "What carries messages between workers (or TESSERA_TRANSPORT).", valueName: "transport"))
  var transport: Transport?

  @Option(
    help: ArgumentHelp(
      """
      Bytes of tiles that each worker may hold in memory, with K, M or G for powers of 1024 (default: no limit, or \
      TESSERA_MEMORY); what the running task reads and makes comes on top. In the style dataflow, what has to make \
      room is computed again when it is needed, or read from disk: far below what a worker is given that is slow, and \
      said once. In message-passing nothing makes room, and only the plan of a product follows the limit.
      """, valueName: "bytes"))
  var memory: String?

  /// The settings given.
  var settings: [ClusterSetting: String] {
    var settings: [ClusterSetting: String] = [:]
    settings[.workers] = workers.map { "\($0)" }
    settings[.style] = style?.rawValue
    settings[.transport] = transport?.rawValue
    settings[.memory] = memory
    return settings
  }
}
