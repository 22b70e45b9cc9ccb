// What a matrix operation refuses, and why.

/// An operation on matrices that cannot be done as asked.
public enum LinearAlgebraError: Error, Equatable, Sendable {
  /// Two shapes (rows, columns) that do not fit the operation.
  case shapeMismatch(operation: String, left: Shape, right: Shape)
  /// A dimension or count beyond what the representation holds (2^31-1 in a tile).
  case tooLarge(what: String, value: Int, limit: Int)
  /// A result that would need more memory than is allowed.
  case outOfMemory(what: String, bytesNeeded: Int, bytesAvailable: Int)
  /// An argument outside its range.
  case invalidArgument(String)
  /// A NaN or infinite element where finite numbers are needed (zero-based position).
  case notFinite(row: Int, column: Int)
  /// A matrix that is singular to working precision; the zero-based pivot that vanished.
  case singular(pivot: Int)
  /// A matrix that is not positive definite; the order of the first leading minor that is not.
  case notPositiveDefinite(order: Int)
  /// A result that is beyond the range of the scalar.
  case outOfRange(String)
  /// An iteration that did not converge.
  case notConverged(String)
}

/// Rows and columns of a matrix.
public struct Shape: Equatable, Hashable, Sendable, CustomStringConvertible {
  /// Number of rows.
  public var rows: Int
  /// Number of columns.
  public var columns: Int

  /// The shape `rows` by `columns`.
  public init(_ rows: Int, _ columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  /// "rows x columns"
  public var description: String { "\(rows) x \(columns)" }
}

extension LinearAlgebraError: CustomStringConvertible {
  /// One line for a person.
  public var description: String {
    switch self {
    case .shapeMismatch(let operation, let left, let right):
      "\(operation): shapes \(left) and \(right) do not fit"
    case .tooLarge(let what, let value, let limit):
      "\(what) is \(value), above the limit of \(limit)"
    case .outOfMemory(let what, let needed, let available):
      "\(what) needs \(needed) bytes, \(available) are available"
    case .invalidArgument(let message): message
    case .notFinite(let row, let column):
      "the element in row \(row + 1), column \(column + 1) is NaN or infinite"
    case .singular(let pivot): "the matrix is singular: pivot \(pivot + 1) vanishes"
    case .notPositiveDefinite(let order):
      "the matrix is not positive definite: its leading minor of order \(order) is not"
    case .outOfRange(let what): "\(what) is beyond the range of the scalar; scale the matrix"
    case .notConverged(let what): "\(what) did not converge"
    }
  }
}
