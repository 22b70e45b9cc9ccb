// bench-conversions: redistributions beside what limits them, the copy of as many bytes in memory, and beside
// the same work by NumPy and SciPy on this class of machine (Debian 12, 2 cores; SciPy 1.10):
//
//   10 million entries, 100,000 square, to compressed rows           COO to CSR                   0.40 s
//   the same to blocks of 1024                                       sort by block and cut        2.2 s

import Foundation
import Tessera

func seconds(_ body: () async throws -> Void, isolation: isolated (any Actor)? = #isolation) async throws
  -> Double
{
  let start = ContinuousClock.now
  try await body()
  let duration = ContinuousClock.now - start
  return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

/// The median of a few runs after one to warm up.
func median(
  of rounds: Int = 5, _ body: () async throws -> Void, isolation: isolated (any Actor)? = #isolation
) async throws -> Double {
  try await body()
  var times: [Double] = []
  for _ in 0..<rounds { times.append(try await seconds(body)) }
  return times.sorted()[rounds / 2]
}

func report(_ name: String, _ ours: Double, _ limit: String, _ theirs: Double) {
  print(
    String(
      format: "%@\n  ours %8.3f s   %@ %8.3f s   ratio %.2f", name, ours, limit, theirs,
      ours / theirs))
}

let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 10_000_000
let order = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 10_000

try await Cluster.run(ClusterConfiguration(workers: 2)) { cluster in
  let random = CounterBasedRandom(seed: 1)
  var entries = try TripletMatrix<Double>(rows: 100_000, columns: 100_000)
  entries.reserveCapacity(count)
  for q in 0..<count {
    let (a, b) = random.bits(UInt64(q))
    entries.append(Int(a % 100_000), Int(b % 100_000), Double(q))
  }
  let a = try await CoordinateMatrix(entries, on: cluster)
  let rows = try await median { _ = try await a.rowMatrix() }
  report("\(count) entries to rows, 2 workers", rows, "SciPy, 10 million entries", 0.40)
  let blocks = try await median { _ = try await a.blockMatrix(blockSize: 1024) }
  report("\(count) entries to blocks of 1024, 2 workers", blocks, "NumPy and SciPy, 10 million entries", 2.2)
}

try await Cluster.run(ClusterConfiguration(workers: 2)) { cluster in
  let a = try await BlockMatrix<Double>.generated(
    .dense, Shape(order, order), seed: 1, grid: Partitioning(rows: order, columns: order, blockSize: 1024),
    on: cluster)
  let source = [Double](repeating: 1, count: order * order)
  var copied = 0.0
  let copy = try await median {
    let target = [Double](unsafeUninitializedCapacity: source.count) { target, written in
      source.withUnsafeBufferPointer { _ = target.initialize(from: $0) }
      written = source.count
    }
    // Used, so that the copy is made.
    copied += target[target.count / 2]
  }
  let rows = try await median { _ = try await a.rowMatrix() }
  report(
    "dense blocks of \(order) x \(order) to rows, 2 workers", rows, "one thread's copy into fresh memory",
    copy)
  let transposed = try await median { _ = try await a.transposed().rowMatrix() }
  report("their transpose to rows, 2 workers", transposed, "one thread's copy into fresh memory", copy)
}
