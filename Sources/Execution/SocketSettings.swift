// How the processes of a job find each other over sockets: read from the environment like everything else of
// a configuration. The secret is not here: it is read where it is used, and not kept.

import Foundation

/// The settings of the transport `sockets`.
public struct SocketSettings: Sendable, Equatable {
  /// `HOST:PORT` where the driver waits for its workers (`TESSERA_LISTEN`); nil to start them on this
  /// machine.
  public var listen: String?
  /// `HOST:PORT` of the driver that this process is to serve (`TESSERA_CONNECT`); nil to be the driver.
  public var connect: String?
  /// The name of the cluster, which its members must agree on (`TESSERA_CLUSTER`).
  public var cluster = ""
  /// Whether connections to other machines are encrypted (`TESSERA_TLS`).
  public var usesTLS = false
  /// The file with the shared secret (`TESSERA_SECRET_FILE`); nil for the environment's `TESSERA_SECRET`.
  public var secretFile: String?
  /// How long the driver waits for workers, and a worker for its driver, in seconds (`TESSERA_JOIN_SECONDS`).
  public var joinSeconds = 30

  /// Workers that the driver starts on its own machine.
  public init() {}

  /// The variables that a process started as a worker is not to inherit.
  public static let variables = [
    "TESSERA_LISTEN", "TESSERA_CONNECT", "TESSERA_CLUSTER", "TESSERA_TLS", "TESSERA_SECRET",
    "TESSERA_SECRET_FILE", "TESSERA_JOIN_SECONDS",
  ]

  static func fromEnvironment(_ environment: [String: String], name: (ClusterSetting) -> String)
    throws(ExecutionError) -> SocketSettings
  {
    var settings = SocketSettings()
    // An empty variable is how some shells unset one.
    func text(_ setting: ClusterSetting) -> String? {
      environment[setting.variable].flatMap { $0.isEmpty ? nil : $0 }
    }
    settings.listen = text(.listen)
    settings.connect = text(.connect)
    settings.cluster = text(.cluster) ?? ""
    settings.secretFile = text(.secretFile)
    if let flag = text(.tls) {
      guard flag == "0" || flag == "1" else {
        throw .invalidConfiguration("\(name(.tls)) is '\(flag)', expected 0 or 1")
      }
      settings.usesTLS = flag == "1"
    }
    if let seconds = text(.joinSeconds) {
      guard let seconds = Int(seconds) else {
        throw .invalidConfiguration("\(name(.joinSeconds)) is '\(seconds)', expected a whole number")
      }
      settings.joinSeconds = seconds
    }
    return settings
  }

  func validate() throws(ExecutionError) {
    guard 1...86_400 ~= joinSeconds else {
      throw .invalidConfiguration("workers are waited for \(joinSeconds) s, expected 1 to 86400")
    }
    if listen != nil, connect != nil {
      throw .invalidConfiguration("a process either listens as the driver or connects as a worker")
    }
  }
}
