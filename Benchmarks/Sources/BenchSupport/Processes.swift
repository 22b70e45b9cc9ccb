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

/// A process that did not end well.
public struct ProcessFailure: Error, CustomStringConvertible {
  let command: String
  let status: Int32

  public init(command: String, status: Int32) { (self.command, self.status) = (command, status) }

  public var description: String { "\(command) ended with \(status)" }
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
  if let seconds {
    let end = Date(timeIntervalSinceNow: seconds)
    Thread.detachNewThread {
      while process.isRunning, Date() < end { Thread.sleep(forTimeInterval: 0.2) }
      if process.isRunning { process.terminate() }
    }
  }
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationReason == .exit, process.terminationStatus == 0 else {
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
  /// Begins anew, without memory that was freed but not given back to the kernel: what took that would seem to take
  /// none. False where the kernel does not.
  @discardableResult public static func reset() -> Bool {
    #if canImport(Glibc)
      malloc_trim(0)
    #endif
    return (try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)) != nil
  }

  /// The most bytes in memory since then.
  public static var bytes: Int? {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
  }
}
