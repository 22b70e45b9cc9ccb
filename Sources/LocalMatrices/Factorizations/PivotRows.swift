// Which w rows of an m x w matrix Gaussian elimination with partial pivoting takes as pivots, and what it makes of
// those rows: the two halves of a pivot tournament. w^2 (m - w/3) flops. Source: Grigori, Demmel, Xiang, CALU: A
// Communication Optimal LU Factorization Algorithm, SIAM J. Matrix Anal. Appl. 32, 2011, section 2.

extension DenseMatrix {
  /// The rows that partial pivoting chooses, min(m, n) of them, in the order of the pivots.
  ///
  /// - Throws: `invalidArgument` when numbers overflow on the way.
  package func pivotRows() throws(LinearAlgebraError) -> [Int] { try eliminated().pivots }

  /// The pivot rows, and L without its unit diagonal below U over them, row-major: P A = L U of a square A.
  ///
  /// - Throws: `invalidArgument` when numbers overflow on the way.
  package func packedFactors() throws(LinearAlgebraError) -> (pivots: [Int], packed: DenseMatrix) {
    let (pivots, columnMajor, stride) = try eliminated()
    let packed = DenseMatrix(unchecked: stride, columnMajor.count / stride, order: .columnMajor, columnMajor)
    return (pivots, try packed[0..<rows, 0..<packed.columns].rowMajor())
  }

  private func eliminated() throws(LinearAlgebraError) -> (pivots: [Int], packed: [S], stride: Int) {
    let count = min(rows, columns)
    // Columns that start a power of two apart fall upon the same few lines of a cache: a turned panel of 2048 x 256
    // took as long as half of its factorization. An odd number of lines apart they do not.
    let stride = (rows + 7) / 8 * 8 | 8
    guard count > 0 else { return ([], [], stride) }
    var packed = try columnMajor(stride: stride)
    var exchanges = [Int32](repeating: 0, count: count)
    let info = packed.withUnsafeMutableBufferPointer { packed in
      exchanges.withUnsafeMutableBufferPointer {
        S.getrf(rows, columns, packed.baseAddress!, stride, $0.baseAddress!)
      }
    }
    var order = Array(0..<rows)
    for (k, exchange) in exchanges.enumerated() {
      // NaN has no largest element.
      guard info >= 0, k + 1...rows ~= Int(exchange) else {
        throw .invalidArgument("LU: the numbers are so large that intermediate ones overflow")
      }
      order.swapAt(k, Int(exchange) - 1)
    }
    return (Array(order.prefix(count)), packed, stride)
  }
}
