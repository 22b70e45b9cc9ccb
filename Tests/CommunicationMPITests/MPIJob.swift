// Jobs of mpirun, as the tests start them: more ranks than processors if need be, on this machine.

import Foundation
import TesseraTestSupport

/// A job of `MPIRanks` under way.
final class MPIJob {
  /// Where mpirun is; nil where there is none.
  static let mpirun = ["/usr/bin/mpirun", "/usr/local/bin/mpirun"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  private let process = Process()
  private let output = Pipe()
  private var read = Data()

  /// Starts `ranks` ranks in a role (Tests/MPIRanks), with MPI messages of at most `pieceBytes`.
  init(ranks: Int, _ role: String, pieceBytes: Int = 1 << 30, settings: [String] = []) throws {
    let program = Bundle.main.bundleURL.appending(path: "MPIRanks").path
    process.executableURL = URL(filePath: Self.mpirun ?? "")
    process.arguments =
      ["-n", "\(ranks)", "--oversubscribe", "--mca", "mpi_yield_when_idle", "1"] + settings
      + [program, "\(pieceBytes)", role]
    process.environment = ProcessInfo.processInfo.environment.merging([
      "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    ]) { $1 }
    process.standardOutput = output
    process.standardError = output
    try process.run()
  }

  /// What the job says until `count` lines that begin with `prefix` have come, or it ends.
  func lines(_ count: Int, beginningWith prefix: String) -> [String] {
    while true {
      let lines = String(decoding: read, as: UTF8.self).split(
        separator: "\n", omittingEmptySubsequences: false)
      let found = lines.dropLast().filter { $0.hasPrefix(prefix) }.map(String.init)
      if found.count >= count { return found }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return found }
      read += more
    }
  }

  /// Waits for the end: the exit code, or the signal's number negated, and all that was said.
  func end() -> (code: Int32, text: String) {
    read += output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let code = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return (code, String(decoding: read, as: UTF8.self))
  }
}
