// tessera under mpirun: the same command, the same bits. Where mpirun is absent these tests are skipped.

import Foundation
import Testing

struct MPITests {
  static let mpirun = ["/usr/bin/mpirun", "/usr/local/bin/mpirun"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Runs the command, or another program, on `ranks` ranks, more than there are processors if need be.
  static func run(
    ranks: Int, program: String = "tessera", _ arguments: [String], environment: [String: String] = [:]
  ) throws -> CommandRun {
    let program = Bundle.main.bundleURL.appending(path: program).path
    return try CommandRun(
      ["-n", "\(ranks)", "--oversubscribe", "--mca", "mpi_yield_when_idle", "1", program] + arguments,
      path: mpirun,
      environment: environment.merging([
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      ]) { $1 })
  }

  @Test(.enabled(if: mpirun != nil), arguments: ["gram", "lanczos"])
  func ranksGiveTheBitsOfThreads(method: String) throws {
    let arguments = ["svd", CommandRun.digits, "-k", "4", "--json", "--method", method]
    let expected = try CommandRun(arguments).json()["singularValues"] as? [Double]
    for ranks in [1, 2, 3, 7] {
      let run = try Self.run(ranks: ranks, arguments)
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try run.json()["singularValues"] as? [Double] == expected)
    }
  }

  @Test(.enabled(if: mpirun != nil)) func aWrongOptionIsToldOnce() throws {
    let run = try Self.run(ranks: 3, ["svd", CommandRun.digits, "--nonsense"])
    #expect(run.exitCode == 64)
    #expect(run.errors.components(separatedBy: "Error: ").count == 2, "\(run.errors)")
  }

  @Test(.enabled(if: mpirun != nil))
  func valuesLongerThanAMessageGoInPieces() throws {
    let arguments = ["svd", CommandRun.digits, "-k", "4", "--json"]
    let expected = try CommandRun(arguments).json()["singularValues"] as? [Double]
    for bytes in [16, 1000] {
      let run = try Self.run(ranks: 3, arguments, environment: ["TESSERA_MESSAGE_BYTES": "\(bytes)"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try run.json()["singularValues"] as? [Double] == expected)
    }
  }

  @Test(.enabled(if: mpirun != nil))
  func ledgerAndTraceAreOfAllRanks() throws {
    let scratch = try ScratchFolder()
    let (ranks, threads) = (scratch.path("ranks.json"), scratch.path("threads.json"))
    let arguments = ["svd", CommandRun.digits, "-k", "4", "--json", "--ledger", "--summary", "--trace"]
    let underMPI = try Self.run(ranks: 3, arguments + [ranks])
    let inProcess = try CommandRun(arguments + [threads, "--workers", "3"])
    #expect(underMPI.exitCode == 0 && underMPI.errors.contains("on 3 workers"))
    func counts(_ run: CommandRun) throws -> [[String: Any]] {
      let ledger = try run.json()["ledger"] as? [String: Any]
      let operations = try #require(ledger?["operations"] as? [[String: Any]])
      // Nothing is moved between steps; who waits there is chance.
      return operations.filter { $0["name"] as? String != "between steps" }
    }
    // The same words, messages and bytes, whatever carries them.
    #expect(try counts(underMPI).count == counts(inProcess).count)
    for (a, b) in zip(try counts(underMPI), try counts(inProcess)) {
      for key in ["measuredWords", "messages", "payloadBytes", "headerBytes"] {
        #expect(a[key] as? Int == b[key] as? Int, "\(key)")
      }
    }
    func tasks(_ path: String) throws -> [Int: Int] {
      let trace = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
      let events = try #require((trace as? [String: Any])?["traceEvents"] as? [[String: Any]])
      return Dictionary(
        grouping: events.filter { $0["cat"] as? String == "task" }, by: { $0["pid"] as? Int ?? -1 }
      ).mapValues(\.count)
    }
    #expect(try tasks(ranks) == tasks(threads))
  }

  @Test(.enabled(if: mpirun != nil)) func traceOfDataflowIsOfAllRanks() throws {
    let scratch = try ScratchFolder()
    let path = scratch.path("trace.json")
    let run = try Self.run(
      ranks: 3,
      ["svd", CommandRun.digits, "-k", "4", "--partitions", "24", "--style", "dataflow", "--trace", path])
    #expect(run.exitCode == 0, "\(run.errors)")
    let trace = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
    let events = try #require((trace as? [String: Any])?["traceEvents"] as? [[String: Any]])
    for kind in ["task", "transfer", "wait"] {
      let ranks = events.filter { $0["cat"] as? String == kind }.map { $0["pid"] as? Int ?? -1 }
      #expect(Set(ranks) == [0, 1, 2], "\(kind)")
    }
  }

  @Test func oneProcessAloneIsAWorldOfOne() throws {
    let arguments = ["svd", CommandRun.digits, "-k", "4", "--json"]
    let expected = try CommandRun(arguments).json()["singularValues"] as? [Double]
    for style in ["message-passing", "dataflow"] {
      let run = try CommandRun(arguments + ["--transport", "mpi", "--style", style])
      #if MPI
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(try run.json()["singularValues"] as? [Double] == expected)
      #else
        #expect(run.exitCode == 69 && run.errors.contains("this build has no MPI"), "\(run.errors)")
      #endif
    }
  }

  #if MPI
    /// As srun without MPI's protocol would start it.
    @Test func processesThatMPIDoesNotKnowOfAreRefusedOnce() throws {
      for (rank, isTold) in [("0", true), ("1", false)] {
        let run = try CommandRun(
          ["svd", CommandRun.digits], environment: ["PMI_RANK": rank, "PMI_SIZE": "2"])
        #expect(run.exitCode == 69 && run.output.isEmpty)
        #expect(run.errors.contains("2 processes have been started that MPI does not know of") == isTold)
      }
    }
  #endif

  @Test(.enabled(if: mpirun != nil), arguments: ["sockets", "in-process"])
  func ranksDoNotRunAJobEach(transport: String) throws {
    let run = try Self.run(ranks: 2, ["svd", CommandRun.digits, "--transport", transport])
    #expect(run.exitCode == 64 && run.output.isEmpty, "\(run.errors)")
    #expect(run.errors.components(separatedBy: "each of the 2 processes").count == 2, "\(run.errors)")
    let alone = try Self.run(ranks: 1, ["svd", CommandRun.digits, "-k", "1", "--transport", transport])
    #expect(alone.exitCode == 0, "\(alone.errors)")
  }

  /// What fails at the only rank that holds the entry is told once, by the driver.
  @Test(.enabled(if: mpirun != nil)) func aTaskThatFailsOnOneRankEndsTheJobWithOneMessage() throws {
    let scratch = try ScratchFolder()
    let path = scratch.path("nan.mtx")
    let entries = (1...40).map { "\($0) \($0 % 3 + 1) \($0 == 33 ? "nan" : "1")" }
    let lines = ["%%MatrixMarket matrix coordinate real general", "40 3 40"] + entries
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    let run = try Self.run(ranks: 3, ["svd", path, "-k", "2", "--partitions", "6"])
    #expect(run.exitCode == 65 && run.output.isEmpty, "\(run.errors)")
    #expect(run.errors.components(separatedBy: "tessera: ").count == 2, "\(run.errors)")
  }

  @Test(.enabled(if: mpirun != nil), arguments: [3, 7])
  func moreRanksThanRowsGiveTheSameBits(ranks: Int) throws {
    let scratch = try ScratchFolder()
    let path = scratch.path("small.csv")
    try "1,2\n3,4.5\n".write(toFile: path, atomically: true, encoding: .utf8)
    let arguments = ["svd", path, "-k", "2", "--json"]
    let expected = try CommandRun(arguments).json()["singularValues"] as? [Double]
    let run = try Self.run(ranks: ranks, arguments)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try run.json()["singularValues"] as? [Double] == expected && expected?.count == 2)
  }

  @Test(.enabled(if: mpirun != nil), arguments: ["message-passing", "dataflow"])
  func anErrorEndsTheJobWithOneMessage(style: String) throws {
    let run = try Self.run(ranks: 3, ["svd", "/nonexistent.mtx", "--style", style])
    #expect(run.exitCode == 66)
    #expect(run.output.isEmpty)
    #expect(run.errors.components(separatedBy: "tessera: /nonexistent.mtx").count == 2)
    #expect(run.errors.components(separatedBy: "tessera: ").count == (style == "dataflow" ? 3 : 2))
    let workers = try Self.run(ranks: 2, ["svd", CommandRun.digits, "--workers", "2"])
    #expect(workers.exitCode == 64)
  }
}
