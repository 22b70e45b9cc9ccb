// What is computed: three decompositions and a pipeline, as bits.

import Foundation
import Tessera
import TesseraTestSupport

/// The grid that pipelines begin with.
func grid(_ tiles: Int, columns: Int = 5) -> [Numbers] {
  (0..<tiles).map { i in Numbers((0..<columns).map { 0.1 + Double(i * 100 + $0) * 1.1 }) }
}

/// Work on `tiles` tiles, and its sum.
func work(_ cluster: Cluster, tiles: Int, _ behaviour: Behaviour) async throws -> [Numbers] {
  let engine = cluster.engine
  let worked = try await engine.map(WorkTask.self, behaviour, over: try await engine.place(grid(tiles)))
  return [try await engine.reduce(SumTask.self, Behaviour(), over: worked)]
}

/// Map after map over the same tiles, and the last one's.
func passes(_ cluster: Cluster, tiles: Int, count: Int, _ behaviour: Behaviour) async throws -> [Numbers] {
  let engine = cluster.engine
  let placed = try await engine.place(grid(tiles))
  var last: [Numbers] = []
  for _ in 0..<count {
    last = try await engine.collect(try await engine.map(WorkTask.self, behaviour, over: placed))
  }
  return last
}

/// A map, an exchange, a map, a sum, and all tiles.
func pipeline(_ cluster: Cluster, _ behaviour: Behaviour = Behaviour()) async throws -> [Numbers] {
  let engine = cluster.engine
  let worked = try await engine.map(WorkTask.self, behaviour, over: try await engine.place(grid(12)))
  let columns = try await engine.exchange(TransposeTask.self, behaviour, over: worked, into: 5)
  let again = try await engine.map(WorkTask.self, behaviour, over: columns)
  let sum = try await engine.reduce(SumTask.self, Behaviour(), over: again)
  return [sum] + (try await engine.collect(again))
}

/// A dense, a sparse and a graded matrix, made once.
struct Matrices {
  let digits: RowMatrix<Double>
  let sparse: RowMatrix<Double>
  let graded: RowMatrix<Double>

  init(_ cluster: Cluster) async throws {
    digits = try await RowMatrix.read("Data/digits/digits.mtx.gz", partitions: 8, on: cluster)
    var generator = SeededGenerator(seed: 7)
    sparse = try await RowMatrix(
      .sparse(try generator.sparse(600, 90, density: 0.05)), partitions: 7, on: cluster)
    let random: DenseMatrix<Double> = generator.dense(300, 40)
    graded = try await RowMatrix(
      .dense(DenseMatrix(rows: 300, columns: 40) { random[$0, $1] * pow(10, -Double($1) / 8) }),
      partitions: 5,
      on: cluster)
  }

  /// Singular values and vectors of all three, by three methods.
  func decompositions() async throws -> Fingerprint {
    var fingerprint = Fingerprint()
    for (matrix, method) in [(digits, SVDMethod.auto), (sparse, .lanczos), (graded, .tsqr)] {
      let svd = try await matrix.svd(count: 4, method: method, leftVectors: true)
      fingerprint.add(svd.singularValues)
      fingerprint.add(svd.right)
      if let left = svd.left { fingerprint.add(try await left.collect().dense()) }
    }
    return fingerprint
  }
}

/// A short name for bits: FNV-1a (Fowler, Noll, Vo) of them.
func name(_ bits: [UInt64]) -> String {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for word in bits {
    for byte in 0..<8 { hash = (hash ^ (word >> (8 * UInt64(byte)) & 0xff)) &* 0x100_0000_01b3 }
  }
  return String(hash, radix: 16)
}

func name(_ tiles: [Numbers]) -> String { name(tiles.flatMap(\.elements).map(\.bitPattern)) }

/// All that is to have the same bits everywhere.
func everything(_ cluster: Cluster) async throws -> String {
  let bits = try await Matrices(cluster).decompositions().bits
  return name(bits) + " " + name(try await pipeline(cluster))
}
