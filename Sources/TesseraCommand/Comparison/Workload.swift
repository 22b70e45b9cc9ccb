// What the styles are compared by: four programs, each written once, as a user of the library would. Their
// inputs are made by the driver from a seed; their results end at the driver and are kept as bits.

import ArgumentParser
import Tessera

/// A program that both styles run.
enum Workload: String, CaseIterable, Sendable, ExpressibleByArgument {
  /// The largest singular values of a sparse matrix by Lanczos: a pass over the matrix after the other.
  case svd
  /// B := A^H (A B) / |.| for a dense A and a few columns: long tasks, products of matrices.
  case product
  /// A sparse matrix by rows to one by columns and back: every nonzero changes tiles in an exchange.
  case conversion
  /// A number from every tile, added up, over and over: nothing but steps.
  case steps

  /// What one of its steps is.
  var stepName: String {
    switch self {
    case .svd: "pass"
    case .product, .conversion: "round"
    case .steps: "step"
    }
  }
}

/// The sizes of the workloads.
struct WorkloadSizes: Sendable {
  /// Of the sparse matrix of `svd` and `conversion`.
  var rows = 20_000
  var columns = 1_000
  var density = 0.02
  /// The tiles of every collection.
  var tiles = 16
  /// The steps of `steps`; other workloads have fixed numbers of rounds.
  var steps = 200
  var seed: UInt64 = 0
}

/// The workloads' inputs, on the driver; each is made when it is first asked for.
struct WorkloadInputs {
  let sizes: WorkloadSizes
  /// A matrix of the user's own for `svd`, instead of a random one.
  let file: String?

  private var sparse: LocalMatrix<Double>?
  private var fromFile: LocalMatrix<Double>?
  private var dense: LocalMatrix<Double>?

  init(_ sizes: WorkloadSizes, file: String?) {
    self.sizes = sizes
    self.file = file
  }

  private static let rounds = 3

  /// Puts the workload's data on the workers, and returns the program that is to be measured with its number of
  /// steps. Data that a lazy style would only note are asked for, so that nobody measures their journey.
  ///
  /// - Throws: `FileFormatError`, `LinearAlgebraError`, `ExecutionError`.
  mutating func prepare(_ workload: Workload, on cluster: Cluster) async throws -> PreparedWorkload {
    switch workload {
    case .svd:
      let a = try await placed(file == nil ? sparseMatrix() : matrixOfFile(), on: cluster)
      let count = min(10, a.rows, a.columns)
      return PreparedWorkload {
        let svd = try await a.svd(count: count, method: .lanczos)
        var bits = ResultBits()
        bits.add(svd.singularValues)
        bits.add(svd.residuals)
        bits.add(svd.right.elements(in: .columnMajor))
        return (bits, svd.passes)
      }
    case .product:
      let a = try await placed(denseMatrix(), on: cluster)
      let start = try MatrixGenerator.dense(
        Shape(a.columns, 64), seed: sizes.seed &+ 2, as: Double.self)
      return PreparedWorkload {
        var (b, bits) = (start, ResultBits())
        for _ in 0..<Self.rounds {
          let product = try await a.adjoint(times: try await a.multiplied(by: b))
          let elements = product.elements(in: .columnMajor)
          let largest = elements.reduce(0) { max($0, $1.magnitude) }
          bits.add(elements)
          b = try DenseMatrix(
            rows: product.rows, columns: product.columns,
            elements: elements.map { largest > 0 ? $0 / largest : 0 })
        }
        return (bits, Self.rounds)
      }
    case .conversion:
      let a = try await placed(sparseMatrix(), on: cluster)
      let tiles = sizes.tiles
      return PreparedWorkload {
        var (matrix, bits) = (a, ResultBits())
        for _ in 0..<Self.rounds {
          matrix = try await matrix.adjoint().materialized(partitions: tiles)
          bits.add(try await matrix.applyGram([Double](repeating: 1, count: matrix.columns)))
        }
        return (bits, Self.rounds)
      }
    case .steps:
      let tiles = try await cluster.engine.place((0..<sizes.tiles).map { VectorTile([Double($0) + 0.1]) })
      _ = try await cluster.engine.collect(tiles)
      let steps = sizes.steps
      return PreparedWorkload {
        var sum = 1.0
        for _ in 0..<steps {
          sum =
            try await cluster.engine.reduce(TinySumTask.self, VectorTile([sum]), over: tiles).elements[0]
        }
        var bits = ResultBits()
        bits.add([sum])
        return (bits, steps)
      }
    }
  }

  private func placed(_ matrix: LocalMatrix<Double>, on cluster: Cluster) async throws -> RowMatrix<Double> {
    let a = try await RowMatrix(matrix, partitions: sizes.tiles, on: cluster)
    _ = try await a.magnitudes()
    return a
  }

  private mutating func sparseMatrix() throws -> LocalMatrix<Double> {
    if let sparse { return sparse }
    let matrix = LocalMatrix<Double>.sparse(
      try MatrixGenerator.sparse(
        Shape(sizes.rows, sizes.columns), density: sizes.density, seed: sizes.seed))
    sparse = matrix
    return matrix
  }

  private mutating func matrixOfFile() throws -> LocalMatrix<Double> {
    if let fromFile { return fromFile }
    let matrix = try LocalMatrix<Double>(
      try readMatrix(file ?? "-", as: Double.self, format: nil, progress: .never).contents)
    fromFile = matrix
    return matrix
  }

  private mutating func denseMatrix() throws -> LocalMatrix<Double> {
    if let dense { return dense }
    let shape = Shape(max(1, sizes.rows / 4), max(1, sizes.columns / 4))
    let matrix = LocalMatrix<Double>.dense(try MatrixGenerator.dense(shape, seed: sizes.seed &+ 1))
    dense = matrix
    return matrix
  }
}

/// A program whose data are in place.
struct PreparedWorkload {
  /// Runs the program; returns its result and the number of its steps.
  let run: () async throws -> (ResultBits, steps: Int)
}

/// A digest of the bits of numbers, in order. Every step is a bijection of what came before (the finalizer of
/// SplitMix64), so results of equal length that differ in one number differ here.
struct ResultBits: Equatable, Sendable, CustomStringConvertible {
  private var state: UInt64 = 0

  mutating func add(_ numbers: [Double]) {
    mix(UInt64(numbers.count))
    for x in numbers { mix(x.bitPattern) }
  }

  private mutating func mix(_ word: UInt64) {
    state = (state ^ word) &+ 0x9E37_79B9_7F4A_7C15
    state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
    state ^= state >> 31
  }

  /// Sixteen hexadecimal digits.
  var description: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
