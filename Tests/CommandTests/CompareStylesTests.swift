// tessera compare-styles at small sizes: what it prints can be read, its results are the same bits, and faults
// end as each style says.

import Foundation
import Testing

@Suite(.timeLimit(.minutes(30)))
struct CompareStylesTests {
  private static let small = [
    "compare-styles", "--json", "--repeats", "2", "--rows", "600", "--columns", "40", "--density", "0.1",
    "--steps", "10", "--partitions", "6", "--workers", "3",
  ]
  private static let workloads = ["svd", "product", "conversion", "steps"]

  private static func objects(_ run: CommandRun, _ key: String) throws -> [[String: Any]] {
    #expect(run.exitCode == 0, "\(run.errors)")
    return try #require(try run.json()[key] as? [[String: Any]])
  }

  @Test func everyWorkloadGivesTheSameBitsInBothStylesOnThreadsAndProcesses() throws {
    let run = try CommandRun(Self.small)
    let found = try Self.objects(run, "measurements")
    #expect(found.count == 16)
    #expect(try run.json()["sameBits"] as? Bool == true)
    for workload in Self.workloads {
      let rows = found.filter { $0["workload"] as? String == workload }
      #expect(Set(rows.compactMap { $0["bits"] as? String }).count == 1)
      for row in rows {
        #expect(try #require(row["seconds"] as? Double) > 0)
        #expect((row["allSeconds"] as? [Double])?.count == 2)
        #expect((row["waitingSeconds"] as? [Double])?.count == 3)
        #expect(try #require(row["words"] as? Int) > 0)
        #expect((row["ratio"] as? Double != nil) == (row["style"] as? String == "dataflow"))
      }
    }
    // Words are counted alike whatever carries them.
    for workload in Self.workloads {
      let words = found.filter {
        $0["workload"] as? String == workload && $0["style"] as? String == "message-passing"
      }.compactMap { $0["words"] as? Int }
      #expect(words.count == 2 && words[0] == words[1])
    }
  }

  @Test func anotherSeedGivesOtherBits() throws {
    let arguments = Self.small + ["--workload", "product", "--transport", "in-process"]
    func bits(_ more: [String]) throws -> Set<String> {
      Set(try Self.objects(CommandRun(arguments + more), "measurements").compactMap { $0["bits"] as? String })
    }
    #expect(try bits(["--seed", "1"]).isDisjoint(with: bits(["--seed", "2"])))
  }

  @Test func aKilledWorkerEndsMessagePassingAndNotDataflow() throws {
    let run = try CommandRun(
      Self.small + ["--workload", "steps", "--steps", "300", "--kill", "1"])
    let faults = try Self.objects(run, "faults")
    #expect(faults.count == 4)
    for fault in faults {
      // A kill that comes too late is tried again, earlier.
      #expect(fault["workersHit"] as? Int == 1 && fault["sameBits"] as? Bool == true, "\(fault)")
      if fault["style"] as? String == "dataflow" {
        #expect(fault["error"] is NSNull)
      } else {
        #expect(fault["error"] is String && fault["secondsWithRerun"] as? Double != nil, "\(fault)")
      }
    }
  }

  @Test func slowWorkersChangeNoBit() throws {
    let run = try CommandRun(
      Self.small + ["--workload", "svd", "--slow", "1", "--slow-factor", "3", "--repeats", "1"])
    let faults = try Self.objects(run, "faults")
    // Threads are not slowed.
    #expect(faults.map { $0["transport"] as? String } == ["sockets", "sockets"])
    #expect(faults.allSatisfy { $0["sameBits"] as? Bool == true && $0["error"] is NSNull })
  }

  @Test func theTableAndThePictureNameEveryWay() throws {
    let scratch = try ScratchFolder()
    let run = try CommandRun(
      Self.small.filter { $0 != "--json" } + [
        CommandRun.digits, "--workload", "svd", "--workload", "steps", "--svg", scratch.path("out.svg"),
      ])
    #expect(run.exitCode == 0, "\(run.errors)")
    let picture = try String(contentsOfFile: scratch.path("out.svg"), encoding: .utf8)
    for way in ["in-process, message-passing", "in-process, dataflow", "sockets, message-passing"] {
      #expect(picture.contains(way))
    }
    #expect(run.output.contains("in-process") && run.output.contains("sockets"))
    #expect(!run.output.contains("conversion") && !picture.contains("conversion"))
  }

  @Test(arguments: [
    ["--repeats", "0"], ["--workload", "nothing"], ["--kill", "3", "--workers", "3"], ["--density", "2"],
    ["--svg", "out.png"], ["--slow-factor", "1"], ["--slow", "1", "--transport", "in-process"],
  ])
  func whatCannotBeMeasuredIsRefused(arguments: [String]) throws {
    let run = try CommandRun(["compare-styles"] + arguments)
    #expect(run.exitCode == 64 && run.output.isEmpty)
  }

  @Test(.enabled(if: MPITests.mpirun != nil))
  func underMPIItMeasuresTheJobsRanks() throws {
    let arguments = Self.small.dropLast(2) + ["--workload", "product"]
    let ranks = try Self.objects(MPITests.run(ranks: 3, Array(arguments)), "measurements")
    let threads = try Self.objects(
      CommandRun(Self.small + ["--workload", "product", "--transport", "in-process"]), "measurements")
    #expect(ranks.map { $0["transport"] as? String } == ["mpi"])
    #expect((ranks[0]["waitingSeconds"] as? [Double])?.count == 3)
    #expect(ranks[0]["bits"] as? String == threads[0]["bits"] as? String)
    #expect(ranks[0]["words"] as? Int == threads[0]["words"] as? Int)
  }
}
