// Products with a sparse matrix whose rows are grouped by length: Y += A^H (A X) with each row read once, Y = A X and
// Y = A^H X, X and Y row-major panels. 4 z b, 2 z b and 2 z b flops for z entries and b columns; 10 bytes of A an entry
// in Double with 16-bit indices. The loops are in CSparseKernels, which says why they are in C.
//
// A fused pass over short rows is bound by neither memory nor arithmetic but by the loads and the store of each entry:
// about four cycles of them, while x and y stay in the second cache.

import Numerics

internal import CSparseKernels

extension GroupedRows {
  /// Y + A^H A X, where `x` and `y` hold n x `width` panels in row-major order.
  ///
  /// - Precondition: both panels have `columns * width` elements.
  public func addGramProduct(_ x: [S], width: Int, to y: inout [S]) {
    precondition(x.count == columns * width && y.count == columns * width)
    guard nonzeroCount > 0, width > 0 else { return }
    S.count(multiplyAdds: 2 * nonzeroCount * width)
    y.withUnsafeMutableBufferPointer { y in
      x.withUnsafeBufferPointer { x in
        withKernelOperand { a in tessera_grouped_gram(&a, width, x.baseAddress, y.baseAddress) }
      }
    }
  }

  /// A X, m x `width` in row-major order with the rows where they belong, for the n x `width` panel `x`.
  ///
  /// - Precondition: `x` has `columns * width` elements.
  public func product(_ x: [S], width: Int) -> [S] {
    precondition(x.count == columns * width)
    S.count(multiplyAdds: nonzeroCount * width)
    return [S](inLargePages: rows * width) { y, count in
      count = rows * width
      order.withUnsafeBufferPointer { order in
        x.withUnsafeBufferPointer { x in
          withKernelOperand { a in
            tessera_grouped_product(&a, order.baseAddress, width, x.baseAddress, y.baseAddress)
          }
        }
      }
    }
  }

  /// A^H X, n x `width` in row-major order, for the m x `width` panel `x`.
  ///
  /// - Precondition: `x` has `rows * width` elements.
  public func adjointProduct(_ x: [S], width: Int) -> [S] {
    precondition(x.count == rows * width)
    S.count(multiplyAdds: nonzeroCount * width)
    var y: [S] = zeroVector(count: columns * width)
    y.withUnsafeMutableBufferPointer { y in
      order.withUnsafeBufferPointer { order in
        x.withUnsafeBufferPointer { x in
          withKernelOperand { a in
            tessera_grouped_adjoint_product(&a, order.baseAddress, width, x.baseAddress, y.baseAddress)
          }
        }
      }
    }
    return y
  }

  /// Calls `body` with the matrix as the kernels want it.
  private func withKernelOperand(_ body: (inout tessera_grouped_rows) -> Void) {
    func call(_ indices: UnsafeRawBufferPointer, isWide: Bool) {
      lengths.withUnsafeBufferPointer { lengths in
        counts.withUnsafeBufferPointer { counts in
          values.withUnsafeBufferPointer { values in
            var operand = tessera_grouped_rows(
              letter: S.kind.letter, wide: isWide ? 1 : 0, groups: lengths.count,
              lengths: lengths.baseAddress,
              counts: counts.baseAddress, indices: indices.baseAddress, values: values.baseAddress)
            body(&operand)
          }
        }
      }
    }
    switch indices {
    case .narrow(let indices): indices.withUnsafeBytes { call($0, isWide: false) }
    case .wide(let indices): indices.withUnsafeBytes { call($0, isWide: true) }
    }
  }
}
