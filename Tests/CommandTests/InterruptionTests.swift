// Ctrl-C and SIGTERM: the exit code that a shell gives, within 3 s, no process and no file left.

import Foundation
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(2)), .serialized)
struct InterruptionTests {
  private static func waitUntil(seconds: Double, _ isTrue: () -> Bool) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while Date() < deadline, !isTrue() { usleep(5000) }
    return isTrue()
  }

  /// P10 with workers: a job that waits for a matrix on its standard input, and would for ever.
  @Test(arguments: [SIGINT, SIGTERM], ["message-passing", "dataflow"])
  func anInterruptedJobLeavesNobody(signal: Int32, style: String) throws {
    let process = Process()
    process.executableURL = Bundle.main.bundleURL.appending(path: "tessera")
    process.arguments = ["svd", "-", "--transport", "sockets", "--workers", "3", "--style", style]
    process.standardInput = Pipe()
    process.standardOutput = Pipe()
    process.standardError = Pipe()
    try process.run()
    try #require(Self.waitUntil(seconds: 10) { Processes.children(of: process.processIdentifier).count == 2 })
    usleep(200_000)
    let workers = Processes.children(of: process.processIdentifier)
    kill(process.processIdentifier, signal)
    #expect(
      Self.waitUntil(seconds: 3) { !process.isRunning && workers.allSatisfy { !Processes.isRunning($0) } })
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + signal)
  }

  /// P10 with a file half written: the old one is as it was, and nothing stands beside it.
  @Test func anInterruptedCommandLeavesNoUnfinishedFile() throws {
    let folder = try ScratchFolder()
    let target = try folder.write("a.mtx", Data("old".utf8))
    let process = Process()
    process.executableURL = Bundle.main.bundleURL.appending(path: "tessera")
    // Some seconds of writing.
    process.arguments = ["generate", "dense", "4000x4000", target]
    process.standardOutput = Pipe()
    process.standardError = Pipe()
    try process.run()
    let hasBegun = Self.waitUntil(seconds: 20) {
      !process.isRunning || ((try? folder.names().count) ?? 0) > 1
    }
    try #require(hasBegun && process.isRunning)
    kill(process.processIdentifier, SIGINT)
    #expect(Self.waitUntil(seconds: 3) { !process.isRunning })
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)
    #expect(try folder.names() == ["a.mtx"])
    #expect(try Data(contentsOf: URL(filePath: target)) == Data("old".utf8))
  }
}
