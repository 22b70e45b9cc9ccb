// A tile from its parts: a dense buffer that regions are copied into, or compressed rows. Dense parts meet no
// triplet on their way into a dense tile. O(stored elements), O(mn) for a dense tile.

import Numerics
import TesseraLocalMatrices

/// The form that a matrix is put together in.
enum AssembledForm {
  case dense
  case sparse
  /// The one that takes fewer bytes; sparse for a matrix without stored elements.
  case smaller
}

extension LocalMatrix {
  /// The m x n matrix of the given parts.
  init(rows: Int, columns: Int, parts: [TilePart<S>], form: AssembledForm) throws {
    let stored = parts.reduce(0) { $0 + $1.storedCount }
    let element = MemoryLayout<S>.stride
    // The bytes of a large shape can leave the range of Int.
    let denseBytes = Double(rows) * Double(columns) * Double(element)
    let sparseBytes = Double(stored) * Double(element + 4) + Double(rows + 1) * 8
    guard form == .dense || form == .smaller && denseBytes <= sparseBytes && (stored > 0 || denseBytes == 0)
    else {
      let entries = try TripletMatrix(rows: rows, columns: columns, joining: parts)
      self = .sparse(try entries.compressed(by: .rows))
      return
    }
    try MemoryGuard.check("a dense tile of \(rows) x \(columns)", rows, columns, bytesPerElement: element)
    for part in parts { try part.check(rows, columns) }
    self = .dense(
      try DenseMatrix(
        rows: rows, columns: columns, order: .rowMajor, elements: denseElements(rows, columns, parts)))
  }
}

/// The row-major elements of the tile. Regions come first, then entries are added: both kinds only meet where
/// several layers of a matrix do, and those are entries all.
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
private func denseElements<S: Scalar>(_ rows: Int, _ columns: Int, _ parts: [TilePart<S>]) -> [S] {
  // A single region that is the tile is its own buffer.
  if parts.count == 1, case .dense(let region) = parts[0], region.rows.count == rows,
    region.columns.count == columns
  {
    return region.elements
  }
  let covered = parts.reduce(0) { sum, part in
    if case .dense = part { sum + part.storedCount } else { sum }
  }
  return [S](inLargePages: rows * columns) { target, written in
    // Regions do not overlap: when they cover as many elements as there are, all are written.
    if covered < rows * columns { target.initialize(repeating: 0) }
    for case .dense(let region) in parts {
      region.copy(to: target, leadingDimension: columns, row: region.row, column: region.column)
    }
    for case .entries(let run) in parts {
      for q in run.range {
        target[Int(run.rowIndices[q]) * columns + Int(run.columnIndices[q])] += run.values[q]
      }
    }
    written = rows * columns
  }
}
