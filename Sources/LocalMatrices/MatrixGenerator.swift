// Test matrices as functions of (seed, position): dense and sparse random, power-law, and the 5-point
// Laplacian. Element by element from a counter-based generator, so that a matrix does not depend on who makes
// it. O(elements).

import Numerics

/// Makes matrices from a seed.
public enum MatrixGenerator {
  /// A dense m x n matrix, elements (both parts of complex ones) uniform in [-1, 1).
  ///
  /// - Throws: `invalidArgument`, `tooLarge`, `outOfMemory`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func dense<S: Scalar>(_ shape: Shape, seed: UInt64, as type: S.Type = S.self)
    throws(LinearAlgebraError) -> DenseMatrix<S>
  {
    try checkDimensions(shape.rows, shape.columns)
    try MemoryGuard.check(
      "a dense matrix of \(shape)", shape.rows, shape.columns, bytesPerElement: MemoryLayout<S>.stride)
    let random = CounterBasedRandom(seed: seed)
    return DenseMatrix(rows: shape.rows, columns: shape.columns) { i, j in
      random.symmetric(UInt64(i) << 32 | UInt64(j))
    }
  }

  /// The given rows and columns of the dense matrix of this seed, row-major.
  ///
  /// - Throws: `invalidArgument`, `tooLarge`, `outOfMemory`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func dense<S: Scalar>(
    rows: Range<Int>, columns: Range<Int>, seed: UInt64, as type: S.Type = S.self
  ) throws(LinearAlgebraError) -> DenseMatrix<S> {
    try checkDimensions(rows.upperBound, columns.upperBound)
    try MemoryGuard.check(
      "a dense matrix of \(rows.count) x \(columns.count)", rows.count, columns.count,
      bytesPerElement: MemoryLayout<S>.stride)
    let random = CounterBasedRandom(seed: seed)
    var elements = [S](roomInLargePages: rows.count * columns.count)
    for i in rows { for j in columns { elements.append(random.symmetric(UInt64(i) << 32 | UInt64(j))) } }
    return DenseMatrix(unchecked: rows.count, columns.count, order: .rowMajor, elements)
  }

  /// The given rows of the sparse m x n matrix of this density and seed.
  ///
  /// - Throws: `invalidArgument`, `tooLarge`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func sparse<S: Scalar>(
    rows range: Range<Int>, columns: Int, density: Double, seed: UInt64, as type: S.Type = S.self
  ) throws(LinearAlgebraError) -> SparseMatrix<S> {
    try rows(range, columns, density: density, seed: seed) { u, n in Int(u * Double(n)) }
  }

  /// The given rows of the power-law m x n matrix of this density and seed.
  ///
  /// - Throws: `invalidArgument`, `tooLarge`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func powerLaw<S: Scalar>(
    rows range: Range<Int>, columns: Int, density: Double, seed: UInt64, as type: S.Type = S.self
  ) throws(LinearAlgebraError) -> SparseMatrix<S> {
    try rows(range, columns, density: density, seed: seed) { u, n in Int(Double.pow(Double(n) + 1, u) - 1) }
  }

  /// A sparse m x n matrix: each row has as many entries as chance gives it (a Poisson number with mean
  /// `density` n), at uniformly random columns; those that coincide add up. Values uniform in [-1, 1).
  ///
  /// - Throws: `invalidArgument`, `tooLarge`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func sparse<S: Scalar>(
    _ shape: Shape, density: Double, seed: UInt64, as type: S.Type = S.self
  ) throws(LinearAlgebraError) -> SparseMatrix<S> {
    try checkDimensions(shape.rows, shape.columns)
    return try rows(0..<shape.rows, shape.columns, density: density, seed: seed) { u, n in
      Int(u * Double(n))
    }
  }

  /// A sparse m x n matrix in which column j is chosen with a probability that falls as 1/(j + 1), as words
  /// in texts and links between pages are; otherwise as `sparse`.
  ///
  /// - Throws: `invalidArgument`, `tooLarge`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func powerLaw<S: Scalar>(
    _ shape: Shape, density: Double, seed: UInt64, as type: S.Type = S.self
  ) throws(LinearAlgebraError) -> SparseMatrix<S> {
    try checkDimensions(shape.rows, shape.columns)
    return try rows(0..<shape.rows, shape.columns, density: density, seed: seed) { u, n in
      // The inverse of the distribution log(1 + j) / log(1 + n).
      Int(Double.pow(Double(n) + 1, u) - 1)
    }
  }

  /// The 5-point Laplacian of an a x b grid with Dirichlet boundary: order ab, symmetric positive definite, 4
  /// on the diagonal, -1 for each neighbour. Its eigenvalues are 4 - 2 cos(i pi / (a+1)) - 2 cos(j pi /
  /// (b+1)).
  ///
  /// - Throws: `invalidArgument`, `tooLarge`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func poisson<S: Scalar>(grid: Shape, as type: S.Type = S.self) throws(LinearAlgebraError)
    -> TripletMatrix<S>
  {
    try checkDimensions(grid.rows, grid.columns)
    let (a, b) = (grid.rows, grid.columns)
    try MemoryGuard.check(
      "the Laplacian of a grid of \(grid)", 5 * a, b, bytesPerElement: MemoryLayout<S>.stride + 8)
    var matrix = try TripletMatrix<S>(rows: a * b, columns: a * b)
    matrix.reserveCapacity(5 * a * b)
    for i in 0..<a {
      for j in 0..<b {
        let center = i * b + j
        if i > 0 { matrix.append(center, center - b, -1) }
        if j > 0 { matrix.append(center, center - 1, -1) }
        matrix.append(center, center, 4)
        if j + 1 < b { matrix.append(center, center + 1, -1) }
        if i + 1 < a { matrix.append(center, center + b, -1) }
      }
    }
    return matrix
  }

  private static func rows<S: Scalar>(
    _ rows: Range<Int>, _ columns: Int, density: Double, seed: UInt64, column: (Double, Int) -> Int
  ) throws(LinearAlgebraError) -> SparseMatrix<S> {
    guard density >= 0, density <= 1 else {
      throw .invalidArgument("the density is \(density), expected 0 to 1")
    }
    try checkDimensions(rows.upperBound, columns)
    var matrix = try TripletMatrix<S>(rows: rows.count, columns: columns)
    guard columns > 0 else { return try matrix.compressed(by: .rows) }
    try MemoryGuard.check(
      "a sparse matrix of \(rows.count) x \(columns) with density \(density)", rows.count,
      Int(density * Double(columns)) + 1, bytesPerElement: MemoryLayout<S>.stride + 8)
    let random = CounterBasedRandom(seed: seed)
    let mean = density * Double(columns)
    for i in rows {
      let count = poisson(mean, random.uniform(UInt64(i), stream: 1))
      for entry in 0..<count {
        let counter = UInt64(i) << 32 | UInt64(entry)
        let j = column(random.uniform(counter, stream: 2), columns)
        matrix.append(
          i - rows.lowerBound, min(max(j, 0), columns - 1), random.symmetric(counter, stream: 3))
      }
    }
    return try matrix.compressed(by: .rows)
  }

  /// The Poisson number with the given mean at quantile u: by inversion below 30, where it is exact, and by
  /// the normal approximation above.
  private static func poisson(_ mean: Double, _ u: Double) -> Int {
    if mean > 30 {
      // Logistic approximation of the normal quantile, within 0.02 standard deviations in the middle.
      let quantile = Double.log(max(u, 1e-12) / max(1 - u, 1e-12)) / 1.702
      return max(0, Int((mean + mean.squareRoot() * quantile).rounded()))
    }
    var term = Double.exp(-mean)
    var (sum, k) = (term, 0)
    while u > sum, k < 400 {
      k += 1
      term *= mean / Double(k)
      sum += term
    }
    return k
  }
}
