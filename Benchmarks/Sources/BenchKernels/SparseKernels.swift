// The sparse kernels of scale: fused passes over rows grouped by length beside the fastest loop we know for the format,
// and products with a vector, with 64 columns and with a sparse matrix beside SciPy's. All on one thread, each beside
// what bounds it: bytes over the memory's bandwidth, gathers over the rate of gathers.

import CKernels
import Foundation
import Tessera

/// What this machine gives one thread.
struct Limits {
  /// Bytes a second, reading.
  let bandwidth: Double

  init() {
    let x = [Double](repeating: 1, count: 64 << 20)
    var sum = 0.0
    let times = (0..<5).map { _ in seconds { sum += reference_read(x, x.count) } }
    precondition(sum == 5 * Double(x.count))
    bandwidth = Double(8 * x.count) / (times.min() ?? .nan)
  }

  /// Seconds for one gather from a vector of `count` doubles.
  static func gather(_ count: Int) -> Double {
    let random = CounterBasedRandom(seed: 7)
    let places = (0..<4_000_000).map { Int32(random.uniform(UInt64($0)) * Double(count)) }
    let x = [Double](repeating: 1, count: count)
    var sum = 0.0
    let times = (0..<5).map { _ in seconds { sum += reference_gather(x, places, places.count) } }
    precondition(sum == 5 * Double(places.count))
    return (times.min() ?? .nan) / Double(places.count)
  }
}

/// y + A'(A x) over rows grouped by length, of the three published shapes cut down to what a minute allows.
func benchGrouped() throws {
  let limits = Limits()
  print(String(format: "memory, one thread, reading: %.1f GB/s", limits.bandwidth / 1e9))
  for (rows, columns, mean) in [
    (8_000_000, 38_000, 2.217), (3_000_000, 49_000, 6.984), (1_500_000, 4_000, 17.02),
  ] {
    let sparse: SparseMatrix<Double> = try MatrixGenerator.sparse(
      Shape(rows, columns), density: mean / Double(columns), seed: 1)
    let a = GroupedRows(sparse)
    guard case .narrow(let indices) = a.indices else { continue }
    let x: [Double] = CounterBasedRandom(seed: 2).symmetricVector(count: columns)
    var ours = [Double](repeating: 0, count: columns)
    var compressed = ours
    var pairs = [Double](repeating: 0, count: 2 * columns)
    let name = "fused A'(A x), \(rows) x \(columns), \(mean) a row"
    Paired(
      ours: {
        ours = [Double](repeating: 0, count: columns)
        a.addGramProduct(x, width: 1, to: &ours)
      },
      reference: {
        for j in 0..<columns { (pairs[2 * j], pairs[2 * j + 1]) = (x[j], 0) }
        reference_grouped_gram(a.lengths.count, a.lengths, a.counts, indices, a.values, &pairs)
      }
    ).report(name + ", grouped", against: "C loop", work: Double(a.nonzeroCount), unit: "Gnz/s")
    let local = LocalMatrix.sparse(sparse)
    Paired(
      rounds: 3,
      ours: {
        ours = [Double](repeating: 0, count: columns)
        a.addGramProduct(x, width: 1, to: &ours)
      },
      reference: {
        compressed = [Double](repeating: 0, count: columns)
        local.addGramProduct(x, width: 1, to: &compressed)
      }
    ).report("  the same", against: "by rows", work: Double(a.nonzeroCount), unit: "Gnz/s")
    guard (0..<columns).allSatisfy({ ours[$0] == pairs[2 * $0 + 1] }) else {
      throw LinearAlgebraError.notConverged("the check of the fused product")
    }
    let width = 8
    let panel: [Double] = CounterBasedRandom(seed: 2).symmetricVector(count: width * columns)
    let bytes = 10 * Double(a.nonzeroCount) / limits.bandwidth
    let gathers = 2 * Double(a.nonzeroCount) * Limits.gather(2 * columns)
    let eight = seconds {
      var y = [Double](repeating: 0, count: width * columns)
      a.addGramProduct(panel, width: width, to: &y)
    }
    print(
      String(
        format: "  limits: %.1f ms for the bytes, %.1f ms for the gathers; 8 vectors at once %.1f ms",
        bytes * 1e3,
        gathers * 1e3, eight * 1e3))
  }
}

/// Products of a square matrix of order a million.
func benchProducts() throws {
  let (n, width) = (1_000_000, 64)
  let limits = Limits()
  let a = try SparseMatrix<Double>(regular: n, perRow: 20, seed: 1)
  let (b, c) = (
    try SparseMatrix<Double>(regular: n, perRow: 5, seed: 2),
    try SparseMatrix<Double>(regular: n, perRow: 5, seed: 3)
  )
  let x: [Double] = CounterBasedRandom(seed: 4).symmetricVector(count: n)
  let panel = try DenseMatrix<Double>(
    rows: n, columns: width, order: .rowMajor,
    elements: (0..<n * width).map { Double($0 % 1021) / 1021 })
  let theirs = scipyProducts(order: n, width: width)
  func report(_ name: String, _ ours: Double, _ limit: Double, _ what: String, _ scipy: Double?) {
    let ratio =
      scipy.map { String(format: "SciPy %.3f s, ratio %.2f", $0, $0 / ours) } ?? "no SciPy to compare with"
    print(String(format: "%@: %.4f s   limit %.4f s (%@)   %@", name, ours, limit, what, ratio))
  }
  var y: [Double] = []
  report(
    "sparse x vector, 20 M nonzeros", try best(7) { y = try a * x }, 12 * 20e6 / limits.bandwidth, "bytes",
    theirs["spmv"])
  var product = DenseMatrix<Double>(zeros: 0, 0)
  report(
    "sparse x \(width) columns", try best(3) { product = try a * panel },
    20e6 * Double(8 * width) / limits.bandwidth, "bytes of B, each row for every entry", theirs["spmm"])
  // A row by itself, against the loops.
  for i in stride(from: 0, to: n, by: 99_991) {
    var sum = 0.0
    for q in a.offsets[i]..<a.offsets[i + 1] { sum += a.storage[q] * panel[Int(a.indices[q]), 17] }
    guard sum == product[i, 17], y.count == n else {
      throw LinearAlgebraError.notConverged("the check of the product")
    }
  }
  var sparse = SparseMatrix<Double>(zeros: 0, 0)
  let time = try best(3) { sparse = try b * c }
  // What must be read and written: every row of C for every entry of B, and the result.
  let bytes: Double = 76 * Double(b.nonzeroCount) + 12 * Double(sparse.nonzeroCount)
  report("sparse x sparse, 25 M products", time, bytes / limits.bandwidth, "bytes", theirs["spgemm"])
}

/// How long a generated matrix takes.
func benchGeneration() throws {
  for (rows, columns, mean) in [(2_000_000, 38_000, 2.217), (500_000, 4_000, 17.02)] {
    var nonzeros = 0
    let time = seconds {
      let a: SparseMatrix<Double>? = try? MatrixGenerator.sparse(
        Shape(rows, columns), density: mean / Double(columns), seed: 1)
      nonzeros = a?.nonzeroCount ?? 0
    }
    print(String(format: "generation, %.2f a row: %.1f ns an entry", mean, time / Double(nonzeros) * 1e9))
  }
}

private func best(_ rounds: Int, _ body: () throws -> Void) rethrows -> Double {
  var least = Double.infinity
  for _ in 0..<rounds {
    let start = ContinuousClock.now
    try body()
    let duration = ContinuousClock.now - start
    least = min(
      least, Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18)
  }
  return least
}

extension SparseMatrix<Double> {
  /// A square matrix with about `perRow` entries in every row, at uniformly random columns.
  fileprivate init(regular n: Int, perRow: Int, seed: UInt64) throws {
    let random = CounterBasedRandom(seed: seed)
    var (offsets, indices): ([Int], [Int32]) = ([0], [])
    for i in 0..<n {
      let row = Set((0..<perRow).map { Int32(random.uniform(UInt64(i * perRow + $0)) * Double(n)) })
      indices += row.sorted()
      offsets.append(indices.count)
    }
    let values: [Double] = random.symmetricVector(count: indices.count, stream: 1)
    try self.init(rows: n, columns: n, axis: .rows, offsets: offsets, indices: indices, values: values)
  }
}

/// The best times of the same products by SciPy on one thread; empty where there is none.
private func scipyProducts(order n: Int, width: Int) -> [String: Double] {
  let script = """
    import time, numpy as np, scipy.sparse as sp
    n, r = \(n), np.random.default_rng(1)
    def make(k):
        a = sp.csr_matrix((r.random(n * k), r.integers(0, n, n * k).astype(np.int32), np.arange(0, n * k + 1, k, dtype=np.int32)), shape=(n, n))
        a.sort_indices()
        return a
    def best(name, rounds, f):
        times = []
        for _ in range(rounds):
            s = time.perf_counter(); f(); times.append(time.perf_counter() - s)
        print(name, min(times), flush=True)
    a, b, c = make(20), make(5), make(5)
    x, p = r.random(n), r.random((n, \(width)))
    best('spmv', 7, lambda: a @ x); best('spmm', 3, lambda: a @ p); best('spgemm', 3, lambda: b @ c)
    """
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = ["python3", "-c", script]
  process.environment = ProcessInfo.processInfo.environment.merging(["OPENBLAS_NUM_THREADS": "1"]) { $1 }
  let output = Pipe()
  process.standardOutput = output
  process.standardError = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return [:] }
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  var times: [String: Double] = [:]
  for line in text.split(separator: "\n") {
    let words = line.split(separator: " ")
    if words.count == 2 { times[String(words[0])] = Double(words[1]) }
  }
  return times
}
