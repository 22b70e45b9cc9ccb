// The memory that each way of decomposing an m x n matrix takes beside the matrix, in one place: plans and
// their choice, refusals and documentation have it from here. In elements, with t slabs on a worker:
//
//   way            on the driver                                on a worker, beside its slabs
//   gram           2 n^2 + n k: the matrix, LAPACK's copy, k    (log2 t + 2) n (n + 1) / 2: sums that wait
//                  eigenvectors                                 up the tree
//   triangle       4 n^2: R, its SVD                            (log2 t + 2) n^2, and a slab made dense
//   Q              4 n^2                                        3 (log2 t + 2) n^2, Q, slabs' factors
//   Cholesky       6 n^2: Gram matrices, factors, an inverse    (log2 t + 2) n (n + 1) / 2 + n^2, and Q
//   whole          3 m n + 5 n^2: the matrix, its SVD           nothing
//   lanczos        n (basis + 2 k + 10): the basis, ARPACK's    n (log2 t + 3)
//                  work, the vectors found, a pass's panel
//   system         3 n^2 + 3 n p of a dense matrix, its         2 residuals of p columns
//                  factors and solutions
//   joined         4 (n + p)^2                                  (log2 t + 2) (n + p)^2, and a slab made dense
//   iteration      n (vectors + 2 p)                            n, and a product with a vector
//   block Krylov   12 n b: basis and image of 4 blocks of b     n b (log2 t + 3)
//                  vectors, and one of both that is joined

import TesseraDistributedMatrices
import TesseraLocalMatrices

/// What a way of decomposing a matrix holds.
struct RouteMemory: Sendable, Equatable {
  /// Elements on the driver.
  let driver: Double
  /// Elements on a worker.
  let worker: Double
  let bytesPerElement: Int

  var driverBytes: Int { Int(bounding: driver * Double(bytesPerElement)) }
  var workerBytes: Int { Int(bounding: worker * Double(bytesPerElement)) }

  /// Refuses a way for which this machine has not the memory.
  ///
  /// - Throws: `outOfMemory`.
  func check(_ what: String) throws(LinearAlgebraError) {
    try MemoryGuard.check(what, Int(bounding: driver), 1, bytesPerElement: bytesPerElement)
  }
}

/// The memory of every way for one matrix.
struct RouteMemories {
  /// The shape of what is decomposed.
  let shape: Shape
  let share: SlabShare
  let bytesPerElement: Int

  init<S: Scalar>(_ shape: Shape, _ share: SlabShare = SlabShare(), of _: S.Type) {
    self.init(shape, share, bytesPerElement: MemoryLayout<S>.stride)
  }

  init(_ shape: Shape, _ share: SlabShare, bytesPerElement: Int) {
    (self.shape, self.share, self.bytesPerElement) = (shape, share, bytesPerElement)
  }

  private var m: Double { Double(shape.rows) }
  private var n: Double { Double(shape.columns) }
  /// Partial results that are alive at a time: one on each level, and one that is being made.
  private var partials: Double {
    Double(Int.bitWidth - max(0, share.slabs - 1).leadingZeroBitCount + 2)
  }

  private func memory(driver: Double, worker: Double) -> RouteMemory {
    RouteMemory(driver: driver, worker: worker, bytesPerElement: bytesPerElement)
  }

  /// k eigenvectors of the Gram matrix.
  func gram(count k: Int) -> RouteMemory {
    memory(driver: n * (2 * n + Double(k)), worker: partials * n * (n + 1) / 2)
  }

  /// The triangle, and its SVD or its factorization with pivoting.
  var triangle: RouteMemory {
    memory(driver: 4 * min(m, n) * n, worker: partials * n * n + Double(share.slabRows) * n)
  }

  /// The triangle, and the orthonormal factor on the workers: itself, and the factors of the slabs that make
  /// it.
  var orthogonalFactor: RouteMemory {
    memory(
      driver: 4 * min(m, n) * n,
      worker: partials * 3 * n * n + Double(2 * share.rows + share.slabRows) * min(m, n))
  }

  /// The Cholesky factor of the Gram matrix, twice; and A times their inverses where `wantsQ`.
  func cholesky(wantsQ: Bool) -> RouteMemory {
    memory(
      driver: 6 * n * n, worker: partials * n * (n + 1) / 2 + n * n + (wantsQ ? Double(share.rows) * n : 0))
  }

  /// The whole matrix and its SVD.
  var whole: RouteMemory { memory(driver: 3 * m * n + 5 * n * n, worker: 0) }

  /// The triangle of A and p right sides, and its SVD.
  func joinedTriangle(rightSides p: Int) -> RouteMemory {
    let order = n + Double(p)
    return memory(
      driver: 4 * order * order, worker: partials * order * order + Double(share.slabRows) * order)
  }

  /// A square matrix with so many stored elements and its factors; of a sparse one without what fills in.
  func direct(storedCount: Int, rightSides p: Int) -> RouteMemory {
    let elements = 2 * storedCount < shape.elementCount ? 4 * Double(storedCount) : 3 * m * n
    return memory(driver: elements + 3 * n * Double(p), worker: 2 * Double(share.rows * p))
  }

  /// An iteration for systems that holds so many vectors.
  func iteration(vectors: Int, rightSides p: Int) -> RouteMemory {
    memory(driver: n * Double(vectors + 2 * p), worker: n + Double(share.rows))
  }

  /// Lanczos with a basis of so many vectors for k of them.
  func lanczos(basis: Int, count k: Int) -> RouteMemory {
    memory(driver: n * Double(basis + 2 * k + 10), worker: n * (partials + 1))
  }

  /// A block Krylov iteration with blocks of b vectors.
  func blockKrylov(block b: Int, depth: Int) -> RouteMemory {
    memory(driver: 3 * Double(depth) * n * Double(b), worker: n * Double(b) * (partials + 1))
  }
}

extension Int {
  /// The nearest integer below a number that is not negative, or the largest.
  init(bounding x: Double) { self = x < 9e18 ? Int(x) : .max }
}
