// Processes as the system sees them, and programs that run while a test does something to them.

public import Foundation

/// What /proc knows.
public enum Processes {
  /// The processes whose parent is `parent` and that have not ended.
  public static func children(of parent: Int32) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { identifier in
      let fields = state(of: identifier)
      return fields.count > 1 && Int32(fields[1]) == parent && fields[0] != "Z" && fields[0] != "X"
    }
  }

  /// False for those that have ended, reaped or not.
  public static func isRunning(_ process: Int32) -> Bool {
    state(of: process).first.map { $0 != "Z" && $0 != "X" } ?? false
  }

  /// The resident memory of a process in bytes; 0 once it has ended.
  public static func memory(of process: Int32) -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)) ?? ""
    return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 } ?? 0
  }

  /// The most memory, in bytes, that this process has had so far: addresses, and pages that lay in memory.
  public static func mostMemory() throws -> (virtual: Int, resident: Int) {
    let lines = try String(contentsOfFile: "/proc/self/status", encoding: .utf8).split(separator: "\n")
    func bytes(_ name: String) throws -> Int {
      let line = lines.first { $0.hasPrefix(name + ":") }
      guard
        let count = line?.split(whereSeparator: { $0.isWhitespace }).dropFirst().first.flatMap({ Int($0) })
      else { throw CocoaError(.fileReadCorruptFile) }
      return count << 10
    }
    return (try bytes("VmPeak"), try bytes("VmHWM"))
  }

  /// State, parent and so on: what stands after the name in parentheses.
  private static func state(of process: Int32) -> [Substring] {
    let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
    return text.split(separator: ")").last?.split(separator: " ") ?? []
  }
}

/// A program built beside the tests, with what it says so far.
///
/// `@unchecked Sendable`: what it has said is behind the condition's lock, the process is set once.
public final class RunningProgram: @unchecked Sendable {
  /// The process.
  public let process = Process()
  private let condition = NSCondition()
  private var text = ["output": "", "errors": ""]
  private var open = 2

  /// Starts `program`.
  public init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil
  ) throws {
    process.executableURL = Bundle.main.bundleURL.appending(path: program)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = folder }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let pipes = ["output": Pipe(), "errors": Pipe()]
    process.standardOutput = pipes["output"]
    process.standardError = pipes["errors"]
    try process.run()
    for (name, pipe) in pipes {
      let handle = pipe.fileHandleForReading
      Thread.detachNewThread { [self] in
        while true {
          let data = handle.availableData
          condition.lock()
          if data.isEmpty { open -= 1 } else { text[name]? += String(decoding: data, as: UTF8.self) }
          condition.broadcast()
          condition.unlock()
          if data.isEmpty { return }
        }
      }
    }
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// The process's number.
  public var identifier: Int32 { process.processIdentifier }

  /// What has been said on standard output and standard error so far.
  public var said: (output: String, errors: String) {
    condition.lock()
    defer { condition.unlock() }
    return (text["output"] ?? "", text["errors"] ?? "")
  }

  /// Waits until `isTrue` of what has been said; false when that has not come in time, or the program has
  /// said its last.
  public func wait(seconds: Double = 30, until isTrue: ((output: String, errors: String)) -> Bool) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while true {
      if isTrue((text["output"] ?? "", text["errors"] ?? "")) { return true }
      if open == 0 || !condition.wait(until: deadline) { return false }
    }
  }

  /// Waits for its end, at most so long, and kills it then. The exit code is minus the signal where one ended
  /// it, nil where the time was over.
  public func end(seconds: Double = 60) -> (exitCode: Int32?, output: String, errors: String) {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while process.isRunning, Date() < deadline { usleep(2000) }
    let isLate = process.isRunning
    if isLate { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    _ = wait(seconds: 5) { _ in false }
    let code = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return (isLate ? nil : code, said.output, said.errors)
  }
}
