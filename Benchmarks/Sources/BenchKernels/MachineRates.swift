// What the machine gives one thread, or several at once: what bounds kernels that compute little.

import BenchSupport
import CKernels
import Tessera

/// The rates of so many threads together.
struct MachineRates {
  let threadCount: Int

  /// Seconds to read so many bytes, one after the other.
  func reading(_ bytes: Double) -> Double {
    let (x, sink) = (Numbers(32 << 20), Sink(threadCount))
    let part = x.count / threadCount
    let time = fastest {
      onThreads(threadCount) { sink[$0] = reference_read(x.base + $0 * part, part) }
    }
    return bytes / (8 * Double(x.count)) * time
  }

  /// Seconds for so many gathers, each of `width` doubles side by side, at random among `rows` such places.
  func gathering(_ count: Double, rows: Int, width: Int = 1) -> Double {
    let random = CounterBasedRandom(seed: 7)
    let places = (0..<4_000_000).map { Int32(random.uniform(UInt64($0)) * Double(rows)) }
    let (x, sink) = (Numbers(rows * width), Sink(threadCount))
    let part = places.count / threadCount
    let time = fastest {
      places.withUnsafeBufferPointer {
        // Never empty; the threads only read it, and are done before it goes.
        nonisolated(unsafe) let first = $0.baseAddress!
        onThreads(threadCount) { k in
          sink[k] =
            width == 1
            ? reference_gather(x.base, first + k * part, part)
            : reference_gather_rows(x.base, width, first + k * part, part)
        }
      }
    }
    return count / Double(places.count) * time
  }

  /// Of a limit the best counts.
  private func fastest(_ body: () -> Void) -> Double { (0..<5).map { _ in seconds(body) }.min() ?? .nan }
}
