// G += A^H A, A m x n one tile, G n x n of which the upper triangle is kept, packed by columns: n(n+1)/2
// elements. Dense: HERK, m n^2 flops. Sparse: the outer product of every row with itself,
// sum over rows of nnz(row)^2 flops.

import Numerics

internal import CSparseKernels

extension LocalMatrix {
  /// The upper triangle of A^H A, packed by columns: element (i, j), i <= j, at i + j(j+1)/2.
  ///
  /// - Throws: `outOfMemory` when n x n elements do not fit this machine.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func packedGram() throws(LinearAlgebraError) -> [S] {
    let n = columns
    try MemoryGuard.check("the Gram matrix", n, n, bytesPerElement: MemoryLayout<S>.stride)
    switch self {
    case .sparse(let a): return sparsePackedGram(a.compressed(by: .rows).resolved())
    case .dense(let a):
      guard n > 0, a.rows > 0 else { return [S](repeating: 0, count: n * (n + 1) / 2) }
      S.count(multiplyAdds: a.rows * (n * (n + 1) / 2))
      var square = [S](repeating: 0, count: n * n)
      let isRowMajor = a.order == .rowMajor
      square.withUnsafeMutableBufferPointer { c in
        a.storage.withUnsafeBufferPointer {
          addUpperGram(
            $0.baseAddress!, a.rows, n, leadingDimension: a.leadingDimension, isRowMajor: isRowMajor,
            to: c.baseAddress!)
        }
      }
      if S.isComplex, isRowMajor != a.isConjugated { square = square.map(\.conjugate) }
      return packedUpper(square, n)
    }
  }
}

/// Adds the upper triangle of A^H A, or for a row-major A its conjugate, to the n x n square at `c`. A row-major
/// buffer is A^T to BLAS, and A^T (A^T)^H is the conjugate of A^H A. What is below the diagonal is not defined.
package func addUpperGram<S: Scalar>(
  _ a: UnsafePointer<S>, _ rows: Int, _ n: Int, leadingDimension: Int, isRowMajor: Bool,
  to c: UnsafeMutablePointer<S>
) {
  S.herk(isRowMajor ? .identity : .adjoint, n, rows, a, leadingDimension, c, n)
}

/// The upper triangle of an n x n square, packed by columns, its diagonal real.
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
package func packedUpper<S: Scalar>(_ square: [S], _ n: Int) -> [S] {
  var packed: [S] = []
  packed.reserveCapacity(n * (n + 1) / 2)
  for j in 0..<n {
    packed += square[j * n..<j * n + j]
    packed.append(S(real: square[j * n + j].realPart))
  }
  return packed
}

extension DenseMatrix {
  /// The Hermitian matrix of order n whose upper triangle is packed by columns in n(n+1)/2 elements. O(n^2).
  ///
  /// - Precondition: the number of elements.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public init(packedHermitian packed: [S], order n: Int) {
    precondition(packed.count == n * (n + 1) / 2)
    var square = [S](repeating: 0, count: n * n)
    for j in 0..<n {
      for i in 0...j {
        let value = packed[i + j * (j + 1) / 2]
        square[j * n + i] = value
        square[i * n + j] = i == j ? value : value.conjugate
      }
    }
    self.init(unchecked: n, n, order: .columnMajor, square)
  }
}

/// The loops are in CSparseKernels.
private func sparsePackedGram<S: Scalar>(_ a: SparseMatrix<S>) -> [S] {
  let n = a.columns
  var packed: [S] = zeroVector(count: n * (n + 1) / 2)
  let products = packed.withUnsafeMutableBufferPointer { packed in
    a.offsets.withUnsafeBufferPointer { offsets in
      a.indices.withUnsafeBufferPointer { indices in
        a.storage.withUnsafeBufferPointer { values in
          tessera_packed_gram(
            S.kind.letter, a.rows, offsets.baseAddress, indices.baseAddress, values.baseAddress,
            packed.baseAddress)
        }
      }
    }
  }
  S.count(multiplyAdds: products)
  return packed
}
