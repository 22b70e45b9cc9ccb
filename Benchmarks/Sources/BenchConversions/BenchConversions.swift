// bench-conversions: redistributions beside what limits them, the copy of as many bytes in memory, and beside the same
// work by NumPy and SciPy on one thread in the same run: COO to CSR; and sorting by block, cutting, and compressing
// each block.

import ArgumentParser
import BenchSupport
import Tessera

@main
struct BenchConversions: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-conversions",
    abstract: "Measure redistributions beside copies in memory, NumPy and SciPy.")

  @Option(help: "Entries of the coordinate matrix, of order 100,000.") var entries = 10_000_000
  @Option(help: "Order of the dense matrix.") var order = 10_000
  @Option(help: "Rounds; medians count.") var rounds = 5
  @OptionGroup var python: PythonChoice
  @OptionGroup var cluster: ClusterChoice
  @OptionGroup var output: OutputChoice

  func validate() throws {
    guard entries >= 1, order >= 1, rounds >= 1 else { throw ValidationError("nothing to measure") }
  }

  func run() async throws {
    var report = BenchReport("bench-conversions")
    let rows = try await cluster.run { cluster in
      try await sparse(cluster, scipy()) + (try await dense(cluster))
    }
    for row in rows { report.add(row) }
    try report.print(output)
  }

  // MARK: sparse

  private static let sparseOrder = 100_000
  private static let blockSize = 1024

  /// Entries in any order to slabs and to blocks.
  private func sparse(_ cluster: Cluster, _ peer: PythonPeer?) async throws -> [Row] {
    let random = CounterBasedRandom(seed: 1)
    var triplets = try TripletMatrix<Double>(rows: Self.sparseOrder, columns: Self.sparseOrder)
    triplets.reserveCapacity(entries)
    for q in 0..<entries {
      let (i, j) = random.bits(UInt64(q))
      triplets.append(Int(i % UInt64(Self.sparseOrder)), Int(j % UInt64(Self.sparseOrder)), Double(q))
    }
    let a = try await CoordinateMatrix(triplets, on: cluster)
    return [
      try await compare(
        "\(entries) entries to rows, \(cluster.title)", peer, "y = a.tocsr()", "SciPy's COO to CSR", limit: 1
      ) { _ = try await a.rowMatrix().countStored() },
      try await compare(
        "\(entries) entries to blocks of \(Self.blockSize), \(cluster.title)", peer, "y = blocks()",
        "NumPy and SciPy", limit: 0.3
      ) { _ = try await a.blockMatrix(blockSize: Self.blockSize).countStored() },
    ]
  }

  private func compare(
    _ name: String, _ peer: PythonPeer?, _ statement: String, _ library: String, limit: Double,
    _ body: () async throws -> Void
  ) async throws -> Row {
    let times = try await medians(rounds, peer == nil ? 1 : 2) { k in
      if k == 1, let peer { return peer.seconds(statement) }
      return try await seconds(body)
    }
    return Row(
      name, seconds: times[0], rate: .giga(Double(entries), in: times[0], "entries/ns"),
      reference: times.count > 1 ? .init(library, seconds: times[1]) : nil, limits: .atMost(limit))
  }

  private func scipy() -> PythonPeer? {
    python.peer(
      threads: 1,
      setup: """
        import numpy as np, scipy.sparse as sp
        n, z, b = \(Self.sparseOrder), \(entries), \(Self.blockSize)
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
        """)
  }

  // MARK: dense

  /// Dense blocks, and their transpose, to slabs.
  private func dense(_ cluster: Cluster) async throws -> [Row] {
    let a = try await BlockMatrix<Double>.generated(
      .dense, Shape(order, order), seed: 1,
      grid: Partitioning(rows: order, columns: order, blockSize: Self.blockSize),
      on: cluster)
    let source = [Double](repeating: 1, count: order * order)
    var there = source
    var copied = 0.0
    let times = try await medians(rounds, 4) { k in
      switch k {
      case 0: try await seconds { _ = try await a.rowMatrix().countStored() }
      case 1: try await seconds { _ = try await a.transposed().rowMatrix().countStored() }
      case 2:
        seconds {
          let target = [Double](unsafeUninitializedCapacity: source.count) { target, written in
            source.withUnsafeBufferPointer { _ = target.initialize(from: $0) }
            written = source.count
          }
          // Used, so that the copy is made.
          copied += target[target.count / 2]
        }
      default:
        seconds {
          there.withUnsafeMutableBufferPointer { target in
            source.withUnsafeBufferPointer { _ = target.update(from: $0) }
          }
          copied += there[there.count / 2]
        }
      }
    }
    guard copied.isFinite else { return [] }
    return [
      ("dense blocks of order \(order) to rows", times[0]), ("their transpose to rows", times[1]),
    ].flatMap { name, time in
      [
        ("a copy into fresh memory, 1 thread", times[2]),
        ("a copy into memory that is there, 1 thread", times[3]),
      ]
      .map { reference, copy in
        Row(
          "\(name), \(cluster.title)", seconds: time,
          rate: .giga(8 * Double(order) * Double(order), in: time, "GB/s"),
          reference: .init(reference, seconds: copy),
          limits: name.hasPrefix("dense") && copy == times[2] ? .atMost(3) : nil)
      }
    }
  }
}
