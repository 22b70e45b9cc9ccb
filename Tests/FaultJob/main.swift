// The job that tests of faults run, kill, stop and slow down: fault-job ROLE [KEY=VALUE ...], its cluster set
// up by the environment. Results go to standard output, a line each, with the first word to tell what it is:
//
//   work     tiles tasks of ms milliseconds; fault, tile, marker: what goes wrong     seconds, result
//   bits     three decompositions and a pipeline                                      result
//   kills    the same under seeded kills of its own workers, count times              result, killed
//   one-by-one  a pipeline after each loss of a worker, until none is left            result
//   iterate  a Lanczos decomposition that loses kill workers, from the seventh pass   result, left
//   passes   count maps of ms milliseconds over the same tiles                       result
//   multiply products and conversions for ms milliseconds                             result
//   cycles   count clusters, one after the other                                      resources
//   soak     mixed jobs under seeded kills for seconds                                tallies
//
// `strange=1` adds a task that another fault-job does not have.

import Foundation
import Tessera
import TesseraTestSupport

let words = CommandLine.arguments.dropFirst().map { String($0) }
let options = Dictionary(
  words.dropFirst().map { word in
    let parts = word.split(separator: "=", maxSplits: 1).map { String($0) }
    return (parts[0], parts.count > 1 ? parts[1] : "")
  }, uniquingKeysWith: { $1 })

func number(_ name: String, _ standard: Int) -> Int { options[name].flatMap { Int($0) } ?? standard }

/// What the workers do, as the options say.
func behaviour() -> Behaviour {
  let faults: [String: Fault] = ["exit": .exit, "kill": .kill, "raise": .raise, "exhaust": .exhaust]
  var behaviour = Behaviour()
  behaviour.milliseconds = number("ms", 0)
  behaviour.fault = options["fault"].flatMap { faults[$0] } ?? .none
  behaviour.tile = number("tile", -1)
  behaviour.marker = options["marker"] ?? ""
  behaviour.isTalking = true
  if behaviour.fault == .exhaust { behaviour.spared = Int(getpid()) }
  return behaviour
}

let tasks: [TaskRegistry.Entry] =
  [.map(WorkTask.self), .exchange(TransposeTask.self), .reduce(SumTask.self)]
  + (number("strange", 0) == 1 ? [.map(StrangeTask.self)] : [])

/// Runs a program on a cluster set up by the environment.
func onCluster<Result: Sendable>(_ program: (Cluster) async throws -> Result) async throws -> Result {
  try await Cluster.run(tasks: tasks, program)
}

/// Prints a line at once.
func tell(_ line: String) {
  FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

do {
  switch words.first {
  case "work":
    let start = nanoseconds()
    try await onCluster { cluster in
      tell("ready \(getpid())")
      let begin = nanoseconds()
      let result = try await work(cluster, tiles: number("tiles", 12), behaviour())
      tell("seconds \(Double(nanoseconds() - begin) * 1e-9)")
      tell("result \(name(result))")
    }
    tell("all-seconds \(Double(nanoseconds() - start) * 1e-9)")
  case "bits":
    try await onCluster { cluster in
      tell("ready \(getpid())")
      tell("result " + (try await everything(cluster)))
    }
  case "kills": try await killAtRandom(count: number("count", 20), seed: number("seed", 1))
  case "one-by-one": try await loseOneByOne()
  case "iterate": try await loseFromTheSeventhPassOn(count: number("kill", 1))
  case "passes":
    try await onCluster { cluster in
      tell("ready \(getpid())")
      let result = try await passes(
        cluster, tiles: number("tiles", 12), count: number("count", 10), behaviour())
      tell("result \(name(result))")
    }
  case "multiply": try await multiplyAgainAndAgain(milliseconds: number("ms", 0))
  case "cycles": try await startAndStop(count: number("count", 200))
  case "soak": try await soak(seconds: number("seconds", 60), seed: number("seed", 1))
  default:
    say("usage: fault-job work|bits|kills|one-by-one|iterate|passes|multiply|cycles|soak [key=value ...]")
    exit(64)
  }
} catch {
  say("error \(error)")
  exit(69)
}
