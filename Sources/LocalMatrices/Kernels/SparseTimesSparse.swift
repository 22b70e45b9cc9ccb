// C = A B, C m x n, A m x k, B k x n, all compressed by rows: row i of C is the sum of a_ij times row j of B.
// 2 f flops for f = sum over nonzeros a_ij of nnz(B(j,:)). Source: Gustavson, Two Fast Algorithms for Sparse
// Matrices, ACM TOMS 4, 1978. Where the sums are gathered depends on how many products a row has at most:
//
//   64    they are listed, and sorted by counting (CSparseKernels)
//   few   in a hash table that stays in the first cache (Nagasaka, Matsuoka, Azad, Buluc, Performance
//         optimization, modeling and analysis of sparse matrix-matrix products, Parallel Computing 90, 2019);
//         the columns are sorted afterwards, r log r for r of them
//   many  in a dense accumulator of n elements; the columns it touched are set bits, read in order when that is
//         cheaper than sorting their list
//
// The rows of B that a row of A needs lie anywhere in memory: they are asked for some rows ahead. O(m + n + f)
// time and O(n) workspace, besides the sorting.

import Numerics

internal import COpenBLAS
internal import CSparseKernels

extension SparseMatrix {
  /// A B, compressed by rows. Entries that cancel stay as stored zeros.
  ///
  /// - Throws: `shapeMismatch` when A's columns are not B's rows.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func * (a: SparseMatrix, b: SparseMatrix) throws(LinearAlgebraError) -> SparseMatrix {
    guard a.columns == b.rows else {
      throw .shapeMismatch(operation: "product", left: a.shape, right: b.shape)
    }
    // Two matrices by columns multiply as their transposes by rows: (B^T A^T)^T, nothing re-sorted.
    if a.axis == .columns, b.axis == .columns {
      let (left, right) = (b.transposed().resolved(), a.transposed().resolved())
      return (productOfShortRows(left, right) ?? gustavson(left, right)).transposed()
    }
    let (left, right) = (a.compressed(by: .rows).resolved(), b.compressed(by: .rows).resolved())
    return productOfShortRows(left, right) ?? gustavson(left, right)
  }
}

/// Room for the products of A B is not out of proportion to A and B up to so many; what is not used is never touched.
private func mostRoom<S: Scalar>(_ a: SparseMatrix<S>, _ b: SparseMatrix<S>) -> Int {
  8 * (a.nonzeroCount + b.nonzeroCount) + 1024
}

/// A B where every row has few products and there is room for all of them; nil otherwise.
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
private func productOfShortRows<S: Scalar>(_ a: SparseMatrix<S>, _ b: SparseMatrix<S>) -> SparseMatrix<S>? {
  let most = tessera_short_rows_most_products()
  var products = 0
  for i in 0..<a.rows {
    var row = 0
    for q in a.offsets[i]..<a.offsets[i + 1] {
      let j = Int(a.indices[q])
      row += b.offsets[j + 1] - b.offsets[j]
    }
    guard row <= most else { return nil }
    products += row
  }
  guard products <= mostRoom(a, b) else { return nil }
  S.count(multiplyAdds: products)
  var (indices, values): ([Int32], [S]) = ([], [])
  let offsets = [Int](unsafeUninitializedCapacity: a.rows + 1) { offsets, offsetCount in
    indices = [Int32](inLargePages: products) { indices, indexCount in
      values = [S](inLargePages: products) { values, valueCount in
        a.storage.withUnsafeBufferPointer { aValues in
          b.storage.withUnsafeBufferPointer { bValues in
            valueCount = tessera_multiply_short_rows(
              S.kind.letter, a.rows, a.offsets, a.indices, aValues.baseAddress, b.offsets, b.indices,
              bValues.baseAddress, offsets.baseAddress, indices.baseAddress, values.baseAddress)
          }
        }
      }
      indexCount = values.count
    }
    offsetCount = a.rows + 1
  }
  return SparseMatrix(
    unchecked: a.rows, b.columns, axis: .rows, offsets: offsets, indices: indices, values)
}

/// Rows with at most so many products are gathered in a hash table.
private let mostHashed = 1024

@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
private func gustavson<S: Scalar>(_ a: SparseMatrix<S>, _ b: SparseMatrix<S>) -> SparseMatrix<S> {
  var offsets = [0]
  offsets.reserveCapacity(a.rows + 1)
  var indices: [Int32] = []
  var values: [S] = []
  var hashed = HashedRow<S>()
  var dense: DenseRow<S>?
  let ahead = 16
  a.offsets.withUnsafeBufferPointer { aOffsets in
    a.indices.withUnsafeBufferPointer { aIndices in
      a.storage.withUnsafeBufferPointer { aValues in
        b.offsets.withUnsafeBufferPointer { bOffsets in
          b.indices.withUnsafeBufferPointer { bIndices in
            b.storage.withUnsafeBufferPointer { bValues in
              let (left, right) = (
                Rows(offsets: aOffsets, indices: aIndices, values: aValues),
                Rows(offsets: bOffsets, indices: bIndices, values: bValues)
              )
              // Products in all, and so room for C, where that is not out of proportion: what is not used is
              // never touched.
              var products = 0
              for q in 0..<aIndices.count { products += right.count(Int(aIndices[q])) }
              S.count(multiplyAdds: products)
              let room = min(products, mostRoom(a, b))
              indices = [Int32](roomInLargePages: room)
              values = [S](roomInLargePages: room)
              for i in 0..<left.rowCount {
                if i + 2 * ahead < left.rowCount { right.prefetchStarts(of: left, i + 2 * ahead) }
                if i + ahead < left.rowCount { right.prefetchRows(of: left, i + ahead) }
                var bound = 0
                for q in aOffsets[i]..<aOffsets[i + 1] { bound += right.count(Int(aIndices[q])) }
                if bound <= mostHashed {
                  hashed.gather(left, i, right, bound, &indices, &values)
                } else {
                  if dense == nil { dense = DenseRow(b.columns) }
                  dense?.gather(left, i, right, &indices, &values)
                }
                offsets.append(indices.count)
              }
            }
          }
        }
      }
    }
  }
  return SparseMatrix(
    unchecked: a.rows, b.columns, axis: .rows, offsets: offsets, indices: indices, values)
}

/// Compressed rows, lent by a matrix for the time of a product.
private struct Rows<S: Scalar> {
  let offsets: UnsafeBufferPointer<Int>
  let indices: UnsafeBufferPointer<Int32>
  let values: UnsafeBufferPointer<S>

  var rowCount: Int { offsets.count - 1 }

  @inline(__always) func count(_ row: Int) -> Int { offsets[row + 1] - offsets[row] }

  /// Asks for where the rows begin that row `i` of A needs.
  @inline(__always) func prefetchStarts(of a: Rows, _ i: Int) {
    for q in a.offsets[i]..<a.offsets[i + 1] {
      tessera_prefetch(offsets.baseAddress! + Int(a.indices[q]))
    }
  }

  /// Asks for the beginning of the rows that row `i` of A needs.
  @inline(__always) func prefetchRows(of a: Rows, _ i: Int) {
    for q in a.offsets[i]..<a.offsets[i + 1] {
      let start = offsets[Int(a.indices[q])]
      guard start < indices.count else { continue }
      tessera_prefetch(indices.baseAddress! + start)
      tessera_prefetch(values.baseAddress! + start)
    }
  }
}

/// A hash table of columns with open addressing, and the list of those that are in it.
private struct HashedRow<S: Scalar> {
  /// The column in each slot; -1 where there is none.
  private var columns = [Int32](repeating: -1, count: 2 * mostHashed)
  private var sums = [S](repeating: 0, count: 2 * mostHashed)
  /// Column and slot of each entry, the column in the upper half, in the order in which columns first came.
  private var entries = [UInt64](repeating: 0, count: mostHashed)

  /// Appends row `i` of A B, which has at most `bound` products.
  @inline(__always)
  mutating func gather(
    _ a: Rows<S>, _ i: Int, _ b: Rows<S>, _ bound: Int, _ indices: inout [Int32], _ values: inout [S]
  ) {
    // Half full at most.
    var size = 16
    while size < 2 * bound { size *= 2 }
    let mask = size - 1
    columns.withUnsafeMutableBufferPointer { columns in
      sums.withUnsafeMutableBufferPointer { sums in
        entries.withUnsafeMutableBufferPointer { entries in
          var count = 0
          for q in a.offsets[i]..<a.offsets[i + 1] {
            let (factor, j) = (a.values[q], Int(a.indices[q]))
            for r in b.offsets[j]..<b.offsets[j + 1] {
              let column = b.indices[r]
              // Multiplicative hashing: Knuth, The Art of Computer Programming 3, 6.4.
              var slot = Int(truncatingIfNeeded: (UInt32(bitPattern: column) &* 2_654_435_769) >> 16) & mask
              while columns[slot] != column && columns[slot] >= 0 { slot = (slot + 1) & mask }
              if columns[slot] == column {
                sums[slot] += factor * b.values[r]
              } else {
                columns[slot] = column
                sums[slot] = factor * b.values[r]
                entries[count] = UInt64(UInt32(bitPattern: column)) << 32 | UInt64(slot)
                count += 1
              }
            }
          }
          sortEntries(UnsafeMutableBufferPointer(rebasing: entries[0..<count]))
          for e in 0..<count {
            let slot = Int(entries[e] & 0xFFFF_FFFF)
            indices.append(Int32(truncatingIfNeeded: entries[e] >> 32))
            values.append(sums[slot])
            columns[slot] = -1
          }
        }
      }
    }
  }
}

/// Sorts: by insertion where the list is short, as it mostly is.
@inline(__always)
private func sortEntries(_ entries: UnsafeMutableBufferPointer<UInt64>) {
  if entries.count > 40 {
    var entries = entries
    return entries.sort()
  }
  var next = 1
  while next < entries.count {
    let entry = entries[next]
    var place = next
    while place > 0 && entries[place - 1] > entry {
      entries[place] = entries[place - 1]
      place -= 1
    }
    entries[place] = entry
    next += 1
  }
}

/// A sum for every column, and a bit for every column that has one.
private struct DenseRow<S: Scalar> {
  private var sums: [S]
  private var touched: [UInt]
  private var row: [Int32] = []

  init(_ columns: Int) {
    sums = [S](repeating: 0, count: columns)
    touched = [UInt](repeating: 0, count: (columns + UInt.bitWidth - 1) / UInt.bitWidth)
  }

  /// Appends row `i` of A B.
  mutating func gather(_ a: Rows<S>, _ i: Int, _ b: Rows<S>, _ indices: inout [Int32], _ values: inout [S]) {
    row.removeAll(keepingCapacity: true)
    sums.withUnsafeMutableBufferPointer { sums in
      touched.withUnsafeMutableBufferPointer { touched in
        for q in a.offsets[i]..<a.offsets[i + 1] {
          let (factor, j) = (a.values[q], Int(a.indices[q]))
          for r in b.offsets[j]..<b.offsets[j + 1] {
            let column = Int(b.indices[r])
            let (word, bit) = (column / UInt.bitWidth, UInt(1) << (column % UInt.bitWidth))
            if touched[word] & bit != 0 {
              sums[column] += factor * b.values[r]
            } else {
              touched[word] |= bit
              sums[column] = factor * b.values[r]
              row.append(b.indices[r])
            }
          }
        }
        orderAndClear(&row, touched)
      }
    }
    indices += row
    for column in row { values.append(sums[Int(column)]) }
  }
}

/// Sorts `columns`, whose bits are those set in `touched`, and clears the bits.
private func orderAndClear(_ columns: inout [Int32], _ touched: UnsafeMutableBufferPointer<UInt>) {
  guard let first = columns.min(), let last = columns.max() else { return }
  let words = Int(first) / UInt.bitWidth...Int(last) / UInt.bitWidth
  let comparisons = columns.count * (Int.bitWidth - columns.count.leadingZeroBitCount)
  guard words.count < comparisons else {
    columns.sort()
    for column in columns { touched[Int(column) / UInt.bitWidth] = 0 }
    return
  }
  var next = 0
  for word in words {
    var bits = touched[word]
    while bits != 0 {
      columns[next] = Int32(truncatingIfNeeded: word * UInt.bitWidth + bits.trailingZeroBitCount)
      next += 1
      bits &= bits - 1
    }
    touched[word] = 0
  }
}
