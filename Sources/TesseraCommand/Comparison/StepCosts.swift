// What a step costs beside the work in it, on threads of this process: rows with a limit and a verdict. Sides
// take turns within one cluster each, and what counts are medians.

import Foundation
import Tessera

/// A measured figure beside its limit.
struct StepCost: Sendable {
  let name: String
  let value: Double
  let unit: String
  let limit: Double
  /// The median times behind it, for a person.
  let detail: String

  var holds: Bool { value <= limit }
}

/// Measures what steps cost.
struct StepCosts: Sendable {
  var workers: Int
  var rounds: Int

  /// All rows.
  ///
  /// - Throws: `ExecutionError`.
  func measure() async throws -> [StepCost] {
    let empty = try await emptyStep()
    return [
      StepCost(
        name: "empty map over \(workers) tiles, message passing", value: 1e6 * empty, unit: "us", limit: 100,
        detail: duration(empty)),
      try await overhead("\(workers) tasks that sleep 1 ms, dataflow / message passing", microseconds: 1000),
      try await overhead("\(workers) tasks that work 1 ms, dataflow / message passing", microseconds: -1000),
      try await recording(.messagePassing), try await recording(.dataflow),
    ]
  }

  private func configuration(_ style: ExecutionStyle) -> ClusterConfiguration {
    ClusterConfiguration(workers: workers, style: style)
  }

  /// Seconds of an empty map: the median of medians over clusters, because a cluster's threads may lie well or
  /// badly on the processors for as long as it lives.
  private func emptyStep() async throws -> Double {
    var medians: [Double] = []
    for _ in 0..<rounds {
      medians.append(
        try await Cluster.run(configuration(.messagePassing), tasks: .comparison) { cluster in
          let tiles = try await cluster.engine.place((0..<workers).map { VectorTile([Double($0)]) })
          return try await median(200) {
            _ = try await cluster.engine.map(EmptyTask.self, Empty(), over: tiles)
          }
        })
    }
    return middle(medians)
  }

  /// The time of a step of one task for each worker, dataflow over message passing.
  private func overhead(_ name: String, microseconds: Int) async throws -> StepCost {
    var times: [ExecutionStyle: [Double]] = [:]
    for round in 0..<rounds {
      for style in round % 2 == 0 ? ExecutionStyle.allCases : ExecutionStyle.allCases.reversed() {
        times[style, default: []].append(
          try await timed(style, microseconds: microseconds, tiles: workers, recorder: nil))
      }
    }
    let (messages, dataflow) = (middle(times[.messagePassing] ?? []), middle(times[.dataflow] ?? []))
    return StepCost(
      name: name, value: dataflow / messages, unit: "times", limit: 1.3,
      detail: "\(duration(dataflow)) / \(duration(messages))")
  }

  /// What recording adds to a task, as a share of a millisecond: from steps of many tasks of no work, with and
  /// without a recorder. All that is recorded of a step is counted, its messages and waits too.
  private func recording(_ style: ExecutionStyle) async throws -> StepCost {
    let tiles = 64
    var (with, without): ([Double], [Double]) = ([], [])
    for _ in 0..<rounds {
      without.append(try await timed(style, microseconds: 0, tiles: tiles, recorder: nil, workers: 1))
      with.append(
        try await timed(style, microseconds: 0, tiles: tiles, recorder: Recorder(workers: 1), workers: 1))
    }
    let cost = max(0, middle(with) - middle(without)) / Double(tiles)
    return StepCost(
      name: "recording a task, \(style.rawValue), of 1 ms", value: 100 * cost / 1e-3, unit: "%", limit: 1,
      detail: "\(duration(middle(with))) / \(duration(middle(without))) for \(tiles) tasks")
  }

  /// Seconds of a step of timed tasks.
  private func timed(
    _ style: ExecutionStyle, microseconds: Int, tiles count: Int, recorder: Recorder?, workers: Int? = nil
  ) async throws -> Double {
    var configuration = configuration(style)
    configuration.workers = workers ?? self.workers
    return try await Cluster.run(configuration, tasks: .comparison, recorder: recorder) { cluster in
      let tiles = try await cluster.engine.place((0..<count).map { VectorTile([Double($0)]) })
      return try await median(40) {
        _ = try await cluster.engine.reduce(TimedTask.self, microseconds, over: tiles)
      }
    }
  }

  /// The median of the seconds of `count` runs, after a few that do not count.
  private func median(_ count: Int, _ body: () async throws -> Void) async rethrows -> Double {
    var times: [Double] = []
    for k in 0..<(count + 5) {
      let start = MonotonicClock.now()
      try await body()
      if k >= 5 { times.append(Double(MonotonicClock.now() - start) / 1e9) }
    }
    return middle(times)
  }

  private func middle(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
  }

  private func duration(_ seconds: Double) -> String {
    seconds.isFinite ? Text.duration(nanoseconds: Int(seconds * 1e9)) : "-"
  }
}
