// Two ways of doing the same work, timed in turn, A B A B ..., so that a machine whose speed drifts treats
// both alike. What counts are the medians and their ratio.

import Foundation

/// The medians of two alternatives.
struct Paired {
  let ours: Double
  let reference: Double

  /// Runs each once to warm up, then `rounds` times in turn.
  init(rounds: Int = 9, ours: () -> Void, reference: () -> Void) {
    ours()
    reference()
    var (a, b): ([Double], [Double]) = ([], [])
    for _ in 0..<rounds {
      a.append(seconds(ours))
      b.append(seconds(reference))
    }
    self.ours = median(a)
    self.reference = median(b)
  }

  /// One line: name, both times, the rate of ours in `unit` for `work` units, and the speed of ours relative
  /// to the reference.
  func report(_ name: String, against other: String, work: Double, unit: String) {
    print(
      String(
        format: "%@\n  ours %10.3f ms   %@ %10.3f ms   %8.2f %@   speed ratio %.3f", name, ours * 1e3, other,
        reference * 1e3, work / ours / 1e9, unit, reference / ours))
  }
}

func seconds(_ body: () -> Void) -> Double {
  let start = ContinuousClock.now
  body()
  let duration = ContinuousClock.now - start
  return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
}
