// Products of square sparse matrices with a vector, a panel of 64 columns and a sparse matrix, on one thread and with one
// on every processor, each beside SciPy's on one thread and beside what bounds it. Rows have Poisson numbers of entries
// at uniform columns, ours and SciPy's alike.

import BenchSupport
import CKernels
import Tessera

struct SparseProducts {
  private let command: BenchKernels
  private let width = 64
  /// SciPy with matrices like ours; nil where it is not there.
  let scipy: PythonPeer?

  init(_ command: BenchKernels) {
    self.command = command
    scipy = command.python.peer(
      threads: 1,
      setup: """
        import numpy as np, scipy.sparse as sp
        n, r = \(command.order), np.random.default_rng(1)
        def make(k):
            lengths = r.poisson(k, n)
            starts = np.concatenate(([0], lengths.cumsum()))
            a = sp.csr_matrix((r.standard_normal(starts[-1]), r.integers(0, n, starts[-1]), starts), (n, n))
            a.sum_duplicates()
            return a
        a, b, c, x, p = make(20), make(5), make(5), r.random(n), r.random((n, \(width)))
        """)
  }

  func vector(_ report: inout BenchReport) throws {
    let a = try random(perRow: 20, seed: 1)
    let x: [Double] = CounterBasedRandom(seed: 4).symmetricVector(count: a.columns)
    let nonzeros = Double(a.nonzeroCount)
    var y = [Double](repeating: 0, count: a.rows)
    try measure(
      "sparse x vector", "a @ x", a, flops: 2 * nonzeros, limits: [1, 1], &report
    ) {
      try $0 * x
    } loop: {
      reference_rows_times_vector(a.rows, a.offsets, a.indices, a.storage, x, &y)
    } limit: { machine in
      max(machine.reading(12 * nonzeros), machine.gathering(nonzeros, rows: x.count))
    } check: { part, y in
      var loop = [Double](repeating: 0, count: part.rows)
      reference_rows_times_vector(part.rows, part.offsets, part.indices, part.storage, x, &loop)
      return y == loop
    }
  }

  func panel(_ report: inout BenchReport) throws {
    let a = try random(perRow: 20, seed: 1)
    let b = try DenseMatrix<Double>(
      rows: a.columns, columns: width, order: .rowMajor,
      elements: (0..<a.columns * width).map { Double($0 % 1021) / 1021 })
    let nonzeros = Double(a.nonzeroCount)
    try measure(
      "sparse x \(width) dense columns", "a @ p", a, flops: 2 * nonzeros * Double(width),
      limits: [1 / 3, 0.185],
      &report
    ) {
      try $0 * b
    } limit: { machine in
      machine.gathering(nonzeros, rows: b.rows, width: width)
    } check: { part, c in
      // Some rows, entry by entry.
      stride(from: 0, to: part.rows, by: 9973).allSatisfy { i in
        var sum = 0.0
        for q in part.offsets[i]..<part.offsets[i + 1] {
          sum += part.storage[q] * b[Int(part.indices[q]), 17]
        }
        return sum == c[i, 17]
      }
    }
  }

  func sparse(_ report: inout BenchReport) throws {
    let (a, b) = (try random(perRow: 5, seed: 2), try random(perRow: 5, seed: 3))
    var products = 0
    for j in a.indices { products += b.offsets[Int(j) + 1] - b.offsets[Int(j)] }
    let x: [Double] = CounterBasedRandom(seed: 4).symmetricVector(count: b.columns)
    let bx = try b * x
    try measure(
      "sparse x sparse", "b @ c", a, flops: 2 * Double(products), limits: [1 / 3, 0.185], &report
    ) {
      try $0 * b
    } limit: { machine in
      // Where a row of B begins, its columns and its values lie in three places; C is written.
      machine.gathering(3 * Double(a.nonzeroCount), rows: 4 * b.nonzeroCount)
        + machine.reading(12 * Double(products))
    } check: { part, c in
      // (A B) x beside A (B x): what they differ by is rounding.
      guard let left = try? c * x, let right = try? part * bx else { return false }
      return zip(left, right).allSatisfy { abs($0 - $1) <= 1e-12 }
    }
  }

  // MARK: -

  private func random(perRow: Double, seed: UInt64) throws -> SparseMatrix<Double> {
    let n = command.order
    return try MatrixGenerator.sparse(Shape(n, n), density: min(1, perRow / Double(n)), seed: seed)
  }

  private func title(_ name: String, _ a: SparseMatrix<Double>, _ threadCount: Int) -> String {
    "\(name), order \(a.columns), \(a.nonzeroCount) entries, \(threads(threadCount))"
  }

  /// Times A times something, A's rows dealt out to threads: rows beside SciPy's `statement` with `limits`, beside the
  /// machine's limit, and on one thread beside a loop in C where there is one.
  private func measure<Result: Sendable>(
    _ name: String, _ statement: String, _ a: SparseMatrix<Double>, flops: Double, limits: [Double],
    _ report: inout BenchReport, product: @escaping @Sendable (SparseMatrix<Double>) throws -> Result,
    loop: (() -> Void)? = nil, limit: (MachineRates) -> Double, check: (SparseMatrix<Double>, Result) -> Bool
  ) throws {
    let sides = try threadCounts.map { count in
      try (0..<count).map { k in
        Share(try a[a.rows * k / count..<a.rows * (k + 1) / count, 0..<a.columns], Result?.none)
      }
    }
    // Ours, then SciPy's and the loop's, where they are.
    var alternatives: [() -> Double] = sides.map { shares in
      {
        // Memory of results is given back between measurements.
        for share in sides.joined() { share.output = nil }
        return seconds { onThreads(shares.count) { shares[$0].output = try? product(shares[$0].input) } }
      }
    }
    if let scipy {
      alternatives.append {
        _ = scipy.seconds("y = None")
        return scipy.seconds("y = \(statement)")
      }
    }
    if let loop { alternatives.append { seconds(loop) } }
    var times = medians(command.rounds, alternatives.count) { alternatives[$0]() }
    let loopTime = loop == nil ? nil : times.removeLast()
    let theirs = scipy == nil ? nil : times.removeLast()
    for share in sides[sides.count - 1] {
      guard let result = share.output, check(share.input, result) else { throw WrongResult(name: name) }
      share.output = nil
    }
    for (k, count) in threadCounts.enumerated() {
      let rate = Row.Rate.giga(flops, in: times[k], "GFLOP/s")
      report.add(
        Row(
          title(name, a, count), seconds: times[k], rate: rate,
          reference: theirs.map { .init("SciPy, 1 thread", seconds: $0) }, limits: .atMost(limits[k])))
      report.add(
        Row(
          title(name, a, count), seconds: times[k], rate: rate,
          reference: .init("its gathers or bytes", seconds: limit(MachineRates(threadCount: count)))))
    }
    if let loopTime {
      report.add(
        Row(
          title(name, a, 1), seconds: times[0], reference: .init("C loop of the format", seconds: loopTime),
          limits: .atMost(1 / 0.8)))
    }
  }
}
