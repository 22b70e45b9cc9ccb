// tessera over sockets: workers that it starts itself, workers that call, and what is left when somebody
// dies.

import Foundation
import Testing

@Suite(.timeLimit(.minutes(30)))
struct SocketTests {
  private static let arguments = ["svd", CommandRun.digits, "-k", "4", "--json"]
  private static let secret = "never to be printed 0123456789"

  private static func values(_ run: CommandRun) throws -> [Double]? {
    #expect(run.exitCode == 0, "\(run.errors)")
    return try run.json()["singularValues"] as? [Double]
  }

  /// A command that runs while others do.
  private final class Running {
    let process = Process()
    private let errorPipe = Pipe()
    private let outputPipe = Pipe()
    private var said = ""

    init(_ arguments: [String], environment: [String: String] = [:]) throws {
      process.executableURL = Bundle.main.bundleURL.appending(path: "tessera")
      process.arguments = arguments
      process.currentDirectoryURL = CommandRun.packageRoot
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = outputPipe
      process.standardError = errorPipe
      try process.run()
    }

    /// The port in the line that says where the driver listens.
    func port() throws -> String {
      while true {
        let data = errorPipe.fileHandleForReading.availableData
        said += String(decoding: data, as: UTF8.self)
        if let match = said.firstMatch(of: #/listening on \S+:(\d+) /#) { return String(match.1) }
        try #require(!data.isEmpty, "\(said)")
      }
    }

    func end() -> (exitCode: Int32, output: String, errors: String) {
      let output = outputPipe.fileHandleForReading.readDataToEndOfFile()
      said += String(decoding: errorPipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (process.terminationStatus, String(decoding: output, as: UTF8.self), said)
    }
  }

  /// The processes whose parent is `parent`.
  private static func children(of parent: Int32) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { identifier in
      let status = (try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8)) ?? ""
      // After the name in parentheses: state and parent.
      let fields = status.split(separator: ")").last?.split(separator: " ") ?? []
      return fields.count > 1 && Int32(fields[1]) == parent && fields[0] != "Z"
    }
  }

  /// False for those that have ended, reaped or not.
  private static func isRunning(_ process: Int32) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
    let state = status.split(separator: ")").last?.split(separator: " ").first
    return state.map { $0 != "Z" && $0 != "X" } ?? false
  }

  private static func waitUntil(_ isTrue: () -> Bool) -> Bool {
    for _ in 0..<1000 {
      if isTrue() { return true }
      usleep(10_000)
    }
    return false
  }

  @Test func startedWorkersGiveTheBitsOfThreads() throws {
    let expected = try Self.values(CommandRun(Self.arguments))
    for workers in [1, 2, 3, 4, 7] {
      let run = try CommandRun(Self.arguments + ["--transport", "sockets", "--workers", "\(workers)"])
      #expect(try Self.values(run) == expected)
      #expect(run.errors.isEmpty)
    }
  }

  @Test func aProgramOfOnesOwnStartsItsWorkers() throws {
    let threads = try CommandRun([], program: "TenLines")
    let processes = try CommandRun(
      [], program: "TenLines", environment: ["TESSERA_TRANSPORT": "sockets", "TESSERA_WORKERS": "3"])
    #expect(processes.exitCode == 0 && processes.errors.isEmpty)
    #expect(processes.output == threads.output)
  }

  @Test(arguments: [false, true]) func workersThatCallGiveTheBitsOfThreads(usesTLS: Bool) throws {
    let expected = try Self.values(CommandRun(Self.arguments))
    let environment = ["TESSERA_SECRET": Self.secret, "TESSERA_TLS": usesTLS ? "1" : "0"]
    let driver = try Running(
      Self.arguments + ["--listen", "127.0.0.1:0", "--workers", "3"], environment: environment)
    let port = try driver.port()
    let workers = try (0..<2).map { _ in
      try Running(["worker", "--connect", "127.0.0.1:\(port)"], environment: environment)
    }
    let ends = [driver.end()] + workers.map { $0.end() }
    #expect(ends.map(\.exitCode) == [0, 0, 0], "\(ends)")
    let result = try JSONSerialization.jsonObject(with: Data(ends[0].output.utf8)) as? [String: Any]
    #expect(result?["singularValues"] as? [Double] == expected)
    #expect(ends.allSatisfy { !$0.errors.contains(Self.secret) })
  }

  @Test func theSecretIsNowhereToBeSeen() throws {
    let driver = try Running(
      Self.arguments + ["--listen", "127.0.0.1:0", "--workers", "2", "--join-seconds", "20"],
      environment: ["TESSERA_SECRET": Self.secret])
    let port = try driver.port()
    for file in ["cmdline", "environ"] {
      let data = try Data(contentsOf: URL(filePath: "/proc/\(driver.process.processIdentifier)/\(file)"))
      #expect(!String(decoding: data, as: UTF8.self).contains(Self.secret))
    }
    // It is told at once, and does not go on trying.
    let wrong = try CommandRun(
      ["worker", "--connect", "127.0.0.1:\(port)", "--join-seconds", "3600"],
      environment: ["TESSERA_SECRET": "another " + Self.secret])
    #expect(wrong.exitCode == 69)
    #expect(wrong.errors.contains("another secret") && !wrong.errors.contains(Self.secret))
    #expect(wrong.errors.components(separatedBy: "tessera: ").count == 2, "\(wrong.errors)")
    driver.process.terminate()
    #expect(!driver.end().errors.contains(Self.secret))
  }

  /// The variable with which a driver tells a process its place; here nobody has set it rightly.
  @Test func aProcessWithoutADriversPlaceComputesOrSaysWhyNot() throws {
    let arguments = ["norm", CommandRun.digits]
    #expect(try CommandRun(arguments, environment: ["TESSERA_WORKER": ""]).exitCode == 0)
    let refused = try CommandRun(arguments, environment: ["TESSERA_WORKER": "7 1 2"])
    #expect(
      refused.exitCode == 69 && refused.errors.contains("TESSERA_WORKER is '7 1 2'"), "\(refused.errors)")
    #expect(refused.errors.components(separatedBy: "tessera: ").count == 2)
  }

  @Test func listeningNeedsASecretAndAnAddress() throws {
    let listen = Self.arguments + ["--workers", "2", "--join-seconds", "1", "--listen"]
    let without = try CommandRun(listen + ["0.0.0.0:0"], environment: ["TESSERA_SECRET": ""])
    #expect(without.exitCode == 64 && without.errors.contains("TESSERA_SECRET"))
    for (address, exitCode) in [("foo", 64), ("127.0.0.1:99999", 64), ("no-such-host.invalid:1", 69)] {
      let run = try CommandRun(listen + [address], environment: ["TESSERA_SECRET": Self.secret])
      #expect(Int(run.exitCode) == exitCode && run.output.isEmpty, "\(run.errors)")
    }
    let alone = try CommandRun(listen + ["127.0.0.1:0"], environment: ["TESSERA_SECRET": Self.secret])
    #expect(alone.exitCode == 69 && alone.errors.contains("0 of 1"))
    let clash = try CommandRun(listen + ["127.0.0.1:0", "--transport", "in-process"])
    #expect(clash.exitCode == 64)
  }

  /// A worker ends by itself, whatever the program would do with an error: when its driver does not come, and when it
  /// cannot call one.
  @Test func aProgramOfOnesOwnThatFindsNoDriverEndsWithALine() throws {
    for (secret, exitCode, text) in [
      (Self.secret, 69, "gave up on 127.0.0.1:1 after 1"), ("", 64, "TESSERA_SECRET"),
    ] {
      let run = try CommandRun(
        [], program: "TenLines",
        environment: [
          "TESSERA_SECRET": secret, "TESSERA_CONNECT": "127.0.0.1:1", "TESSERA_JOIN_SECONDS": "1",
        ])
      #expect(Int(run.exitCode) == exitCode && run.output.isEmpty, "\(run.errors)")
      #expect(
        run.errors.hasPrefix("tessera: ") && run.errors.contains(text)
          && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    }
  }

  @Test func anErrorIsToldOnce() throws {
    let run = try CommandRun(["svd", "/nonexistent.mtx", "--transport", "sockets", "--workers", "4"])
    #expect(run.exitCode == 66 && run.output.isEmpty)
    #expect(run.errors.components(separatedBy: "tessera: ").count == 2)
  }

  /// A job that reads its matrix from a pipe waits for as long as the test likes, its workers with it.
  @Test func aKilledDriverLeavesNobody() throws {
    let (waiting, workers) = try Self.waitingJob()
    kill(waiting.processIdentifier, SIGKILL)
    waiting.waitUntilExit()
    #expect(Self.waitUntil { workers.allSatisfy { !Self.isRunning($0) } })
  }

  @Test func aKilledWorkerEndsTheJobAndIsNamed() throws {
    let (job, workers) = try Self.waitingJob()
    let errors = try #require(job.standardError as? Pipe)
    kill(workers[1], SIGKILL)
    // The driver meets the loss at its next step.
    let input = try #require(job.standardInput as? Pipe)
    try input.fileHandleForWriting.write(
      contentsOf: Data("%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n".utf8))
    try input.fileHandleForWriting.close()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    job.waitUntilExit()
    #expect(job.terminationStatus == 69)
    #expect(text.contains("worker 2") && text.contains("signal 9"), "\(text)")
    #expect(text.split(separator: "\n").count == 1)
    #expect(workers.allSatisfy { !Self.isRunning($0) })
  }

  /// A worker that is told to end takes leave; the job goes on without it, and blames nothing.
  @Test func aWorkerThatIsToldToEndLeaves() throws {
    let matrix = Data("%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n".utf8)
    let (job, workers) = try Self.waitingJob(["--style", "dataflow"])
    let (output, errors) = (
      try #require(job.standardOutput as? Pipe), try #require(job.standardError as? Pipe)
    )
    // Who does not serve yet has nobody to take leave of.
    try #require(Self.waitUntil { Self.threads(of: workers[1]).contains("tessera tasks 2") })
    kill(workers[1], SIGTERM)
    #expect(Self.waitUntil { !Self.isRunning(workers[1]) })
    let input = try #require(job.standardInput as? Pipe)
    try input.fileHandleForWriting.write(contentsOf: matrix)
    try input.fileHandleForWriting.close()
    let values = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    job.waitUntilExit()
    #expect(job.terminationStatus == 0)
    #expect(text.contains("worker 2 has left; ") && !text.contains("is lost"), "\(text)")
    let sound = try CommandRun(["svd", "-", "-k", "2", "--json"], input: matrix)
    func numbers(_ text: String) throws -> [Double] {
      let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      return try #require(object?["singularValues"] as? [Double])
    }
    #expect(try numbers(values) == numbers(sound.output))
  }

  /// The names of a process's threads.
  private static func threads(of process: Int32) -> [String] {
    let folder = "/proc/\(process)/task"
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap {
      (try? String(contentsOfFile: "\(folder)/\($0)/comm", encoding: .utf8))?
        .trimmingCharacters(in: .newlines)
    }
  }

  /// A job of four that waits for its standard input, and its three workers, by rank.
  private static func waitingJob(_ more: [String] = []) throws -> (Process, [Int32]) {
    let process = Process()
    process.executableURL = Bundle.main.bundleURL.appending(path: "tessera")
    process.arguments = ["svd", "-", "-k", "2", "--json", "--transport", "sockets", "--workers", "4"] + more
    process.standardInput = Pipe()
    process.standardOutput = Pipe()
    process.standardError = Pipe()
    try process.run()
    try #require(waitUntil { children(of: process.processIdentifier).count == 3 })
    // Joined, or about to: the driver has heard of all when they have taken their connections.
    usleep(300_000)
    return (process, children(of: process.processIdentifier).sorted())
  }
}
