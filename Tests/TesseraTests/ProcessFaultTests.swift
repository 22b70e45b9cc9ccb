// Workers that are killed, stopped, slowed down or end by themselves, as processes over sockets: what the job
// does, how long it takes, and what is left. Docs/Faults.md says which fault is which. Times are compared with
// those of the same job without a fault in the same test, with the slack that the figures give.

import Foundation
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30)), .serialized)
struct ProcessFaultTests {
  /// Four workers, sixteen tasks of 60 ms: a quarter of a second where nothing happens.
  private static let job = ["work", "tiles=16", "ms=60"]

  /// What the job gives without a fault, and its seconds.
  private func undisturbed(_ job: [String] = Self.job) throws -> (result: String, seconds: Double) {
    let values = try FaultJobRun(job).values()
    return (try #require(values["result"]), try #require(values["seconds"].flatMap { Double($0) }))
  }

  /// P1: the loss is noticed within a second, and costs what was lost, 2 s and a fifth at most.
  @Test func aKilledWorkersTasksAreDoneByOthersAtOnce() throws {
    let isInTime = try holds {
      let sound = try undisturbed()
      let run = try FaultJobRun(Self.job)
      let workers = try run.started(tasks: 6)
      let victim = try #require(workers.last)
      try #require(waitUntil { run.begun.contains { $0.process == victim } })
      let lost = run.begun.filter { $0.process == victim }.map(\.tile)
      let time = seconds()
      kill(victim, SIGKILL)
      let values = try run.values()
      #expect(values["result"] == sound.result)
      // One line says who is lost, why, and what becomes of its work.
      let lines = run.program.said.errors.split(separator: "\n").filter { $0.hasPrefix("tessera: worker ") }
      #expect(
        lines.count == 1 && lines[0].contains(" is lost, ") && lines[0].contains("signal 9")
          && lines[0].hasSuffix("are for the 3 that are left"), "\(lines)")
      let took = try #require(values["seconds"].flatMap { Double($0) })
      // What it was at begins again elsewhere.
      let again = run.begun.filter { lost.contains($0.tile) && $0.process != victim && $0.time > time }
      let first = try #require(again.map(\.time).min())
      return took <= 1.2 * sound.seconds + 0.06 * Double(lost.count) + 2 && first - time <= 1
    }
    #expect(isInTime)
  }

  /// P4: a process that ends in good order in the middle of a task is as lost as any.
  @Test func aWorkerThatEndsByItselfInATaskIsLost() throws {
    let sound = try undisturbed()
    let marker = unusedPath()
    defer { try? FileManager.default.removeItem(atPath: marker) }
    let isInTime = try holds {
      try? FileManager.default.removeItem(atPath: marker)
      let values = try FaultJobRun(Self.job + ["fault=exit", "tile=7", "marker=\(marker)"]).values()
      #expect(values["result"] == sound.result)
      #expect(FileManager.default.fileExists(atPath: marker))
      return try #require(values["seconds"].flatMap { Double($0) }) <= 2.2 * sound.seconds + 2
    }
    #expect(isInTime)
  }

  /// In the driver's own share such a task ends the driver, with an error and not with the code it chose.
  @Test(arguments: ["dataflow", "message-passing"]) func aTaskThatEndsTheDriverIsAnError(style: String) throws
  {
    let run = try FaultJobRun(Self.job + ["fault=exit", "tile=0"], style: style)
    let (exitCode, output, errors) = run.program.end(seconds: 30)
    #expect(exitCode == 70 && errors.contains("a task has called exit()"), "\(errors)")
    #expect(FaultJobRun.values(output)["result"] == nil)
  }

  /// P3: a task that ends every worker it comes to is given up, by name and cause, and others live. Where there are
  /// not so many workers, others are started.
  @Test(arguments: [2, 3, 6]) func aTaskThatKillsItsWorkersIsGivenUp(workers: Int) throws {
    let start = seconds()
    let run = try FaultJobRun(Self.job + ["fault=kill", "tile=15"], workers: workers)
    let (exitCode, _, errors) = run.program.end(seconds: 30)
    #expect(exitCode == 69 && seconds() - start <= 10)
    let victims = Set(run.begun.filter { $0.tile == 15 }.map(\.process))
    #expect(victims.count <= 4 && !victims.contains(run.program.identifier))
    let line = errors.split(separator: "\n").last { $0.hasPrefix("error ") } ?? ""
    #expect(
      line.contains("fault-job/work") && line.contains("tile 15") && line.contains("signal 9"), "\(line)")
  }

  /// P11: so is one that takes more memory than its process may have; the driver is not harmed.
  @Test func aTaskThatTakesTooMuchMemoryIsGivenUp() throws {
    let isGivenUp = try holds {
      let run = try FaultJobRun(Self.job + ["fault=exhaust", "tile=7"], workers: 6)
      let (exitCode, _, errors) = run.program.end(seconds: 30)
      // A backup that the driver's own worker runs, and survives, may be done first.
      guard exitCode != 0 else { return false }
      #expect(exitCode == 69)
      let line = errors.split(separator: "\n").last { $0.hasPrefix("error ") } ?? ""
      #expect(
        line.contains("fault-job/work") && line.contains("tile 7") && line.contains("signal"), "\(line)")
      return true
    }
    #expect(isGivenUp)
  }

  /// P12: the first cause is shown, cut to 10,000 characters.
  @Test(arguments: ["dataflow", "message-passing"]) func aLongErrorIsCut(style: String) throws {
    let run = try FaultJobRun(Self.job + ["fault=raise", "tile=7"], style: style)
    let (exitCode, _, errors) = run.program.end(seconds: 30)
    #expect(exitCode == 69)
    let line = errors.split(separator: "\n").last { $0.hasPrefix("error ") } ?? ""
    #expect(line.contains("tile 7: first cause") && line.count < 10_200, "\(line.prefix(200))")
  }

  /// P5: a worker stopped for good is given up after 5 s; continued, it finds that it is not wanted.
  @Test func aStoppedWorkersTasksAreDoneByOthers() throws {
    let isInTime = try holds {
      let sound = try undisturbed()
      let run = try FaultJobRun(Self.job)
      let workers = try run.started(tasks: 6)
      let time = seconds()
      kill(try #require(workers.last), SIGSTOP)
      let values = try run.values()
      #expect(values["result"] == sound.result)
      #expect(workers.allSatisfy { !Processes.isRunning($0) })
      return seconds() - time <= sound.seconds + 8
    }
    #expect(isInTime)
  }

  /// P5, the second half: the job has gone on without it, and goes on when it wakes up; its late results are nobody's.
  @Test func aWorkerThatWakesUpTooLateEndsByItself() throws {
    let job = ["work", "tiles=64", "ms=500"]
    let run = try FaultJobRun(job)
    let victim = try #require(try run.started(tasks: 6).last)
    kill(victim, SIGSTOP)
    try #require(waitUntil(seconds: 10) { run.program.said.errors.contains("is lost, ") })
    #expect(run.program.process.isRunning && Processes.isRunning(victim))
    kill(victim, SIGCONT)
    #expect(waitUntil(seconds: 2) { !Processes.isRunning(victim) })
    #expect(run.program.process.isRunning)
    let expected = try FaultJobRun(["work", "tiles=64"], transport: "in-process", workers: 1).values()[
      "result"]
    #expect(try run.values()["result"] == expected)
  }

  /// P6: a short stop loses nobody.
  @Test func aShortlyStoppedWorkerGoesOn() throws {
    let sound = try undisturbed()
    let run = try FaultJobRun(Self.job)
    let victim = try #require(try run.started(tasks: 6).last)
    kill(victim, SIGSTOP)
    let isOver = waitUntil(seconds: 3) { !run.program.process.isRunning }
    kill(victim, SIGCONT)
    #expect(try run.values()["result"] == sound.result)
    // The driver waits for all of its workers at the end.
    #expect(!isOver)
  }

  /// P7: a worker at a tenth of its speed costs no more than as much time again.
  @Test func aSlowWorkersTasksAreDoneByOthersAsWell() throws {
    let job = ["work", "tiles=48", "ms=60"]
    let isInTime = try holds {
      let sound = try undisturbed(job)
      let run = try FaultJobRun(job)
      let victim = try #require(try run.started(tasks: 3).last)
      Thread.detachNewThread {
        while Processes.isRunning(victim) {
          kill(victim, SIGSTOP)
          usleep(90_000)
          kill(victim, SIGCONT)
          usleep(10_000)
        }
      }
      let values = try run.values()
      #expect(values["result"] == sound.result)
      return try #require(values["seconds"].flatMap { Double($0) }) <= 2 * sound.seconds
    }
    #expect(isInTime)
  }

  /// P8: when all other workers are lost at once, the driver's own does everything; a task that has been at two of
  /// them when they were lost is not tried on the driver, which it might end too, but on another worker that is
  /// started. In message passing nobody can take over. Either way it is over soon, and says who is gone.
  @Test func allWorkersLostIsAnErrorOrMoreWorkForTheDriver() throws {
    let sound = try undisturbed()
    for style in ["dataflow", "message-passing"] {
      let run = try FaultJobRun(Self.job, style: style)
      let workers = try run.started(tasks: 4)
      let time = seconds()
      for worker in workers { kill(worker, SIGKILL) }
      let (exitCode, output, errors) = run.program.end(seconds: 30)
      #expect(seconds() - time <= 10)
      if style == "dataflow" {
        #expect(exitCode == 0 && FaultJobRun.values(output)["result"] == sound.result, "\(errors)")
      } else {
        #expect(exitCode == 69 && errors.contains("signal 9"), "\(errors)")
      }
    }
  }

  /// P9: nobody outlives the driver, whatever it was doing.
  @Test(arguments: ["dataflow", "message-passing"]) func aKilledDriverLeavesNobody(style: String) throws {
    let run = try FaultJobRun(["work", "tiles=16", "ms=3000"], style: style)
    let workers = try run.started(tasks: 4)
    #expect(workers.count == 3)
    kill(run.program.identifier, SIGKILL)
    #expect(waitUntil(seconds: 10) { workers.allSatisfy { !Processes.isRunning($0) } })
  }

  /// P16: what lay on lost workers is there again, down to the last of them.
  @Test func workersLostOneByOneChangeNoBit() throws {
    let expected = try #require(
      try FaultJobRun(["one-by-one"], transport: "in-process", workers: 1).values()["result"])
    let values = try FaultJobRun(["one-by-one"], workers: 5).values()
    #expect(values["result"] == expected && values["left"] == "0")
  }

  /// P17: an iterative method goes on with the same iterates.
  @Test func anIterationGoesOnWithoutTheWorkerItLoses() throws {
    let expected = try FaultJobRun(["iterate", "kill=0"], workers: 5).values()
    #expect(expected["passes"].flatMap { Int($0) } ?? 0 > 13 && expected["left"] == "4")
    for kills in [1, 4] {
      let values = try FaultJobRun(["iterate", "kill=\(kills)"], workers: 5).values()
      #expect(values["result"] == expected["result"] && values["passes"] == expected["passes"])
      // In place of the last one another may have been started.
      #expect([4 - kills, 1].contains { values["left"] == "\($0)" })
    }
  }

  /// A task that is at two workers when they are killed is not to blame: all but the driver's own killed while the same
  /// tile is made, and made again.
  @Test func anInnocentTaskThatWasAtTwoLostWorkersIsDone() throws {
    // The driver's share takes no time, worker 1's tile does.
    let job = ["work", "tiles=3", "ms=400"]
    let sound = try undisturbed(job)
    let run = try FaultJobRun(job, workers: 3)
    _ = try run.started(tasks: 3)
    var killed: Set<Int32> = []
    for _ in 0..<2 {
      try #require(
        waitUntil {
          run.begun.contains {
            $0.tile == 2 && $0.process != run.program.identifier && !killed.contains($0.process)
          }
        })
      let begun = run.begun.last { $0.tile == 2 && !killed.contains($0.process) }
      let victim = try #require(begun?.process)
      killed.insert(victim)
      kill(victim, SIGKILL)
    }
    #expect(try run.values()["result"] == sound.result)
    // Whoever did it in the end was neither of them, nor the driver.
    let last = try #require(run.begun.last { $0.tile == 2 })
    #expect(!killed.contains(last.process) && last.process != run.program.identifier)
  }

  /// P14: clusters that come and go leave no descriptor, no thread, no memory and no process.
  @Test func clustersThatComeAndGoLeaveNothing() throws {
    let values = try FaultJobRun(["cycles", "count=200"], workers: 2).values(seconds: 120)
    func pair(_ name: String) throws -> (Int, Int) {
      let numbers = try #require(values[name]).split(separator: " ").compactMap { Int($0) }
      try #require(numbers.count == 2)
      return (numbers[0], numbers[1])
    }
    let (descriptors, threads, memory) = (try pair("descriptors"), try pair("threads"), try pair("kilobytes"))
    #expect(descriptors.1 <= descriptors.0)
    #expect(threads.1 <= threads.0 + 1)
    #expect(Double(memory.1) <= 1.05 * Double(memory.0))
    #expect(values["children"] == "0")
  }
}

/// One program, two styles, two transports, any number of workers: the same bits.
@Suite(.timeLimit(.minutes(30)), .serialized)
struct SameBitsTests {
  private static func expected() throws -> String? {
    try FaultJobRun(["bits"], style: "message-passing", transport: "in-process", workers: 1).values()[
      "result"]
  }

  @Test func everyStyleTransportAndNumberOfWorkersGivesTheSameBits() throws {
    let expected = try #require(try Self.expected())
    for style in ["message-passing", "dataflow"] {
      for transport in ["in-process", "sockets"] {
        for workers in [1, 2, 3, 5] {
          let run = try FaultJobRun(["bits"], style: style, transport: transport, workers: workers)
          #expect(try run.values()["result"] == expected, "\(style), \(transport), \(workers) workers")
        }
      }
    }
  }

  @Test(arguments: ["1", "40K", "200K", "4M"]) func noMemoryIsTooSmall(memory: String) throws {
    let expected = try #require(try Self.expected())
    let run = try FaultJobRun(["bits"], workers: 3, environment: ["TESSERA_MEMORY": memory])
    #expect(try run.values()["result"] == expected)
  }

  @Test func aWorkerKilledAtAnyMomentChangesNoBit() throws {
    let expected = try Self.expected()
    let values = try FaultJobRun(["kills", "count=20", "seed=3"]).values()
    #expect(values["result"] == expected)
    #expect(values["killed"].flatMap { Int($0) } ?? 0 >= 10)
  }

  /// Whoever meets the silence first has its input made again; a backup must not begin without it.
  @Test func aWorkerStoppedForGoodDuringProductsChangesNoBit() throws {
    let expected = try FaultJobRun(["multiply"], transport: "in-process", workers: 1).values()["result"]
    for delay in [20_000, 150_000, 400_000] as [UInt32] {
      let run = try FaultJobRun(["multiply", "ms=7000"], workers: 3)
      try #require(run.program.wait { $0.output.contains("ready ") })
      usleep(delay)
      kill(try #require(run.workers.last), SIGSTOP)
      #expect(try run.values()["result"] == expected)
      #expect(run.program.said.errors.contains("is lost, "))
    }
  }

  @Test func aWorkerStoppedForGoodChangesNoBit() throws {
    let expected = try Self.expected()
    // How long the job goes on is the machine's affair: one that is over before the moment comes is run again.
    var isStopped = false
    for delay in [150_000, 50_000, 15_000, 0] as [UInt32] where !isStopped {
      let run = try FaultJobRun(["bits"])
      try #require(run.program.wait { $0.output.contains("ready ") })
      usleep(delay)
      if let worker = run.workers.last { isStopped = kill(worker, SIGSTOP) == 0 }
      #expect(try run.values()["result"] == expected)
    }
    #expect(isStopped)
  }
}
