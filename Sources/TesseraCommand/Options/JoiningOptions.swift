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
    parsing: .unconditional,
    help: ArgumentHelp(
      "How long to wait for workers, or for the driver (default: 30, or TESSERA_JOIN_SECONDS).",
      valueName: "s"))
  var joinSeconds: Int?

  /// The settings given.
  var settings: [ClusterSetting: String] {
    var settings: [ClusterSetting: String] = [:]
    settings[.secretFile] = secretFile
    settings[.cluster] = cluster
    settings[.tls] = tls ? "1" : nil
    settings[.joinSeconds] = joinSeconds.map { "\($0)" }
    return settings
  }
}
