// tessera scale --model: the published grids, numbers as the library predicts them, and arguments that make no
// sense.

import Foundation
import Testing

@Suite struct ScalingCommandTests {
  private static let machine = [
    "--flops", "50", "--reading", "20", "--latency", "10", "--bandwidth", "2",
  ]

  private func models(_ arguments: [String]) throws -> [[String: Any]] {
    let run = try CommandRun(["scale", "--model", "--json"] + Self.machine + arguments)
    #expect(run.exitCode == 0, "\(run.errors)")
    return try #require(try run.json()["models"] as? [[String: Any]])
  }

  @Test(arguments: [
    ("4096,4096,4096", 4, "2x1x2", 1.135), ("4096,4096,4096", 8, "2x2x2", 1),
    ("4096,4096,4096", 64, "4x4x4", 2.222), ("1048576,256,256", 16, "16x1x1", 1.0667),
    ("256,1048576,256", 16, "1x16x1", 1), ("16384,512,16384", 16, "4x1x4", 1),
  ]) func thePublishedGridsAndRatiosAppear(shape: String, workers: Int, plan: String, ratio: Double) throws {
    let models = try models(["--shape", shape, "--counts", "\(workers)"])
    let found = try #require((models.first?["predictions"] as? [[String: Any]])?.first)
    #expect(models.count == 1 && found["plan"] as? String == plan && found["workers"] as? Int == workers)
    let words = try #require(found["predictedWords"] as? Double)
    let bound = try #require(found["lowerBoundWords"] as? Double)
    #expect(abs(words / bound - ratio) < 1e-3)
  }

  @Test func withoutAShapeThereIsOneOfEachKindUpToAThousandWorkers() throws {
    let models = try models([])
    #expect(models.compactMap { $0["work"] as? String } == ["product", "pass", "tsqr"])
    for model in models {
      let predictions = try #require(model["predictions"] as? [[String: Any]])
      let expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000]
      #expect(predictions.compactMap { $0["workers"] as? Int } == expected)
      let times = predictions.compactMap { $0["seconds"] as? Double }
      #expect(times.count == expected.count && times == times.sorted(by: >=))
    }
    let table = try CommandRun(["scale", "--model", "--workers", "3"] + Self.machine)
    #expect(table.exitCode == 0 && table.output.contains("efficiency"))
  }

  @Test func ratesThatAreNotGivenAreMeasured() throws {
    let run = try CommandRun([
      "scale", "--model", "--json", "--flops", "1", "--tsqr", "100,10", "--counts", "2",
    ])
    let machine = try #require(try run.json()["machine"] as? [String: Any])
    #expect(machine["flopsPerSecond"] as? Double == 1e9)
    for key in ["memoryBytesPerSecond", "latencySeconds", "bytesPerSecond"] {
      #expect(try #require(machine[key] as? Double) > 0, "\(key)")
    }
  }

  @Test(arguments: [
    ["--model", "2", "a.mtx", "b.mtx"], ["--shape", "1,2,3"], ["--model", "--shape", "1,2"],
    ["--model", "--shape", "0,1,2"], ["--model", "--tsqr", "3,4"], ["--model", "--flops", "0"],
    ["--model", "--latency", "-1"], ["--model", "--shape", "1099511627776,1099511627776,2"], [],
    ["2", "a.mtx"],
  ]) func argumentsThatMakeNoSenseAreUsage(arguments: [String]) throws {
    let run = try CommandRun(["scale"] + arguments)
    #expect(run.exitCode == 64 && run.output.isEmpty && !run.errors.isEmpty)
  }
}
