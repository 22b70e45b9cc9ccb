// Tasks of the measurements' own: as little work as there can be, and work that takes a known time.

import Foundation
import Tessera

extension [TaskRegistry.Entry] {
  /// What a cluster that measures must know beside the library's tasks.
  static var comparison: [TaskRegistry.Entry] {
    [.reduce(TinySumTask.self), .map(EmptyTask.self), .reduce(TimedTask.self)]
  }
}

/// The sum of all tiles, each times the argument and folded into [0, 1).
enum TinySumTask: ReduceTask {
  typealias Arguments = VectorTile<Double>
  typealias Input = VectorTile<Double>
  static let name = "comparison/tiny-sum"

  static func run(_ factor: VectorTile<Double>, _ input: VectorTile<Double>, tile: Int) -> VectorTile<Double>
  {
    let product = (factor.elements.first ?? 0) * (input.elements.first ?? 0)
    return VectorTile([product - product.rounded(.down)])
  }

  static func combine(
    _ left: inout VectorTile<Double>, _ right: VectorTile<Double>, _ factor: VectorTile<Double>
  ) {
    left = VectorTile([(left.elements.first ?? 0) + (right.elements.first ?? 0)])
  }
}

/// The tile as it is.
enum EmptyTask: MapTask {
  typealias Arguments = Empty
  typealias Input = VectorTile<Double>
  static let name = "comparison/empty"

  static func run(_: Empty, _ input: VectorTile<Double>, tile: Int) -> VectorTile<Double> { input }
}

/// Takes so many microseconds per tile: asleep for positive numbers, at work for negative ones.
enum TimedTask: ReduceTask {
  typealias Arguments = Int
  typealias Input = VectorTile<Double>
  static let name = "comparison/timed"

  static func run(_ microseconds: Int, _ input: VectorTile<Double>, tile: Int) -> Empty {
    if microseconds >= 0 {
      usleep(UInt32(clamping: microseconds))
    } else {
      let end = threadTime() + 1000 * microseconds.magnitude
      while threadTime() < end {}
    }
    return Empty()
  }

  static func combine(_ left: inout Empty, _ right: Empty, _ microseconds: Int) {}

  /// Nanoseconds that this thread has worked.
  private static func threadTime() -> UInt {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt(time.tv_sec) * 1_000_000_000 + UInt(time.tv_nsec)
  }
}
