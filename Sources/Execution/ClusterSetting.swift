// The settings of a cluster by name: each is an option of a program and a variable of its environment, and the
// library reads both, so that every program understands the same.

import Foundation

/// A setting that a program's arguments or its environment may have.
public enum ClusterSetting: String, CaseIterable, Sendable {
  case workers, style, transport
  case messageBytes = "message-bytes"
  case memory
  case listen, connect, cluster
  case secretFile = "secret-file"
  case tls
  case joinSeconds = "join-seconds"

  /// Its name among a program's arguments, such as `--join-seconds`; its value follows, but for `--tls`.
  public var option: String { "--" + rawValue }

  /// Its name in the environment, such as `TESSERA_JOIN_SECONDS`.
  public var variable: String {
    "TESSERA_" + String(rawValue.uppercased().map { $0 == "-" ? "_" : $0 })
  }

  /// Whether it is on or off, and on where it is named.
  var isFlag: Bool { self == .tls }
}

extension ClusterConfiguration {
  /// The environment's settings (`fromEnvironment`), overridden by those given.
  ///
  /// - Throws: `invalidConfiguration` when one of them is not a value it may have, for a number of workers of an
  ///   MPI job, which is the job's, and for settings that nothing would use.
  public static func fromSettings(
    _ given: [ClusterSetting: String],
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(ExecutionError) -> ClusterConfiguration {
    var merged = environment
    for (setting, text) in given { merged[setting.variable] = text }
    // An address that is given means sockets, unless a transport is given too.
    if given[.listen] ?? given[.connect] != nil, given[.transport] == nil {
      merged[ClusterSetting.transport.variable] = nil
    }
    let configuration = try fromEnvironment(merged) { given[$0] == nil ? $0.variable : $0.option }
    if given[.workers] != nil, configuration.transport == .mpi {
      throw .invalidConfiguration("an MPI job has as many workers as mpirun starts; leave out --workers")
    }
    if configuration.sockets.listen != nil, merged[ClusterSetting.workers.variable] == nil {
      throw .invalidConfiguration(
        "--listen needs --workers: how many processes the job has, this one included")
    }
    try configuration.checkUse(of: given)
    return configuration
  }

  /// Refuses settings that were given and that nothing would use.
  private func checkUse(of given: [ClusterSetting: String]) throws(ExecutionError) {
    if sockets.listen == nil, sockets.connect == nil {
      let useless = [ClusterSetting.secretFile, .cluster, .tls].filter { given[$0] != nil }
      guard useless.isEmpty else {
        throw .invalidConfiguration(
          useless.map(\.option).joined(separator: ", ")
            + ": workers on this machine need none; or is --listen missing?")
      }
    }
    if given[.joinSeconds] != nil, transport != .sockets {
      throw .invalidConfiguration("--join-seconds is for the transport sockets")
    }
  }

  /// The environment's settings, overridden by those among a program's arguments, which are taken out: what is
  /// left is the program's own. `--workers 4` and `--workers=4` are the same; after `--` nothing is taken.
  ///
  /// ```swift
  /// var arguments = Array(CommandLine.arguments.dropFirst())
  /// try await Cluster.run(.fromArguments(&arguments)) { cluster in ... }
  /// ```
  ///
  /// - Throws: `invalidConfiguration` as `fromSettings`, and for an option without its value.
  public static func fromArguments(
    _ arguments: inout [String], environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(ExecutionError) -> ClusterConfiguration {
    var given: [ClusterSetting: String] = [:]
    var rest: [String] = []
    var next = arguments.startIndex
    while next < arguments.endIndex {
      let argument = arguments[next]
      next += 1
      if argument == "--" {
        rest += arguments[(next - 1)...]
        break
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let setting = ClusterSetting.allCases.first(where: { $0.option == parts[0] }) else {
        rest.append(argument)
        continue
      }
      if parts.count == 2 {
        given[setting] = String(parts[1])
      } else if setting.isFlag {
        given[setting] = "1"
      } else {
        guard next < arguments.endIndex else {
          throw .invalidConfiguration("\(setting.option) needs a value")
        }
        given[setting] = arguments[next]
        next += 1
      }
    }
    arguments = rest
    return try fromSettings(given, environment: environment)
  }
}
