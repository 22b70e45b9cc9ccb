// What every way of finding k singular triplets of an m x n matrix, m >= n, would cost, and which is to be taken: a
// value that depends on the matrix alone, never on the workers or the machine, so that the same program chooses
// the same method everywhere. With z stored elements in T tiles:
//
//   method      passes              words to find the vectors          work beside the passes
//   gram        4                   n(n+1)/2 where partial sums move   m n^2 or sum nnz(row)^2, n^3
//   tsqr        4                   n(n+1)/2 where triangles move      2 n^2 (m + n log2 T), n^3
//   dense       4                   those of slabs elsewhere           4 m n^2, n^3
//   lanczos     3 + 3 bases + 40    n to and n from workers a pass     4 n basis a pass
//   randomized  3 + 40 blocks       n (k + 10) likewise                6 n (4 (k + 10))^2 a cycle
//
// Memory is `RouteMemories`'. Words depend on where the slabs are, so they are told (`SlabTraffic`) and decide nothing;
// with them the inspection, 2 n k and k(k+1)/2 for the certificate and those of left vectors. Not among them are scaling,
// the redistribution of a wide matrix, and what is done when values turn out too small to be certified by squares.
//
// The passes of the iterations are what they took on many matrices whose values are apart; where values crowd it is several
// times as many, and nobody knows before. Costs are seconds of one
// core of a nominal machine: 1.5 ns for a stored element of a sparse matrix and a quarter of that for a dense one,
// products of matrices at 50 GFLOP/s, factorizations at 20, eigenproblems n^3/5 ns, 1 ns for a word moved and
// 50 us for a step. Only their ratios decide.

import Numerics
import TesseraDistributedMatrices
public import TesseraLocalMatrices

/// The methods of a truncated SVD, and what each is predicted to cost.
public struct SVDPlan: Sendable, Equatable {
  /// What can be asked of the matrix.
  enum Access: Equatable {
    /// Its elements.
    case elements(isSparse: Bool)
    /// Its products with vectors.
    case products
  }

  /// What one method is predicted to cost.
  public struct Estimate: Sendable, Equatable {
    /// The method.
    public let method: SVDMethod
    /// Passes, the first inspection and the certificate included, words and bytes.
    public let prediction: RoutePrediction
    /// Seconds of one core of a nominal machine.
    public let seconds: Double
    /// What speaks against it, if anything does.
    public let obstacle: Obstacle?
    /// How often the matrix is read.
    public var passes: Int { prediction.passes }
    /// Words that all workers together will receive; nil of an operator.
    public var words: Int? { prediction.words }
    /// Bytes on the driver.
    public var driverBytes: Int { prediction.driverBytes }
  }

  /// What speaks against a method, the least first.
  public enum Obstacle: Int, Sendable, Comparable {
    /// Nobody knows how often it has to read the matrix: it is there to be asked for.
    case unpredictable
    /// More than half of the values are wanted, and it squares the small ones away.
    case squares
    /// It needs more of the driver's memory than `SVDPlan.memory`.
    case memory
    /// It cannot find so many.
    case count

    /// Whether `a` is the lesser obstacle.
    public static func < (a: Obstacle, b: Obstacle) -> Bool { a.rawValue < b.rawValue }
  }

  /// Bytes of the driver's memory that `auto` takes: more only where every method needs more.
  public static let memory = 4 << 30

  /// The shape of what is decomposed: a wide matrix is by its adjoint.
  public let shape: Shape
  /// Stored elements; of an operator, whose are not known, the number of rows and columns.
  public let storedCount: Int
  /// How many triplets are wanted.
  public let count: Int
  /// All methods, the one to be taken first.
  public let estimates: [Estimate]

  /// The method to be taken.
  public var method: SVDMethod { estimates[0].method }

  /// The cheapest method that does not square, for values that one that does has not resolved; nil where both are
  /// out of proportion.
  var accurateMethod: SVDMethod? {
    guard shape.columns <= (isOperator ? 512 : 4096) else { return nil }
    return estimates.first { !$0.method.squares && $0.obstacle == nil }?.method
  }

  /// Whether a method, or none, is predicted to cost more than another, which can be taken.
  func isDearer(_ method: SVDMethod?, than other: SVDMethod) -> Bool {
    func estimate(_ method: SVDMethod) -> Estimate? { estimates.first { $0.method == method } }
    guard let its = estimate(other), its.obstacle == nil else { return false }
    return method.flatMap(estimate).map { $0.seconds > its.seconds } ?? true
  }

  private let isOperator: Bool

  /// - Parameters:
  ///   - share: the most of the `tiles` slabs that a worker has.
  ///   - traffic: how its passes move words; nil of an operator, which alone knows.
  ///   - leftVectors: whether they are to be computed too.
  init(
    shape: Shape, storedCount: Int, tiles: Int, share: SlabShare, count: Int, bytesPerElement: Int,
    canIterate: Bool, basis: Int, block: Int, access: Access, traffic: SlabTraffic?, leftVectors: Bool
  ) {
    self.shape = shape
    self.storedCount = storedCount
    self.count = count
    isOperator = access == .products
    let (m, n, z, k) = (Double(shape.rows), Double(shape.columns), Double(storedCount), Double(count))
    let (ncv, width) = (Double(basis), Double(block))
    let levels = Double(max(1, Int.bitWidth - max(0, tiles - 1).leadingZeroBitCount))
    let (nano, step) = (1e-9, 50e-6)
    let memories = RouteMemories(shape, share, bytesPerElement: bytesPerElement)

    /// A pass for b vectors at once, with its words there and back.
    func pass(_ b: Double) -> Double {
      switch access {
      case .elements(isSparse: true): nano * (z * (1 + b / 2) + 2 * n * b) + step
      case .elements(isSparse: false): nano * (z * (0.17 + 0.08 * b) + 2 * n * b) + step
      case .products: b * (nano * 2 * z + step)
      }
    }
    let certificate = access == .products ? 2 * k : 2
    var all: [Estimate] = []
    /// - Parameter words: those of what finds the vectors; nil where only the operator knows.
    func add(
      _ method: SVDMethod, passes: Double, words: Int?, wordsPerStep: Int = 0, _ memory: RouteMemory,
      seconds: Double, obstacle: Obstacle? = nil
    ) {
      let certified = traffic.map { Self.wordsAround($0, shape.columns, count, leftVectors: leftVectors) }
      let prediction = RoutePrediction(
        passes: Int(bounding: passes), words: zip(words, certified).map { $0 + $1 },
        wordsPerStep: wordsPerStep, memory: memory)
      all.append(
        Estimate(
          method: method, prediction: prediction, seconds: seconds + 2 * pass(k),
          obstacle: max(obstacle, prediction.driverBytes > Self.memory ? .memory : nil)))
    }
    let squaring: Obstacle? = 2 * count > shape.columns ? .squares : nil
    if case .elements(let isSparse) = access {
      let triangles = tiles / joinedSlabs(shape, storedCount: storedCount, slabs: tiles)
      let outer = isSparse ? 0.75 * z * (z / max(1, m) + 1) + Double(triangles) * n * n / 2 : 0.02 * m * n * n
      add(
        .gram, passes: 4, words: traffic?.gram(shape, storedCount: storedCount), memories.gram(count: count),
        seconds: nano * (outer + 0.2 * n * n * n) + 2 * step, obstacle: squaring)
      add(
        .tsqr, passes: 4, words: traffic?.triangle(columns: shape.columns), memories.triangle,
        seconds: nano * (0.1 * n * n * (m + n * levels) + 0.6 * n * n * n) + levels * step)
    }
    add(
      .dense, passes: (isOperator ? n : 2) + certificate,
      words: traffic?.collection(columns: shape.columns, storedCount: storedCount), memories.whole,
      seconds: nano * (0.2 * m * n * n + 0.6 * n * n * n + m * n) + (isOperator ? n : 1) * pass(1))
    let steps = 3 * ncv + 40
    func words(_ vectors: Int) -> Int? {
      traffic.map { $0.arguments(vectors * shape.columns) + $0.values(vectors * shape.columns) }
    }
    func times(_ steps: Double, _ words: Int?) -> Int? { words.map { Int(steps) * $0 } }
    add(
      .lanczos, passes: 1 + steps + certificate, words: times(steps, words(1)),
      wordsPerStep: words(1) ?? 0, memories.lanczos(basis: basis, count: count),
      seconds: steps * (pass(1) + nano * 2 * n * ncv), obstacle: canIterate ? squaring : .count)
    let blocks: Double = 40
    add(
      .randomized, passes: 1 + blocks * (isOperator ? width : 1) + certificate,
      words: times(blocks, words(block)), wordsPerStep: words(block) ?? 0,
      memories.blockKrylov(block: block, depth: BlockKrylovVectors<Double>.depth),
      seconds: blocks * (pass(width) + nano * 0.03 * n * (4 * width) * (4 * width)),
      obstacle: squaring ?? .unpredictable)
    estimates = all.sorted {
      let (a, b) = ($0.obstacle?.rawValue ?? -1, $1.obstacle?.rawValue ?? -1)
      if a != b { return a < b }
      return $0.obstacle == .memory ? $0.driverBytes < $1.driverBytes : $0.seconds < $1.seconds
    }
  }

  /// The words of the inspection, of the certificate of k triplets of n columns that does not find values too small for
  /// it, and of their left vectors: what every method moves.
  private static func wordsAround(_ traffic: SlabTraffic, _ n: Int, _ k: Int, leftVectors: Bool) -> Int {
    let inspection = traffic.values(2)
    let values = traffic.arguments(n * k) + traffic.triangle(columns: k)
    let residuals = traffic.arguments(n * k) + traffic.values(n * k)
    let left =
      traffic.arguments(n * k) + traffic.orthogonalFactor(columns: k, times: k)
      + traffic.values(k * (k + 1) / 2)
    return inspection + values + residuals + (leftVectors ? left : 0)
  }

  /// Why the first method is the first, in one line.
  var reason: String {
    let best = estimates[0]
    // Values that crowd take an iteration several times as many, values far apart fewer.
    let passes = "\(best.method.iterates ? "about " : "")\(best.passes) passes"
    let costs = "\(passes), \(Self.size(best.driverBytes)) on the driver predicted"
    guard estimates.count > 1 else { return costs }
    switch best.obstacle ?? estimates[1].obstacle {
    case nil, .unpredictable:
      let ratio = estimates[1].seconds / best.seconds
      return "\(costs); \(estimates[1].method.rawValue) would cost \(Self.times(ratio)) as much"
    case .squares: return "\(costs); the others would square the small values away"
    case .memory: return "\(costs); the others would need more memory"
    case .count: return "\(costs); the others cannot find \(count)"
    }
  }

  private static func times(_ ratio: Double) -> String {
    ratio < 10
      ? "\((ratio * 10).rounded() / 10) times" : ratio < 1e6 ? "\(Int(ratio)) times" : "a million times"
  }

  static func size(_ bytes: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var (value, unit) = (Double(bytes), 0)
    while value >= 1000, unit + 1 < units.count { (value, unit) = (value / 1000, unit + 1) }
    return unit == 0 ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(units[unit])"
  }
}

/// Both, where there are both.
private func zip(_ a: Int?, _ b: Int?) -> (Int, Int)? {
  guard let a, let b else { return nil }
  return (a, b)
}

/// The greater of two obstacles, none being the least.
private func max(_ a: SVDPlan.Obstacle?, _ b: SVDPlan.Obstacle?) -> SVDPlan.Obstacle? {
  guard let a, let b else { return a ?? b }
  return Swift.max(a, b)
}
