// What a step of the message-passing engine costs when its tasks do nothing: an announcement, a reduction of
// the failures, and four threads that have to be woken up for both.

import BenchSupport
import Tessera

/// A task that returns its tile.
private enum Nothing: MapTask {
  typealias Arguments = Empty
  typealias Input = VectorTile<Double>
  static var name: String { "bench-nothing" }
  static func run(_: Empty, _ tile: VectorTile<Double>, tile number: Int) -> VectorTile<Double> { tile }
}

/// The median time of an empty map over as many tiles as workers.
func measureStep(workers: Int = 4, steps: Int = 2000) async throws -> [Comparison] {
  let time = try await Cluster.run(ClusterConfiguration(workers: workers), tasks: [.map(Nothing.self)]) {
    cluster in
    let tiles = try await cluster.engine.place((0..<workers).map { VectorTile([Double($0)]) })
    var times: [Double] = []
    for _ in 0..<steps {
      let start = ContinuousClock.now
      _ = try await cluster.engine.map(Nothing.self, Empty(), over: tiles)
      times.append(Double((ContinuousClock.now - start).components.attoseconds) * 1e-18)
    }
    return median(times)
  }
  return [
    Comparison(
      name: "empty step, \(workers) workers as threads", unit: "us", ours: time * 1e6, reference: .nan,
      referenceName: "", limit: .atMost(100))
  ]
}
