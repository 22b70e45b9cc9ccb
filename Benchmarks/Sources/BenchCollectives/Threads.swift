// Threads of one process: the hand-over of a value, there and back.

import BenchSupport
import CReference
import Foundation
import Tessera

/// The time of one way of a value between two threads, beside a mutex with a condition.
func measureThreads(_ effort: Effort) throws -> [Comparison] {
  let ends = InProcessCommunicator.group(size: 2)
  let echo = Thread {
    while let value = try? ends[1].receive(Int.self, from: 0, tag: .tiles), value >= 0 {
      try? ends[1].send(value, to: 0, tag: .tiles)
    }
  }
  echo.start()
  defer { ends[0].close(reason: "measured") }
  let handOver = try medians(
    effort,
    ours: { repeats in
      try seconds(repeats) {
        try ends[0].send(1, to: 1, tag: .tiles)
        _ = try ends[0].receive(Int.self, from: 1, tag: .tiles)
      } / 2
    },
    reference: { reference_thread_hand_over(Int32($0)) })
  return [
    .times("hand over a value, one way", handOver, against: "mutex and condition in C"),
    Comparison(
      name: "hand over a value, one way", unit: "us", ours: handOver.ours * 1e6, reference: .nan,
      referenceName: "", limit: .atMost(5)),
  ]
}
