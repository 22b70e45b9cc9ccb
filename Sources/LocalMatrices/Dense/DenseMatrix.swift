// A dense m x n matrix: one contiguous buffer and the order in which it is read, so that transpose,
// adjoint and conjugate cost nothing. 8mn bytes in Double.

import Numerics

/// The order in which a dense buffer runs through a matrix.
public enum StorageOrder: Sendable, Hashable {
  /// Column after column, as in Fortran, BLAS and LAPACK.
  case columnMajor
  /// Row after row, as in C and NumPy's default.
  case rowMajor

  /// The other order.
  public var flipped: StorageOrder { self == .columnMajor ? .rowMajor : .columnMajor }
}

/// A dense local matrix, a value with copy-on-write storage.
public struct DenseMatrix<S: Scalar>: Sendable {
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  /// The order of `storage`.
  public let order: StorageOrder
  /// Whether the elements are the conjugates of `storage`; never so for a real scalar.
  public let isConjugated: Bool
  /// The raw buffer, `rows * columns` long. To read values use the subscript or `elements(in:)`.
  public internal(set) var storage: [S]

  package init(
    unchecked rows: Int, _ columns: Int, order: StorageOrder, conjugated: Bool = false, _ storage: [S]
  ) {
    self.rows = rows
    self.columns = columns
    self.order = order
    self.isConjugated = conjugated && S.isComplex
    self.storage = storage
  }

  /// A matrix whose elements, in `order`, are `elements`.
  ///
  /// - Throws: `invalidArgument` when the count is not `rows * columns`, `tooLarge` when a dimension
  ///   exceeds 2^31-1. O(1).
  public init(rows: Int, columns: Int, order: StorageOrder = .columnMajor, elements: [S])
    throws(LinearAlgebraError)
  {
    try checkDimensions(rows, columns)
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard !overflow, elements.count == count else {
      throw .invalidArgument(
        "a dense matrix of \(rows) x \(columns) does not have \(elements.count) elements")
    }
    self.init(unchecked: rows, columns, order: order, elements)
  }

  /// A matrix of zeros. O(mn).
  ///
  /// - Precondition: nonnegative dimensions below 2^31.
  public init(zeros rows: Int, _ columns: Int, order: StorageOrder = .columnMajor) {
    precondition(isTileDimension(rows) && isTileDimension(columns), "\(rows) x \(columns)")
    let count = rows * columns
    self.init(
      unchecked: rows, columns, order: order,
      [S](inLargePages: count) { elements, written in
        elements.initialize(repeating: 0)
        written = count
      })
  }

  /// The n by n identity. O(n^2).
  public init(identity n: Int) {
    self.init(zeros: n, n)
    for i in 0..<n { storage[i * n + i] = 1 }
  }

  /// A matrix from its rows, as one writes it: `DenseMatrix([[1, 2], [3, 4]])`.
  ///
  /// - Precondition: rows of equal length.
  public init(_ rows: [[S]]) {
    let columns = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == columns }, "rows of unequal length")
    self.init(unchecked: rows.count, columns, order: .rowMajor, Array(rows.joined()))
  }

  /// A matrix whose element (i, j) is `element(i, j)`. O(mn).
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public init(rows: Int, columns: Int, _ element: (Int, Int) throws -> S) rethrows {
    self.init(zeros: rows, columns)
    for j in 0..<columns {
      for i in 0..<rows { storage[j * rows + i] = try element(i, j) }
    }
  }

  /// Rows and columns.
  public var shape: Shape { Shape(rows, columns) }

  /// The distance in `storage` from one column (column-major) or row (row-major) to the next, at least 1.
  public var leadingDimension: Int { max(1, order == .columnMajor ? rows : columns) }

  /// The element in row `i`, column `j`, both from zero. O(1); writing may copy the buffer once.
  public subscript(i: Int, j: Int) -> S {
    @specialized(where S == Float)
    @specialized(where S == Double)
    @specialized(where S == Complex<Float>)
    @specialized(where S == Complex<Double>)
    get {
      let value = storage[offset(i, j)]
      return isConjugated ? value.conjugate : value
    }
    @specialized(where S == Float)
    @specialized(where S == Double)
    @specialized(where S == Complex<Float>)
    @specialized(where S == Complex<Double>)
    set { storage[offset(i, j)] = isConjugated ? newValue.conjugate : newValue }
  }

  private func offset(_ i: Int, _ j: Int) -> Int {
    precondition(
      i >= 0 && i < rows && j >= 0 && j < columns, "(\(i), \(j)) is outside \(rows) x \(columns)")
    return order == .columnMajor ? j * rows + i : i * columns + j
  }

  /// The transpose, sharing the buffer. O(1).
  public func transposed() -> DenseMatrix {
    DenseMatrix(
      unchecked: columns, rows, order: order.flipped, conjugated: isConjugated, storage)
  }

  /// The elementwise conjugate, sharing the buffer. O(1).
  public func conjugated() -> DenseMatrix {
    DenseMatrix(unchecked: rows, columns, order: order, conjugated: !isConjugated, storage)
  }

  /// The conjugate transpose, sharing the buffer. O(1).
  public func adjoint() -> DenseMatrix { transposed().conjugated() }

  /// The elements in the given order: the buffer itself when it already stands so, a copy otherwise.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func elements(in wanted: StorageOrder) -> [S] {
    let ordered = order == wanted ? storage : reordered()
    return isConjugated ? ordered.map(\.conjugate) : ordered
  }

  /// The same matrix with its buffer in column-major order and no pending conjugation, as LAPACK wants.
  public func columnMajor() -> DenseMatrix {
    order == .columnMajor && !isConjugated
      ? self : DenseMatrix(unchecked: rows, columns, order: .columnMajor, elements(in: .columnMajor))
  }

  /// The buffer in the other order, in blocks of 16 x 16 so that both sides stay in cache, also where
  /// the lines of a block are a power of two apart.
  private func reordered() -> [S] {
    let major = order == .columnMajor ? columns : rows
    let minor = order == .columnMajor ? rows : columns
    guard minor > 1, major > 1 else { return storage }
    return [S](inLargePages: storage.count) { target, count in
      storage.withUnsafeBufferPointer { source in
        for blockMajor in stride(from: 0, to: major, by: 16) {
          for blockMinor in stride(from: 0, to: minor, by: 16) {
            for a in blockMajor..<min(blockMajor + 16, major) {
              for b in blockMinor..<min(blockMinor + 16, minor) {
                target.initializeElement(at: b * major + a, to: source[a * minor + b])
              }
            }
          }
        }
      }
      count = storage.count
    }
  }
}

extension DenseMatrix: Equatable {
  /// Whether shapes and all elements agree, whatever the storage order. O(mn).
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func == (a: DenseMatrix, b: DenseMatrix) -> Bool {
    a.shape == b.shape && a.elements(in: .columnMajor) == b.elements(in: .columnMajor)
  }
}

/// Whether a dimension fits the 32-bit indices of a tile.
func isTileDimension(_ n: Int) -> Bool { n >= 0 && n <= Int(Int32.max) }

/// - Throws: `invalidArgument` for negative dimensions, `tooLarge` beyond 2^31-1.
func checkDimensions(_ rows: Int, _ columns: Int) throws(LinearAlgebraError) {
  for (what, value) in [("the number of rows", rows), ("the number of columns", columns)] {
    if value < 0 { throw .invalidArgument("\(what) is negative: \(value)") }
    if !isTileDimension(value) { throw .tooLarge(what: what, value: value, limit: Int(Int32.max)) }
  }
}
