// What is checked on the driver before anything starts.

import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// - Throws: `shapeMismatch`.
func checkSameShape(_ operation: String, _ a: Shape, _ b: Shape) throws(LinearAlgebraError) {
  guard a == b else { throw .shapeMismatch(operation: operation, left: a, right: b) }
}

/// - Throws: `shapeMismatch` unless A's columns are the operand's rows.
func checkOperand(_ operation: String, _ a: Shape, _ operand: Shape) throws(LinearAlgebraError) {
  guard a.columns == operand.rows else {
    throw .shapeMismatch(operation: operation, left: a, right: operand)
  }
}

/// - Throws: `shapeMismatch` when the grid is not one of a matrix of `shape`.
func checkGrid(_ grid: Partitioning, _ shape: Shape) throws(LinearAlgebraError) {
  guard Shape(grid.rows, grid.columns) == shape else {
    throw .shapeMismatch(operation: "partitioning", left: shape, right: Shape(grid.rows, grid.columns))
  }
}

/// - Throws: `invalidArgument` for fewer than one slab.
func checkSlabCount(_ count: Int) throws(LinearAlgebraError) {
  guard count >= 1 else { throw .invalidArgument("a matrix cannot be cut into \(count) slabs") }
}

/// - Throws: `invalidArgument` for matrices of two clusters.
func checkSameCluster(_ a: Cluster?, _ b: Cluster?) throws(LinearAlgebraError) {
  guard let a, let b, !a.isSame(as: b) else { return }
  throw .invalidArgument("the matrices are on two clusters")
}

extension Cluster {
  /// Whether they have one engine: what is on the workers of one is on those of the other.
  func isSame(as other: Cluster) -> Bool { (engine as AnyObject) === (other.engine as AnyObject) }
}
