// What a product of two matrices of the driver's takes, before it is computed: the operands as they lie, and the most
// that the result can store. A result of two sparse matrices stores at most an element for each multiply-add, of which
// there are sum a_l b_l, a_l the elements in column l of A and b_l those in row l of B. One pass over the indices.

import TesseraLocalMatrices

extension LocalMatrix {
  /// Bytes of the matrix where it lies.
  var heldBytes: Int {
    switch self {
    case .dense(let a): HeldBytes.tile + a.storage.count * MemoryLayout<S>.stride
    case .sparse(let a):
      HeldBytes.tile + a.nonzeroCount * (MemoryLayout<S>.stride + 4) + 8 * (a.majorCount + 1)
    }
  }

  /// Bytes of A B at the most, of what no machine holds more than any does.
  ///
  /// - Precondition: the inner dimensions agree.
  func mostProductBytes(times other: LocalMatrix) -> Int {
    let element = MemoryLayout<S>.stride
    let area = Double(rows) * Double(other.columns)
    guard case .sparse = self, case .sparse = other else {
      return HeldBytes.tile + Int(min(area * Double(element), 0x1p60))
    }
    let products = zip(rowCounts(.transpose), other.rowCounts(.plain)).reduce(0.0) {
      $0 + Double($1.0) * Double($1.1)
    }
    return HeldBytes.tile + 8 * (rows + 1) + Int(min(min(products, area) * Double(element + 4), 0x1p60))
  }
}
