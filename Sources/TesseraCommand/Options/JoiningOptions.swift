// Options of whoever joins processes over a network: the driver that listens, and the worker that calls it.

import ArgumentParser
import Tessera

struct JoiningOptions: ParsableArguments {
  @Option(
    name: .customLong("secret-file"),
    help: ArgumentHelp(
      "File of mode 0600 with the secret that all members know (or TESSERA_SECRET_FILE, or the secret itself in TESSERA_SECRET).",
      valueName: "file"))
  var secretFile: String?

  @Option(
    help: ArgumentHelp(
      "Name that keeps the workers of different jobs apart (or TESSERA_CLUSTER).", valueName: "name"))
  var cluster: String?

  @Flag(
    help: "Encrypt connections between machines: TLS 1.3 with a key made from the secret (or TESSERA_TLS=1).")
  var tls = false

  @Option(
    name: .customLong("join-seconds"),
    help: ArgumentHelp(
      "How long to wait for workers, or for the driver (default: 30, or TESSERA_JOIN_SECONDS).",
      valueName: "s"))
  var joinSeconds: Int?

  /// Refuses options that `configuration`, with its address to listen at or to call, has no use for.
  ///
  /// - Throws: `invalidConfiguration`.
  func check(_ configuration: ClusterConfiguration) throws(ExecutionError) {
    if configuration.sockets.listen == nil, configuration.sockets.connect == nil {
      let given = [
        ("--secret-file", secretFile != nil), ("--cluster", cluster != nil), ("--tls", tls),
      ].filter(\.1).map(\.0)
      guard given.isEmpty else {
        throw .invalidConfiguration(
          "\(given.joined(separator: ", ")): workers on this machine need none; or is --listen missing?")
      }
    }
    if joinSeconds != nil, configuration.transport != .sockets {
      throw .invalidConfiguration("--join-seconds is for the transport sockets")
    }
  }

  /// `configuration`, overridden by the options given.
  func applied(to configuration: ClusterConfiguration) -> ClusterConfiguration {
    var configuration = configuration
    configuration.sockets.secretFile = secretFile ?? configuration.sockets.secretFile
    configuration.sockets.cluster = cluster ?? configuration.sockets.cluster
    configuration.sockets.usesTLS = tls || configuration.sockets.usesTLS
    configuration.sockets.joinSeconds = joinSeconds ?? configuration.sockets.joinSeconds
    return configuration
  }
}
