// This program once more, for what another process or another environment must find out.

import Foundation
import Tessera

enum SelfRun {
  /// Where this program is.
  static var path: String { Bundle.main.executablePath ?? CommandLine.arguments[0] }

  /// The standard output of a program, whose environment has some variables more and some fewer. Given up after
  /// `seconds`.
  ///
  /// - Throws: `CommunicationError.refused` when it cannot be started or does not end well.
  static func output(
    of program: String, _ arguments: [String], adding: [String: String] = [:], removing: [String] = [],
    seconds: Double = 30
  ) throws -> Data {
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.filter { !removing.contains($0.key) }
      .merging(adding) { $1 }
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw CommunicationError.refused(reason: "\(program) cannot be started")
    }
    let end = Date(timeIntervalSinceNow: seconds)
    let watch = Thread {
      while process.isRunning, Date() < end { Thread.sleep(forTimeInterval: 0.1) }
      if process.isRunning { process.terminate() }
    }
    watch.start()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw CommunicationError.refused(reason: "\(program) ended with \(process.terminationStatus)")
    }
    return data
  }
}
