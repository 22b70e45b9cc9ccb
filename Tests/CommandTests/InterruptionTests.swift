// Ctrl-C and SIGTERM: the exit code that a shell gives, within 3 s, no process and no file left.

import Foundation
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30)), .serialized)
struct InterruptionTests {
  private static func waitUntil(seconds: Double, _ isTrue: () -> Bool) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while Date() < deadline, !isTrue() { usleep(5000) }
    return isTrue()
  }

  /// A job that waits for a matrix on its standard input, and would for ever, and its two started workers.
  private static func waitingJob(style: String) throws -> (process: Process, workers: [pid_t]) {
    let process = Process()
    process.executableURL = Bundle.main.bundleURL.appending(path: "tessera")
    process.arguments = ["svd", "-", "--transport", "sockets", "--workers", "3", "--style", style]
    process.standardInput = Pipe()
    process.standardOutput = Pipe()
    process.standardError = Pipe()
    try process.run()
    try #require(waitUntil(seconds: 10) { Processes.children(of: process.processIdentifier).count == 2 })
    usleep(200_000)
    return (process, Processes.children(of: process.processIdentifier))
  }

  /// P10 with workers.
  @Test(arguments: [SIGINT, SIGTERM], ["message-passing", "dataflow"])
  func anInterruptedJobLeavesNobody(signal: Int32, style: String) throws {
    let (process, workers) = try Self.waitingJob(style: style)
    kill(process.processIdentifier, signal)
    #expect(
      Self.waitUntil(seconds: 3) { !process.isRunning && workers.allSatisfy { !Processes.isRunning($0) } })
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + signal)
  }

  /// A worker that is stopped cannot notice its driver's end: the driver ends it.
  @Test func anInterruptedJobLeavesNoStoppedWorker() throws {
    let (process, workers) = try Self.waitingJob(style: "message-passing")
    kill(workers[0], SIGSTOP)
    // Whoever fails here is not to leave it stopped.
    defer { kill(workers[0], SIGCONT) }
    kill(process.processIdentifier, SIGINT)
    #expect(
      Self.waitUntil(seconds: 3) { !process.isRunning && workers.allSatisfy { !Processes.isRunning($0) } })
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + SIGINT)
  }

  /// Whether a process has a file open in a folder, with a name or without.
  private static func isWriting(_ process: Process, in folder: ScratchFolder) -> Bool {
    let open = "/proc/\(process.processIdentifier)/fd/"
    return ((try? FileManager.default.contentsOfDirectory(atPath: open)) ?? []).contains { descriptor in
      (try? FileManager.default.destinationOfSymbolicLink(atPath: open + descriptor))?.hasPrefix(
        folder.url.path + "/") == true
    }
  }

  /// P10 with a file half written: the old one is as it was, and nothing stands beside it.
  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGKILL])
  func anInterruptedCommandLeavesNoUnfinishedFile(signal: Int32) throws {
    let folder = try ScratchFolder()
    let target = try folder.write("a.mtx", Data("old".utf8))
    let process = Process()
    process.executableURL = Bundle.main.bundleURL.appending(path: "tessera")
    // Some seconds of writing.
    process.arguments = ["generate", "dense", "4000x4000", target]
    process.standardOutput = Pipe()
    process.standardError = Pipe()
    try process.run()
    try #require(Self.waitUntil(seconds: 20) { Self.isWriting(process, in: folder) } && process.isRunning)
    kill(process.processIdentifier, signal)
    #expect(Self.waitUntil(seconds: 3) { !process.isRunning })
    process.waitUntilExit()
    if signal != SIGKILL {
      #expect(process.terminationReason == .exit && process.terminationStatus == 128 + signal)
    }
    #expect(try folder.names() == ["a.mtx"])
    #expect(try Data(contentsOf: URL(filePath: target)) == Data("old".utf8))
  }

  #if HDF5
    /// The process in which libhdf5 reads ends with the one that waits for it.
    @Test(arguments: [SIGINT, SIGKILL])
    func anInterruptedReadOfHdf5LeavesNoProcess(signal: Int32) throws {
      let process = Process()
      process.executableURL = Bundle.main.bundleURL.appending(path: "tessera")
      process.arguments = ["info", "--format", "h5", "-"]
      // A file that does not end.
      let input = Pipe()
      process.standardInput = input
      process.standardOutput = Pipe()
      process.standardError = Pipe()
      try process.run()
      try input.fileHandleForWriting.write(contentsOf: Data("\u{89}HDF".utf8))
      func readers() -> [Int32] { Processes.children(of: process.processIdentifier) }
      try #require(Self.waitUntil(seconds: 20) { !readers().isEmpty })
      let reader = readers()[0]
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      #expect(Self.waitUntil(seconds: 3) { !Processes.isRunning(reader) })
    }

    private static let hdf5Names = ["a.h5"]
  #else
    private static let hdf5Names: [String] = []
  #endif

  /// A file that may not grow any more, as on a full disk: an error that names it, and the old one as it was.
  @Test(arguments: ["a.mtx", "a.npy", "a.csv.gz", "a.npz"] + hdf5Names)
  func aFullDiskLeavesTheOldFile(name: String) throws {
    let folder = try ScratchFolder()
    let target = try folder.write(name, Data("old".utf8))
    let tessera = Bundle.main.bundleURL.appending(path: "tessera").path
    let run = try CommandRun(
      ["-c", "ulimit -f 100 && exec \"$0\" generate dense 500x500 \"$1\"", tessera, target], path: "/bin/sh")
    #expect(run.exitCode == 74)
    #expect(run.errors == "tessera: \(target): writing failed: File too large\n")
    #expect(try folder.names() == [name])
    #expect(try Data(contentsOf: URL(filePath: target)) == Data("old".utf8))
  }

  @Test func aFolderThatTakesNoFileIsSaidToBeOne() throws {
    let run = try CommandRun(["generate", "identity", "2x2", "/proc/a.mtx"])
    #expect(run.exitCode == 73)
    #expect(run.errors.contains("/proc/a.mtx: cannot be created"))
  }

  /// Output equal to input, under another name too.
  @Test func aFileMayBeConvertedOntoItself() throws {
    let folder = try ScratchFolder()
    let file = try folder.write("a.csv", "1,2\n3,4\n".utf8)
    let link = folder.path("b.csv")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
    #expect(try CommandRun(["transpose", link, file]).exitCode == 0)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "1,3\n2,4\n")
    #expect(try CommandRun(["add", file, link, file]).exitCode == 0)
    #expect(try String(contentsOfFile: link, encoding: .utf8) == "2,6\n4,8\n")
    #expect(try folder.names() == ["a.csv", "b.csv"])
  }
}
