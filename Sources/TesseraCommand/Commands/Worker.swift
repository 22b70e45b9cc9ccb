// tessera worker --connect HOST:PORT: serve one job of a driver elsewhere.

import ArgumentParser
import Tessera

struct Worker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Serve a driver on another machine.",
    discussion: """
      The driver is started with --listen HOST:PORT and waits for its workers; a worker may also come first, and calls \
      until the driver answers, or last: it joins a job that runs in the style dataflow and takes tasks from the \
      others. It serves one job and ends with it. Both must know the same secret: TESSERA_SECRET \
      in the environment, or a file of mode 0600. Any program that calls Cluster.run serves in the same way when \
      TESSERA_CONNECT is in its environment, and must, if it has tasks of its own.
      """)

  @Option(help: ArgumentHelp("Where the driver listens (or TESSERA_CONNECT).", valueName: "host:port"))
  var connect: String?

  @OptionGroup var joining: JoiningOptions

  func run() async throws {
    try await Report.errors(onEveryRank: true) {
      var settings = joining.settings
      settings[.connect] = connect
      settings[.transport] = Transport.sockets.rawValue
      let configuration = try ClusterConfiguration.fromSettings(settings)
      guard configuration.sockets.connect != nil else {
        throw ExecutionError.invalidConfiguration("a worker needs --connect HOST:PORT")
      }
      // Serves and ends the process.
      try await Cluster.run(configuration) { _ in }
    }
  }
}
