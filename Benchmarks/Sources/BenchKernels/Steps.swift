// What a step of the engine costs in both styles, and what it costs to record one.

import Foundation
import Tessera

/// A task that computes for a given time, to measure what a step costs beside.
enum SpinningTask: ReduceTask {
  typealias Arguments = Int
  typealias Input = VectorTile<Double>
  static let name = "bench-spinning"
  static func run(_ nanoseconds: Int, _ tile: VectorTile<Double>, tile number: Int) -> Int {
    let end = MonotonicClock.now() + nanoseconds
    while MonotonicClock.now() < end {}
    return 1
  }
  static func combine(_ left: inout Int, _ right: Int, _ nanoseconds: Int) { left += right }
}

/// The median microseconds of a step: the reduction of as many tiles as there are workers.
private func step(_ style: ExecutionStyle, workers: Int, nanoseconds: Int, rounds: Int) async throws -> Double
{
  try await Cluster.run(
    ClusterConfiguration(workers: workers, style: style), tasks: [.reduce(SpinningTask.self)]
  ) { cluster in
    let tiles = try await cluster.engine.place((0..<workers).map { VectorTile([Double($0)]) })
    var times: [Double] = []
    for _ in 0..<rounds {
      let start = MonotonicClock.now()
      _ = try await cluster.engine.reduce(SpinningTask.self, nanoseconds, over: tiles)
      times.append(Double(MonotonicClock.now() - start) * 1e-3)
    }
    return median(times)
  }
}

/// Both styles, without and with something to do.
func benchSteps(workers: Int) async throws {
  for (nanoseconds, rounds) in [(0, 2000), (1_000_000, 300)] {
    let messagePassing = try await step(
      .messagePassing, workers: workers, nanoseconds: nanoseconds, rounds: rounds)
    let dataflow = try await step(.dataflow, workers: workers, nanoseconds: nanoseconds, rounds: rounds)
    print(
      String(
        format: """
          reduction of %d tiles of %d us, %d workers as threads
            message passing %10.1f us   dataflow %10.1f us   ratio %.2f
          """, workers, nanoseconds / 1000, workers, messagePassing, dataflow, dataflow / messagePassing))
  }
}

/// An event by itself, and tasks of a millisecond with and without a recorder.
func benchRecording(workers: Int) async throws {
  let recorder = Recorder(workers: workers)
  let count = 200_000
  let alone = seconds {
    for k in 0..<count { recorder.measure(.recompute, SpinningTask.name, worker: k % workers) {} }
  }
  func run(_ recorder: Recorder?, _ style: ExecutionStyle) async throws -> (seconds: Double, events: Int) {
    try await Cluster.run(
      ClusterConfiguration(workers: 1, style: style), tasks: [.reduce(SpinningTask.self)], recorder: recorder
    ) { cluster in
      let tiles = try await cluster.engine.place((0..<100).map { VectorTile([Double($0)]) })
      let (start, events) = (MonotonicClock.now(), recorder?.events().count ?? 0)
      _ = try await cluster.engine.reduce(SpinningTask.self, 1_000_000, over: tiles)
      let end = MonotonicClock.now()
      return (Double(end - start) * 1e-9, (recorder?.events().count ?? 0) - events)
    }
  }
  for style in ExecutionStyle.allCases {
    var (with, without, events) = ([Double](), [Double](), 0)
    for _ in 0..<9 {
      without.append(try await run(nil, style).seconds)
      let recorded = try await run(Recorder(), style)
      with.append(recorded.seconds)
      events = recorded.events
    }
    let cost = alone / Double(count)
    print(
      String(
        format: """
          recording 100 tasks of 1 ms, %@
            %.0f ns an event, %d events: %.3f %% of the tasks; measured %.2f %%
          """, style.rawValue, cost * 1e9, events, cost * Double(events) / 0.1 * 100,
        (median(with) / median(without) - 1) * 100))
  }
}
