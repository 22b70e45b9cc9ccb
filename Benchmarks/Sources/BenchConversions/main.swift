// bench-conversions: redistributions beside what limits them, the copy of as many bytes in memory, and beside
// the same work by NumPy and SciPy in the same run, where Python has them: COO to CSR; and sorting by block,
// cutting, and compressing each block.

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

/// Seconds that SciPy takes to compressed rows and to blocks of 1024, medians of three; nil without it.
func scipy(entries: Int) throws -> (rows: Double, blocks: Double)? {
  let script = """
    import time, numpy as np, scipy.sparse as sp
    n, z, b = 100_000, \(entries), 1024
    r = np.random.default_rng(1)
    i, j, v = r.integers(0, n, z).astype(np.int32), r.integers(0, n, z).astype(np.int32), r.standard_normal(z)
    a = sp.coo_matrix((v, (i, j)), (n, n))
    def blocks():
        g = -(-n // b)
        key = (i // b).astype(np.int64) * g + j // b
        order = np.argsort(key, kind='stable')
        k, x, y, w = key[order], i[order] % b, j[order] % b, v[order]
        cuts = np.flatnonzero(np.diff(k)) + 1
        starts, ends = np.concatenate(([0], cuts)), np.concatenate((cuts, [z]))
        return [sp.csr_matrix((w[s:e], (x[s:e], y[s:e])), (b, b)) for s, e in zip(starts, ends)]
    def t(f):
        times = []
        for _ in range(4):
            s = time.perf_counter(); f(); times.append(time.perf_counter() - s)
        return sorted(times[1:])[1]
    print(t(a.tocsr), t(blocks))
    """
  let process = Process()
  let output = Pipe()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = ["python3", "-c", script]
  process.standardOutput = output
  try process.run()
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
  guard process.terminationStatus == 0, numbers.count == 2 else {
    print("SciPy is not there to be compared with")
    return nil
  }
  return (numbers[0], numbers[1])
}

func report(_ name: String, _ ours: Double, _ limit: String, _ theirs: Double?) {
  guard let theirs else { return print(String(format: "%@\n  ours %8.3f s", name, ours)) }
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
  let theirs = try scipy(entries: count)
  let rows = try await median { _ = try await a.rowMatrix() }
  report("\(count) entries to rows, 2 workers", rows, "SciPy", theirs?.rows)
  let blocks = try await median { _ = try await a.blockMatrix(blockSize: 1024) }
  report("\(count) entries to blocks of 1024, 2 workers", blocks, "NumPy and SciPy", theirs?.blocks)
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
  var there = [Double](repeating: 0, count: source.count)
  let copyOver = try await median {
    there.withUnsafeMutableBufferPointer { target in
      source.withUnsafeBufferPointer { _ = target.update(from: $0) }
    }
    copied += there[there.count / 2]
  }
  let rows = try await median { _ = try await a.rowMatrix() }
  report(
    "dense blocks of \(order) x \(order) to rows, 2 workers", rows, "one thread's copy into fresh memory",
    copy)
  print(
    String(
      format: "                                          into memory that is there %8.3f s   ratio %.2f",
      copyOver,
      rows / copyOver))
  let transposed = try await median { _ = try await a.transposed().rowMatrix() }
  report("their transpose to rows, 2 workers", transposed, "one thread's copy into fresh memory", copy)
}
