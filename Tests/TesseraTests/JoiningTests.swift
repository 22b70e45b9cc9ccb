// Workers that come to a running job over sockets, and those that may not come: other programs, and anybody in
// the style message passing.

import Foundation
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30)), .serialized)
struct JoiningTests {
  private static let secret = ["TESSERA_SECRET": "never to be printed 0123456789"]
  private static let job = ["work", "tiles=30", "ms=60"]

  private func driver(
    _ job: [String] = Self.job, style: String = "dataflow", workers: Int = 1,
    environment: [String: String] = [:]
  ) throws -> (run: FaultJobRun, port: String) {
    let settings = Self.secret.merging(["TESSERA_LISTEN": "127.0.0.1:0"]) { $1 }
    let run = try FaultJobRun(
      job, style: style, workers: workers, environment: settings.merging(environment) { $1 })
    try #require(run.program.wait { $0.errors.contains(" for \(workers - 1) worker") }, "\(run.program.said)")
    let line = try #require(run.program.said.errors.firstMatch(of: #/listening on \S+:(\d+) /#))
    return (run, String(line.1))
  }

  private func worker(
    port: String, _ arguments: [String] = [], role: String = "work", environment: [String: String] = [:]
  ) throws -> FaultJobRun {
    let settings = Self.secret.merging(["TESSERA_CONNECT": "127.0.0.1:\(port)"]) { $1 }
    return try FaultJobRun([role] + arguments, environment: settings.merging(environment) { $1 })
  }

  private func expected(_ job: [String] = Self.job) throws -> String? {
    try FaultJobRun(job, transport: "in-process", workers: 1).values()["result"]
  }

  /// P13: newcomers get tasks that the driver would have done alone, and fetch what others have made.
  @Test(arguments: [false, true]) func workersJoinARunningJob(usesTLS: Bool) throws {
    let environment = ["TESSERA_TLS": usesTLS ? "1" : "0"]
    let (run, port) = try driver(environment: environment)
    try #require(run.program.wait { $0.errors.contains("begin ") })
    let workers = try (0..<2).map { _ in try worker(port: port, environment: environment) }
    let ends = workers.map { $0.program.end() }
    #expect(try run.values()["result"] == expected())
    #expect(ends.map(\.exitCode) == [0, 0], "\(ends)")
    #expect(workers.allSatisfy { !$0.begun.isEmpty })
    #expect(run.begun.count < 30)
  }

  /// P5 behind TLS: a worker that is stopped is lost by its silence; the job goes on without it or ends with an error
  /// that names it.
  @Test(arguments: ["dataflow", "message-passing"]) func aStoppedWorkerBehindTLSIsLost(style: String) throws {
    // In dataflow there is still something to do when the time is over, in message passing one waits for it.
    let job = ["work", style == "dataflow" ? "tiles=96" : "tiles=24", "ms=200"]
    let expected = style == "dataflow" ? try expected(job) : nil
    let environment = ["TESSERA_TLS": "1"]
    let isInTime = try holds {
      let (run, port) = try driver(job, style: style, workers: 3, environment: environment)
      let workers = try (0..<2).map { _ in try worker(port: port, environment: environment) }
      for worker in workers { try #require(worker.program.wait { $0.errors.contains("begin ") }) }
      let victim = workers[1].program.identifier
      let start = seconds()
      kill(victim, SIGSTOP)
      defer { kill(victim, SIGKILL) }
      let line = style == "dataflow" ? "tessera: worker " : "error worker "
      try #require(run.program.wait { $0.errors.contains(line) }, "\(run.program.said)")
      let noticed = seconds() - start
      if style == "dataflow" {
        #expect(try run.values()["result"] == expected)
        #expect(workers[0].program.end().exitCode == 0)
      } else {
        #expect(run.program.end().exitCode == 69)
        #expect(workers[0].program.end().exitCode == 69)
      }
      return noticed <= 6
    }
    #expect(isInTime)
  }

  /// An error that the program can catch, before anybody could come.
  @Test(arguments: ["0.0.0.0:0", "127.0.0.1:0"]) func whoeverListensNeedsASecret(place: String) throws {
    let run = try FaultJobRun(
      Self.job, workers: 2, environment: ["TESSERA_LISTEN": place, "TESSERA_SECRET": ""])
    let (exitCode, output, errors) = run.program.end(seconds: 30)
    #expect(exitCode == 69 && output.isEmpty)
    #expect(errors.hasPrefix("error ") && errors.contains("TESSERA_SECRET"), "\(errors)")
    #expect(errors.split(separator: "\n").count == 1, "\(errors)")
  }

  /// P13 of an iteration: tiles that lie on others come to the newcomer.
  @Test func aNewcomerTakesItsShareOfAnIteration() throws {
    let job = ["passes", "tiles=12", "count=100", "ms=5"]
    let (run, port) = try driver(job, workers: 2)
    let first = try worker(port: port, role: "passes")
    try #require(run.program.wait { $0.output.contains("ready") })
    let newcomer = try worker(port: port, role: "passes")
    try #require(run.program.wait { $0.errors.contains("has joined") })
    // Those of the three processes that have begun since.
    let before = run.begun.count + first.begun.count
    let values = try run.values()
    #expect(values["result"] == (try expected(["passes", "tiles=12", "count=1"])))
    #expect(first.program.end().exitCode == 0 && newcomer.program.end().exitCode == 0)
    let since = run.begun.count + first.begun.count - before + newcomer.begun.count
    #expect(since > 300 && 4 * newcomer.begun.count > since, "\(newcomer.begun.count) of \(since)")
  }

  /// A newcomer may be lost like any other; the next one takes part all the same.
  @Test func aNewcomerThatIsKilledIsReplaced() throws {
    let (run, port) = try driver(workers: 2)
    let first = try worker(port: port)
    try #require(run.program.wait { $0.output.contains("ready") })
    let victim = try worker(port: port)
    try #require(victim.program.wait { $0.errors.contains("begin ") })
    kill(victim.program.identifier, SIGKILL)
    let second = try worker(port: port)
    #expect(try run.values()["result"] == expected())
    #expect(second.program.end().exitCode == 0 && !second.begun.isEmpty)
    #expect(first.program.end().exitCode == 0)
  }

  /// P2: one worker after the other is killed at work, and replaced.
  @Test func workersKilledOneAfterTheOtherAreReplaced() throws {
    let job = ["work", "tiles=150", "ms=40"]
    let (run, port) = try driver(job, workers: 2)
    var last = try worker(port: port)
    for _ in 0..<3 {
      let next = try worker(port: port)
      for one in [last, next] { try #require(one.program.wait { $0.errors.contains("begin ") }) }
      kill(last.program.identifier, SIGKILL)
      last = next
    }
    #expect(try run.values()["result"] == expected(job))
    #expect(last.program.end().exitCode == 0)
  }

  /// P2 with everything that moves: blocks are multiplied and put together as rows while one worker after the other
  /// is killed and replaced.
  @Test func workersKilledDuringProductsAreReplaced() throws {
    let job = ["multiply", "ms=6000"]
    let (run, port) = try driver(job, workers: 3)
    var workers = try (0..<2).map { _ in try worker(port: port, role: "multiply") }
    try #require(run.program.wait { $0.output.contains("ready") })
    for count in 1...8 {
      usleep(300_000)
      let victim = workers.removeFirst()
      kill(victim.program.identifier, SIGKILL)
      workers.append(try worker(port: port, role: "multiply"))
      let joined = run.program.wait {
        $0.errors.components(separatedBy: "has joined").count > count
      }
      try #require(joined, "\(run.program.said)")
    }
    #expect(run.program.process.isRunning)
    let values = try run.values()
    #expect(
      try values["result"]
        == FaultJobRun(["multiply"], transport: "in-process", workers: 1).values()["result"])
    #expect(workers.map { $0.program.end().exitCode } == [0, 0])
  }

  /// W2: those who connect and say nothing cost the driver little, and a worker comes in among them.
  @Test func silentConnectionsCostTheDriverLittleMemory() throws {
    let (run, port) = try driver(workers: 2)
    let before = Processes.memory(of: run.program.identifier)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = try #require(UInt16(port)).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let count = min(500, sysconf(Int32(_SC_OPEN_MAX)) / 3)
    let silent = (0..<count).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
    defer { for descriptor in silent { close(descriptor) } }
    for descriptor in silent {
      let outcome = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      try #require(outcome == 0)
    }
    let worker = try worker(port: port)
    try #require(run.program.wait { $0.output.contains("ready") })
    let cost = Processes.memory(of: run.program.identifier) - before
    #expect(before > 0 && cost < 50 << 20, "\(cost) bytes")
    #expect(try run.values()["result"] == expected())
    #expect(worker.program.end().exitCode == 0)
  }

  @Test func inMessagePassingNobodyJoinsLate() throws {
    let (run, port) = try driver(style: "message-passing")
    try #require(run.program.wait { $0.output.contains("ready") })
    let (exitCode, _, errors) = try worker(port: port).program.end()
    #expect(
      exitCode == 69 && errors.contains("message passing") && errors.contains("job has begun"), "\(errors)")
    #expect(try run.values()["result"] == expected())
  }

  /// A worker whose tasks are others is told which, before the job and during it.
  @Test(arguments: [1, 2]) func anotherProgramIsRefusedWithTheNamesThatDiffer(workers: Int) throws {
    let (run, port) = try driver(workers: workers)
    let (exitCode, _, errors) = try worker(port: port, ["strange=1"]).program.end()
    #expect(exitCode == 69)
    #expect(
      errors.contains("another program") && errors.contains("only this worker knows: fault-job/only-here"))
    let (_, strangePort) = try driver(Self.job + ["strange=1"], workers: workers)
    let lacking = try worker(port: strangePort).program.end()
    #expect(lacking.exitCode == 69)
    #expect(lacking.errors.contains("only the driver knows: fault-job/only-here"), "\(lacking.errors)")
    if workers == 2 {
      // The driver still waits for one that is right.
      #expect(try worker(port: port).program.end().exitCode == 0)
    }
    #expect(try run.values()["result"] == expected())
  }
}
