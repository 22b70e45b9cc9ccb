// A tile as a list of entries, from its parts in order. O(stored elements of the parts), one copy.

import Numerics
import TesseraCommunication
import TesseraLocalMatrices

extension TripletMatrix {
  /// The entries of all parts, one after the other; of dense parts those that are not zero.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  init(rows: Int, columns: Int, joining parts: [TilePart<S>]) throws {
    // Checks the shape.
    _ = try TripletMatrix(rows: rows, columns: columns)
    let count = parts.reduce(0) { $0 + $1.storedCount }
    var rowIndices = [Int32](roomInLargePages: count)
    var columnIndices = [Int32](roomInLargePages: count)
    var values = [S](roomInLargePages: count)
    for part in parts {
      try part.check(rows, columns)
      switch part {
      case .entries(let run):
        rowIndices.append(contentsOf: run.rowIndices[run.range])
        columnIndices.append(contentsOf: run.columnIndices[run.range])
        values.append(contentsOf: run.values[run.range])
      case .dense(let region):
        let elements = region.elements
        let width = region.columns.count
        for q in 0..<elements.count where elements[q] != 0 {
          rowIndices.append(Int32(truncatingIfNeeded: region.row + q / width))
          columnIndices.append(Int32(truncatingIfNeeded: region.column + q % width))
          values.append(elements[q])
        }
      }
    }
    self.init(unchecked: rows, columns, rowIndices, columnIndices, values)
  }
}

extension TilePart {
  /// - Throws: `malformed` when the part leaves a tile of the given shape.
  func check(_ rows: Int, _ columns: Int) throws(CommunicationError) {
    let fits =
      switch self {
      case .dense(let region):
        region.row >= 0 && region.column >= 0 && region.row + region.rows.count <= rows
          && region.column + region.columns.count <= columns
      case .entries(let run):
        run.range.allSatisfy {
          0 <= run.rowIndices[$0] && Int(run.rowIndices[$0]) < rows && 0 <= run.columnIndices[$0]
            && Int(run.columnIndices[$0]) < columns
        }
      }
    guard fits else { throw .malformed(expected: "a part inside \(rows) x \(columns)") }
  }
}
