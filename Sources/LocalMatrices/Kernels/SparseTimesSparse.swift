// C = A B, C m x n, A m x k, B k x n, all compressed by rows: row i of C is the sum of a_ij times row j of B.
// 2 f flops for f = sum over nonzeros a_ij of nnz(B(j,:)). Source: Gustavson, Two Fast Algorithms for Sparse
// Matrices, ACM TOMS 4, 1978. Where the sums of a row are gathered depends on how many products it has:
//
//   64    they are listed, and sorted by counting (CSparseKernels)
//   few   in a hash table that stays in the first cache (Nagasaka, Matsuoka, Azad, Buluc, Performance
//         optimization, modeling and analysis of sparse matrix-matrix products, Parallel Computing 90, 2019);
//         the columns are sorted afterwards, r log r for r of them
//   many  in a dense accumulator of n elements; the columns it touched are set bits, read in order when that is
//         cheaper than sorting their list
//
// The rows of B that a row of A needs lie anywhere in memory: they are asked for some rows ahead. O(m + n + f)
// time and O(n) workspace, besides the sorting. C is written where it stays if there is room for all products, and
// else some rows at a time.

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
      return gustavson(b.transposed().resolved(), a.transposed().resolved()).transposed()
    }
    return gustavson(a.compressed(by: .rows).resolved(), b.compressed(by: .rows).resolved())
  }
}

/// Room for the products of A B is not out of proportion to A and B up to so many; what is not used is never touched.
private func mostRoom<S: Scalar>(_ a: SparseMatrix<S>, _ b: SparseMatrix<S>) -> Int {
  8 * (a.nonzeroCount + b.nonzeroCount) + 1024
}

/// So many products are computed at a time where there is no room for all: they stay in the second cache.
private let mostAtATime = 1 << 14

@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
private func gustavson<S: Scalar>(_ a: SparseMatrix<S>, _ b: SparseMatrix<S>) -> SparseMatrix<S> {
  a.withRows { left in
    b.withRows { right in
      var products = RowProducts(left, right, columns: b.columns)
      let count = products.count()
      S.count(multiplyAdds: count)
      var (offsets, indices, values): ([Int], [Int32], [S]) = ([], [], [])
      if count <= mostRoom(a, b) {
        offsets = [Int](unsafeUninitializedCapacity: a.rows + 1) { offsets, offsetCount in
          offsets[0] = 0
          indices = [Int32](inLargePages: count) { indices, indexCount in
            values = [S](inLargePages: count) { values, valueCount in
              products.multiply(
                0..<a.rows, offsets.baseAddress!, indices.baseAddress, values.baseAddress)
              valueCount = offsets[a.rows]
            }
            indexCount = offsets[a.rows]
          }
          offsetCount = a.rows + 1
        }
      } else {
        (offsets, indices, values) = products.inPieces(rows: a.rows, room: mostRoom(a, b))
      }
      return SparseMatrix(
        unchecked: a.rows, b.columns, axis: .rows, offsets: offsets, indices: indices, values)
    }
  }
}

extension SparseMatrix {
  /// Lends the compressed rows.
  @inline(__always)
  fileprivate func withRows<Result>(_ body: (Rows<S>) -> Result) -> Result {
    offsets.withUnsafeBufferPointer { offsets in
      indices.withUnsafeBufferPointer { indices in
        storage.withUnsafeBufferPointer { values in
          body(Rows(offsets: offsets, indices: indices, values: values))
        }
      }
    }
  }
}

/// The rows of A B.
private struct RowProducts<S: Scalar> {
  private let a: Rows<S>
  private let b: Rows<S>
  private let columns: Int
  private var hashed: HashedRow<S>?
  private var dense: DenseRow<S>?

  init(_ a: Rows<S>, _ b: Rows<S>, columns: Int) { (self.a, self.b, self.columns) = (a, b, columns) }

  /// The number of products a_ij b_jl of row `i`.
  @inline(__always)
  private func count(_ i: Int) -> Int {
    var count = 0
    for q in a.offsets[i]..<a.offsets[i + 1] { count += b.count(Int(a.indices[q])) }
    return count
  }

  /// The number of all of them.
  @inline(__always)
  func count() -> Int {
    var count = 0
    for j in a.indices { count += b.count(Int(j)) }
    return count
  }

  /// Writes rows of A B: their entries from `offsets[0]` on, and after it where each of them ends. There is room for
  /// all their products.
  @inline(__always)
  mutating func multiply(
    _ rows: Range<Int>, _ offsets: UnsafeMutablePointer<Int>, _ indices: UnsafeMutablePointer<Int32>?,
    _ values: UnsafeMutablePointer<S>?
  ) {
    var i = rows.lowerBound
    while i < rows.upperBound {
      let end = offsets + (i - rows.lowerBound)
      // Up to the first row that is too long.
      let short = tessera_multiply_short_rows(
        S.kind.letter, rows.upperBound - i, a.offsets.baseAddress! + i, a.indices.baseAddress,
        a.values.baseAddress, b.indices.count, b.offsets.baseAddress, b.indices.baseAddress,
        b.values.baseAddress, end,
        indices,
        values)
      i += short
      guard i < rows.upperBound, let indices, let values else { continue }
      let ahead = 16
      if i + 2 * ahead < a.rowCount { b.prefetchStarts(of: a, i + 2 * ahead) }
      if i + ahead < a.rowCount { b.prefetchRows(of: a, i + ahead) }
      let (start, most) = (end[short], count(i))
      let found: Int
      if most <= mostHashed {
        if hashed == nil { hashed = HashedRow() }
        found = hashed?.gather(a, i, b, most, indices + start, values + start) ?? 0
      } else {
        if dense == nil { dense = DenseRow(columns) }
        found = dense?.gather(a, i, b, indices + start, values + start) ?? 0
      }
      end[short + 1] = start + found
      i += 1
    }
  }

  /// All rows, some at a time in memory that is used again, from where they are appended to the result, which has `room`
  /// to begin with.
  @inline(__always)
  mutating func inPieces(rows: Int, room: Int) -> (offsets: [Int], indices: [Int32], values: [S]) {
    var offsets = [0]
    offsets.reserveCapacity(rows + 1)
    var (indices, values) = ([Int32](roomInLargePages: room), [S](roomInLargePages: room))
    var (someOffsets, someIndices, someValues): ([Int], [Int32], [S]) = ([], [], [])
    var i = 0
    while i < rows {
      // A long row takes no more room than there are columns.
      var (last, room) = (i, 0)
      while last < rows {
        let count = count(last)
        let more = count > tessera_short_rows_most_products() ? min(count, columns) : count
        guard last == i || room + more <= mostAtATime else { break }
        room += more
        last += 1
      }
      someOffsets = growing(someOffsets, last - i + 1)
      someIndices = growing(someIndices, room)
      someValues = growing(someValues, room)
      someOffsets.withUnsafeMutableBufferPointer { ends in
        someIndices.withUnsafeMutableBufferPointer { someIndices in
          someValues.withUnsafeMutableBufferPointer { someValues in
            ends[0] = 0
            multiply(i..<last, ends.baseAddress!, someIndices.baseAddress, someValues.baseAddress)
            let found = ends[last - i]
            let before = indices.count
            indices.append(contentsOf: someIndices[0..<found])
            values.append(contentsOf: someValues[0..<found])
            for end in ends[1...last - i] { offsets.append(before + end) }
          }
        }
      }
      i = last
    }
    return (offsets, indices, values)
  }

  /// Memory for `count` elements at least.
  @inline(__always)
  private func growing<Element: AdditiveArithmetic>(_ memory: [Element], _ count: Int) -> [Element] {
    memory.count >= count ? memory : [Element](repeating: .zero, count: max(count, 2 * memory.count))
  }
}

/// Rows with at most so many products are gathered in a hash table.
private let mostHashed = 1024

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

  /// Writes row `i` of A B, which has at most `bound` products; returns how many entries it has.
  @inline(__always)
  mutating func gather(
    _ a: Rows<S>, _ i: Int, _ b: Rows<S>, _ bound: Int, _ indices: UnsafeMutablePointer<Int32>,
    _ values: UnsafeMutablePointer<S>
  ) -> Int {
    // Half full at most.
    var size = 16
    while size < 2 * bound { size *= 2 }
    let mask = size - 1
    return columns.withUnsafeMutableBufferPointer { columns in
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
            indices[e] = Int32(truncatingIfNeeded: entries[e] >> 32)
            values[e] = sums[slot]
            columns[slot] = -1
          }
          return count
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

  /// Writes row `i` of A B; returns how many entries it has.
  @inline(__always)
  mutating func gather(
    _ a: Rows<S>, _ i: Int, _ b: Rows<S>, _ indices: UnsafeMutablePointer<Int32>,
    _ values: UnsafeMutablePointer<S>
  ) -> Int {
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
    for (place, column) in row.enumerated() {
      indices[place] = column
      values[place] = sums[Int(column)]
    }
    return row.count
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
