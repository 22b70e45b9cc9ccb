// Other processes that a measurement needs.

import Foundation

/// Where mpirun is.
public let mpirunPath = ["/usr/bin/mpirun", "/usr/local/bin/mpirun"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

/// What mpirun is told to run this binary on `ranks` ranks, more than there are processors if need be.
public func mpirunArguments(ranks: Int, _ more: [String] = []) -> [String] {
  // The ranks of a job that fits take a processor each; others have to make room for each other.
  let yields = ranks > ProcessInfo.processInfo.activeProcessorCount
  return ["-n", "\(ranks)", "--oversubscribe", "--mca", "mpi_yield_when_idle", yields ? "1" : "0"] + more
    + [Bundle.main.executablePath ?? CommandLine.arguments[0]]
}

/// A process that did not end well, called by the last part of its path.
public struct ProcessFailure: Error, CustomStringConvertible {
  let command: String
  let reason: String

  public init(command: String, status: Int32) {
    (self.command, reason) = (Self.name(command), "ended with \(status)")
  }

  init(command: String, seconds: Double) {
    (self.command, reason) = (Self.name(command), String(format: "was ended after %.0f seconds", seconds))
  }

  public var description: String { "\(command) \(reason)" }

  private static func name(_ path: String) -> String { URL(filePath: path).lastPathComponent }
}

/// Runs a program and returns its standard output.
///
/// - Parameter seconds: how long it may take; it is ended then.
public func run(
  _ path: String, _ arguments: [String], environment: [String: String] = [:], seconds: Double? = nil
) throws -> Data {
  let (process, output) = (Process(), Pipe())
  process.executableURL = URL(filePath: path)
  process.arguments = arguments
  process.environment = ProcessInfo.processInfo.environment
    .merging(["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]) { $1 }
    .merging(environment) { $1 }
  process.standardOutput = output
  try process.run()
  let start = Date()
  if let seconds {
    Thread.detachNewThread {
      while process.isRunning, Date() < start + seconds { Thread.sleep(forTimeInterval: 0.2) }
      if process.isRunning { process.terminate() }
    }
  }
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationReason == .exit, process.terminationStatus == 0 else {
    if let seconds, Date() >= start + seconds { throw ProcessFailure(command: path, seconds: seconds) }
    throw ProcessFailure(command: path, status: process.terminationStatus)
  }
  return data
}

/// Runs this binary as an MPI job and returns what its ranks print.
///
/// - Throws: `ProcessFailure` when there is no mpirun, or the job does not end well.
public func output(ofMPIJob ranks: Int, _ arguments: [String]) throws -> Data {
  guard let mpirunPath else { throw ProcessFailure(command: "mpirun", status: -1) }
  return try run(mpirunPath, mpirunArguments(ranks: ranks) + arguments)
}

/// Watches the most memory that this process has.
public enum PeakMemory {
  /// Begins anew with the memory that there is now, where the kernel can.
  public static func reset() {
    try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
  }

  /// The most bytes in memory since then.
  public static var bytes: Int? {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
  }
}
