// Test matrices as functions of (seed, position): dense, and the 5-point Laplacian; sparse ones are in
// MatrixGenerator+Sparse. Element by element from a counter-based generator, so that a matrix does not depend on who
// makes it. O(elements).

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
}
