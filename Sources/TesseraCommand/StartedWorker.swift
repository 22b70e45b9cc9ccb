// The processes that this one has started as workers, as the system sees them: to be treated as an operator
// would. O(processes) per look.

import Foundation

/// A process that was started as a worker of this one and has not ended.
struct StartedWorker {
  let process: pid_t
  let rank: Int
  /// Whether a signal has stopped it: it does nothing, and notices nothing, until it is continued.
  let isStopped: Bool

  /// All of them, by rank. Linux tells who they are; elsewhere none is found.
  static func all() -> [StartedWorker] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0).flatMap(StartedWorker.init) }.sorted { $0.rank < $1.rank }
  }

  private init?(_ process: pid_t) {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      // After the name in parentheses: state and parent.
      let fields = status.split(separator: ")").last?.split(separator: " "), fields.count > 1,
      pid_t(fields[1]) == getpid(), fields[0] != "Z",
      let environment = FileManager.default.contents(atPath: "/proc/\(process)/environ")
    else { return nil }
    // The process's own copy is gone when it has joined; this is how it was started: socket, rank, size, and more.
    let place = environment.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      .first { $0.hasPrefix("TESSERA_WORKER=") }?.split(separator: "=").last?.split(separator: " ")
    guard let place, place.count >= 3, let rank = Int(place[1]) else { return nil }
    (self.process, self.rank, isStopped) = (process, rank, fields[0] == "T")
  }
}
