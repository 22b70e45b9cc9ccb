// Other processes that a measurement needs.

import Foundation

/// Where mpirun is.
let mpirunPath = ["/usr/bin/mpirun", "/usr/local/bin/mpirun"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

/// What mpirun is told to run this binary on `ranks` ranks, more than there are processors if need be.
func mpirunArguments(ranks: Int, _ more: [String] = []) -> [String] {
  // The ranks of a job that fits take a processor each; others have to make room for each other.
  let yields = ranks > ProcessInfo.processInfo.activeProcessorCount
  return ["-n", "\(ranks)", "--oversubscribe", "--mca", "mpi_yield_when_idle", yields ? "1" : "0"] + more
    + [Bundle.main.executablePath ?? CommandLine.arguments[0]]
}

/// A process that did not end well.
struct ProcessFailure: Error, CustomStringConvertible {
  let command: String
  let status: Int32
  var description: String { "\(command) ended with \(status)" }
}

/// Runs a program and returns its standard output.
func run(_ path: String, _ arguments: [String]) throws -> Data {
  let (process, output) = (Process(), Pipe())
  process.executableURL = URL(filePath: path)
  process.arguments = arguments
  process.environment = ProcessInfo.processInfo.environment.merging([
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
  ]) { $1 }
  process.standardOutput = output
  try process.run()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    throw ProcessFailure(command: path, status: process.terminationStatus)
  }
  return data
}
