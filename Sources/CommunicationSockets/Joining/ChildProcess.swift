// A process of this same program with the same arguments, which inherits one socket and knows from its
// environment what it is for. Its standard input is empty, its standard output goes nowhere, its errors go
// where ours go.

import Glibc
import TesseraCommunication

/// A started process, to be reaped exactly once. Confined to one thread at a time.
final class ChildProcess {
  let identifier: pid_t
  private(set) var end: ProcessEnd?

  /// The descriptor at which a child finds its socket.
  static let socket: Int32 = 3

  /// Starts this program again.
  ///
  /// - Parameters:
  ///   - socket: what the child inherits; ours stays open.
  ///   - environment: what to change in the environment; nil removes.
  /// - Throws: `refused` with what the system says.
  init(inheriting socket: Int32, environment changes: [String: String?]) throws(CommunicationError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    // Onto itself it clears the mark that would close it.
    posix_spawn_file_actions_adddup2(&actions, socket, Self.socket)

    var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
    var environment = Self.environment(with: changes).map { strdup($0) } + [nil]
    defer {
      for text in arguments { free(text) }
      for text in environment { free(text) }
    }
    var identifier: pid_t = 0
    // The very file that this process runs, also when another has taken its name.
    let code = posix_spawn(&identifier, "/proc/self/exe", &actions, nil, &arguments, &environment)
    guard code == 0 else {
      throw .refused(reason: "a worker's process cannot be started: \(SystemCall.reason(code))")
    }
    self.identifier = identifier
  }

  private static func environment(with changes: [String: String?]) -> [String] {
    var lines: [String] = []
    var next = environ
    while let line = next.pointee {
      let text = String(cString: line)
      let name = String(text.prefix { $0 != "=" })
      if changes[name] == nil { lines.append(text) }
      next += 1
    }
    return lines + changes.compactMap { name, value in value.map { "\(name)=\($0)" } }.sorted()
  }

  /// How it ended, if it has.
  func poll() -> ProcessEnd? {
    if end != nil { return end }
    var status: Int32 = 0
    let result = waitpid(identifier, &status, WNOHANG)
    if result == identifier { end = ProcessEnd(status: status) }
    // Somebody else has reaped it: it is gone, and how is not known.
    if result < 0, errno == ECHILD { end = .unknown }
    return end
  }

  /// Waits for its end until `deadline`, then ends it.
  func reap(until deadline: ContinuousClock.Instant) -> ProcessEnd {
    var pause: useconds_t = 200
    while deadline > .now {
      if let end = poll() { return end }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
    if poll() == nil { kill(identifier, SIGKILL) }
    while true {
      if let end = poll() { return end }
      usleep(1000)
    }
  }
}

/// How a process ended.
enum ProcessEnd: Equatable, Sendable, CustomStringConvertible {
  case exited(code: Int32)
  case killed(signal: Int32)
  case unknown

  /// Reads waitpid's status.
  init(status: Int32) {
    self = status & 0x7f == 0 ? .exited(code: status >> 8 & 0xff) : .killed(signal: status & 0x7f)
  }

  var description: String {
    switch self {
    case .exited(let code): "its process ended with exit code \(code)"
    case .killed(let signal): "its process was killed by signal \(signal)"
    case .unknown: "its process has ended"
    }
  }
}
