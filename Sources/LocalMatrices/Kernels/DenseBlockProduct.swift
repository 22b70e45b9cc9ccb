// C = A[r, l] B[l', c] for parts of two dense matrices that are multiplied where they lie: GEMM takes the
// distance between columns, so that a part costs no copy. 2 |r| |l| |c| flops.

extension DenseMatrix {
  /// The product of A's part `leftRows` x `leftColumns` and B's part `rightRows` x `rightColumns`,
  /// column-major.
  ///
  /// - Precondition: the parts lie in the matrices, and their inner lengths are equal.
  /// - Throws: `outOfMemory` when C does not fit.
  public static func product(
    _ a: DenseMatrix, _ leftRows: Range<Int>, _ leftColumns: Range<Int>, _ b: DenseMatrix,
    _ rightRows: Range<Int>, _ rightColumns: Range<Int>
  ) throws(LinearAlgebraError) -> DenseMatrix {
    precondition(leftColumns.count == rightRows.count, "\(leftColumns) times \(rightRows)")
    precondition(
      leftRows.lowerBound >= 0 && leftRows.upperBound <= a.rows && leftColumns.lowerBound >= 0
        && leftColumns.upperBound <= a.columns && rightRows.lowerBound >= 0
        && rightRows.upperBound <= b.rows && rightColumns.lowerBound >= 0
        && rightColumns.upperBound <= b.columns)
    let (m, k, n) = (leftRows.count, leftColumns.count, rightColumns.count)
    try MemoryGuard.check("the product", m, n, bytesPerElement: MemoryLayout<S>.stride)
    guard m > 0, n > 0, k > 0 else { return DenseMatrix(zeros: m, n) }
    S.count(multiplyAdds: m * n * k)
    let (left, right) = (a.gemmOperand(), b.gemmOperand())
    let leftStart = left.matrix.start(leftRows.lowerBound, leftColumns.lowerBound)
    let rightStart = right.matrix.start(rightRows.lowerBound, rightColumns.lowerBound)
    let storage = [S](unsafeUninitializedCapacity: m * n) { c, count in
      left.matrix.storage.withUnsafeBufferPointer { x in
        right.matrix.storage.withUnsafeBufferPointer { y in
          S.gemm(
            left.operation, right.operation, m, n, k, 1, x.baseAddress! + leftStart,
            left.matrix.leadingDimension, y.baseAddress! + rightStart, right.matrix.leadingDimension, 0,
            c.baseAddress!, m)
        }
      }
      count = m * n
    }
    return DenseMatrix(unchecked: m, n, order: .columnMajor, storage)
  }

  /// Where element (i, j) stands in `storage`.
  private func start(_ i: Int, _ j: Int) -> Int {
    order == .columnMajor ? j * leadingDimension + i : i * leadingDimension + j
  }
}
