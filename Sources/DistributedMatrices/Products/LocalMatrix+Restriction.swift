// The rows, or columns, of a part of an operand that a cell touches, side by side in their order. O(stored
// elements of the part + positions / 64).

import Numerics
import TesseraLocalMatrices

extension LocalMatrix {
  /// The rows or columns of this matrix whose positions, of which its first has `first`, are members.
  func restricted(to ranks: PositionSet.Ranks, from first: Int, alongRows: Bool) -> LocalMatrix {
    switch self {
    case .dense(let a):
      .dense(
        alongRows
          ? a.restrictedRows(ranks, first) : a.transposed().restrictedRows(ranks, first).transposed())
    case .sparse(let a):
      .sparse(
        alongRows
          ? a.restrictedRows(ranks, first) : a.transposed().restrictedRows(ranks, first).transposed())
    }
  }
}

extension DenseMatrix {
  /// Row-major.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  fileprivate func restrictedRows(_ ranks: PositionSet.Ranks, _ first: Int) -> DenseMatrix {
    let kept = ranks.range(first..<first + rows).count
    let (rowStride, columnStride) = order == .rowMajor ? (leadingDimension, 1) : (1, leadingDimension)
    let elements = [S](unsafeUninitializedCapacity: kept * columns) { target, written in
      storage.withUnsafeBufferPointer { source in
        ranks.set.forEach(in: first..<first + rows) { position in
          let start = (position - first) * rowStride
          for j in 0..<columns {
            target.initializeElement(at: written + j, to: source[start + j * columnStride])
          }
          written += columns
        }
      }
    }
    return DenseMatrix(
      unchecked: kept, columns, order: .rowMajor, conjugated: isConjugated, elements)
  }
}

extension SparseMatrix {
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  fileprivate func restrictedRows(_ ranks: PositionSet.Ranks, _ first: Int) -> SparseMatrix {
    let base = ranks[first]
    let kept = ranks[first + rows] - base
    if kept == rows { return self }
    var starts = [0]
    var indices: [Int32] = []
    var values: [S] = []
    if axis == .rows {
      starts.reserveCapacity(kept + 1)
      ranks.set.forEach(in: first..<first + rows) { position in
        let entries = offsets[position - first]..<offsets[position - first + 1]
        indices += self.indices[entries]
        values += storage[entries]
        starts.append(indices.count)
      }
    } else {
      starts.reserveCapacity(offsets.count)
      for column in 0..<columns {
        for q in offsets[column]..<offsets[column + 1] {
          let position = first + Int(self.indices[q])
          guard ranks.set.contains(position) else { continue }
          indices.append(Int32(truncatingIfNeeded: ranks[position] - base))
          values.append(storage[q])
        }
        starts.append(indices.count)
      }
    }
    return SparseMatrix(
      unchecked: kept, columns, axis: axis, conjugated: isConjugated, offsets: starts, indices: indices,
      values)
  }
}

extension TilePart {
  /// The entries of this part whose positions along the rows or columns, of which the first has `first`, are
  /// members, at their ranks.
  ///
  /// - Precondition: a part of a list of entries.
  func restricted(to ranks: PositionSet.Ranks, from first: Int, alongRows: Bool) -> TilePart {
    guard case .entries(let run) = self else { preconditionFailure("a list of entries has no dense parts") }
    return .entries(run.restricted(ranks, first, alongRows))
  }
}

extension EntryRun {
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  fileprivate func restricted(_ ranks: PositionSet.Ranks, _ first: Int, _ alongRows: Bool) -> EntryRun {
    let base = ranks[first]
    var (rows, columns): ([Int32], [Int32]) = ([], [])
    var kept: [S] = []
    for q in range {
      let position = first + Int(alongRows ? rowIndices[q] : columnIndices[q])
      guard ranks.set.contains(position) else { continue }
      let rank = Int32(truncatingIfNeeded: ranks[position] - base)
      rows.append(alongRows ? rank : rowIndices[q])
      columns.append(alongRows ? columnIndices[q] : rank)
      kept.append(values[q])
    }
    return EntryRun(rows, columns, kept, 0..<kept.count)
  }
}
