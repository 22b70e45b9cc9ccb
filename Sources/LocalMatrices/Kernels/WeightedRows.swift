// Sums over rows with weights, column by column: what moments are made of. 2 flops an element for sums, 5 for deviations,
// 5 for extremes; the loops are in CSparseKernels, which says how. From a chunk of rows that stays in cache all three
// take as long as it takes to read the chunk from memory once.

internal import CSparseKernels

/// Rows of numbers, one after the other, each with a weight.
package struct WeightedRows {
  private let elements: UnsafePointer<Double>
  private let rows: Int
  private let columns: Int
  private let weights: [Double]

  /// Rows of `columns` numbers.
  ///
  /// - Precondition: a weight for each of them.
  package init(_ elements: UnsafeBufferPointer<Double>, columns: Int, weights: [Double]) {
    precondition(columns > 0 && elements.count % columns == 0 && elements.count / columns <= weights.count)
    guard let start = elements.baseAddress else { preconditionFailure("rows without numbers") }
    self.elements = start
    self.rows = elements.count / columns
    self.columns = columns
    self.weights = weights
  }

  /// sum w_i x_ij
  package func sums() -> [Double] {
    vector { tessera_column_sums(rows, columns, elements, columns, weights, $0) }
  }

  /// sum w_i (x_ij - mean_j), and the same of the squares.
  package func deviations(from mean: [Double]) -> (sums: [Double], squares: [Double]) {
    precondition(mean.count == columns)
    var squares: [Double] = []
    let sums = vector { sums in
      squares = vector {
        tessera_column_deviations(rows, columns, elements, columns, weights, mean, sums, $0)
      }
    }
    return (sums, squares)
  }

  /// The least and the largest number, sum w_i |x_ij|, and how many numbers are not zero.
  package func extremes() -> (minimum: [Double], maximum: [Double], magnitudes: [Double], nonzeros: [Int]) {
    var (minimum, maximum): ([Double], [Double]) = ([], [])
    var nonzeros = [Int64](repeating: 0, count: columns)
    let magnitudes = vector { magnitudes in
      maximum = vector { maximum in
        minimum = vector {
          tessera_column_extremes(
            rows, columns, elements, columns, weights, $0, maximum, magnitudes, &nonzeros)
        }
      }
    }
    return (minimum, maximum, magnitudes, nonzeros.map { Int($0) })
  }

  /// A number for each column.
  private func vector(_ fill: (UnsafeMutablePointer<Double>) -> Void) -> [Double] {
    [Double](unsafeUninitializedCapacity: columns) { buffer, count in
      guard let start = buffer.baseAddress else { return }
      fill(start)
      count = columns
    }
  }
}
