// Running the fault job, and reading what it says.

import Foundation
import TesseraTestSupport
import Testing

/// A run of `fault-job` with processes as workers.
struct FaultJobRun {
  let program: RunningProgram

  static let packageRoot = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  init(
    _ arguments: [String], style: String = "dataflow", transport: String = "sockets", workers: Int = 4,
    environment: [String: String] = [:]
  ) throws {
    let settings = [
      "TESSERA_STYLE": style, "TESSERA_TRANSPORT": transport, "TESSERA_WORKERS": "\(workers)",
      "SWIFT_BACKTRACE": "enable=no",
    ]
    program = try RunningProgram(
      "FaultJob", arguments, environment: settings.merging(environment) { $1 }, in: Self.packageRoot)
  }

  /// The processes that it has started, by rank.
  var workers: [Int32] { Processes.children(of: program.identifier).sorted() }

  /// Waits until the workers have come and the first `tasks` tasks have begun; returns the workers.
  func started(tasks: Int) throws -> [Int32] {
    try #require(
      program.wait {
        $0.output.contains("ready ") && $0.errors.components(separatedBy: "begin ").count > tasks
      }, "\(program.said)")
    return workers
  }

  /// Ends it, and checks that it has ended well; the value of each line by its first word.
  func values(seconds: Double = 60, _ location: SourceLocation = #_sourceLocation) throws -> [String: String]
  {
    let (exitCode, output, errors) = program.end(seconds: seconds)
    try #require(exitCode == 0, "\(errors)", sourceLocation: location)
    return Self.values(output)
  }

  static func values(_ output: String) -> [String: String] {
    Dictionary(
      output.split(separator: "\n").compactMap { line in
        line.firstIndex(of: " ").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
      }, uniquingKeysWith: { $0 + "|" + $1 })
  }

  /// The tasks that have begun: tile, process, and the time in seconds.
  var begun: [(tile: Int, process: Int32, time: Double)] {
    program.said.errors.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 4, words[0] == "begin", let tile = Int(words[1]), let process = Int32(words[2]),
        let time = Double(words[3])
      else { return nil }
      return (tile, process, time * 1e-9)
    }
  }
}

/// Seconds of the clock that the fault job uses.
func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Waits up to ten seconds.
func waitUntil(seconds: Double = 10, _ isTrue: () -> Bool) -> Bool {
  let deadline = Date(timeIntervalSinceNow: seconds)
  while Date() < deadline {
    if isTrue() { return true }
    usleep(5000)
  }
  return isTrue()
}

/// Whether a figure holds in one of three attempts: tests beside this one may slow any of them down.
func holds(_ attempt: () throws -> Bool) rethrows -> Bool {
  for _ in 0..<3 where try attempt() { return true }
  return false
}

/// A name for a file that does not exist.
func unusedPath() -> String {
  FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)").path
}
