// Triplets to compressed rows or columns: the place of every entry by counting the entries of each line (Gustavson,
// Two Fast Algorithms for Sparse Matrices, ACM TOMS 4, 1978), columns and values moved there one after the other, then
// line after line sorted where it is not in order, and duplicates added up in the order of the list. O(p + z) time,
// for long lines times log n with a logarithm to base 2048, p the compressed dimension. Memory: what is moved replaces
// what it was, so that there are 24 z bytes at the most (in Double), twice the result, for a list that nobody else
// holds; a list in order is not even moved.

import Numerics

extension TripletMatrix {
  /// The compressed form by `axis`, indices sorted, duplicates added up, stored zeros kept.
  ///
  /// - Throws: `outOfMemory` when the offsets of a huge shape would not fit this machine.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public consuming func compressed(by axis: CompressedAxis = .rows) throws(LinearAlgebraError)
    -> SparseMatrix<S>
  {
    let (rows, columns, isConjugated) = (self.rows, self.columns, self.isConjugated)
    let (major, minor) = axis == .rows ? (rows, columns) : (columns, rows)
    try MemoryGuard.check(
      "the compressed form of \(Shape(rows, columns))", Swift.max(major, minor), 2, bytesPerElement: 8)
    guard entryCount <= Int(UInt32.max) else {
      throw .tooLarge(what: "the number of entries", value: entryCount, limit: Int(UInt32.max))
    }
    var lists = takeLists()
    if axis == .columns { swap(&lists.rows, &lists.columns) }
    let counted = CountedLines(lists.rows, of: major, lists.columns)
    var offsets = counted.starts
    if counted.order != .strict {
      if counted.order == .none {
        replaceByPlaces(&lists.rows, starts: counted.starts)
        lists.columns = moved(lists.columns, to: lists.rows)
        lists.values = moved(lists.values, to: lists.rows)
      }
      lists.rows = []
      sortLines(&offsets, &lists.columns, &lists.values, bound: minor)
    }
    return SparseMatrix(
      unchecked: rows, columns, axis: axis, conjugated: isConjugated, offsets: offsets,
      indices: lists.columns, lists.values)
  }

  /// The dense form, duplicates added up. O(mn + z).
  ///
  /// - Throws: `outOfMemory` when it would not fit this machine.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func dense(order: StorageOrder = .columnMajor) throws(LinearAlgebraError) -> DenseMatrix<S> {
    try MemoryGuard.check(
      "the dense form of \(shape)", rows, columns, bytesPerElement: MemoryLayout<S>.stride)
    var result = DenseMatrix<S>(zeros: rows, columns, order: order)
    let stride = result.leadingDimension
    result.storage.withUnsafeMutableBufferPointer { target in
      forEach { i, j, value in
        target[order == .columnMajor ? j * stride + i : i * stride + j] += value
      }
    }
    return result
  }
}

/// How many entries each line has, and in what order the list has them.
private struct CountedLines {
  enum Order {
    /// Line after line, ascending in each: compressed already, but for the line starts.
    case strict
    /// The same with duplicates.
    case withDuplicates
    case none
  }

  /// Where each line starts, and the end.
  private(set) var starts: [Int]
  let order: Order

  init(_ majors: [Int32], of lines: Int, _ minors: [Int32]) {
    var starts = [Int](repeating: 0, count: lines + 1)
    var (isStrict, isSorted) = (true, true)
    var last = Int64(-1)
    for q in 0..<majors.count {
      starts[Int(majors[q]) + 1] += 1
      let place = Int64(majors[q]) << 32 | Int64(minors[q])
      if place <= last { (isStrict, isSorted) = (false, isSorted && place == last) }
      last = place
    }
    for p in 0..<lines { starts[p + 1] += starts[p] }
    self.starts = starts
    order = isStrict ? .strict : isSorted ? .withDuplicates : .none
  }
}

/// Replaces the line of each entry by the place that it gets when lines follow one another, as a `UInt32`: within a
/// line, entries stay in the order of the list.
private func replaceByPlaces(_ majors: inout [Int32], starts: [Int]) {
  var next = starts
  majors.withUnsafeMutableBufferPointer { majors in
    next.withUnsafeMutableBufferPointer { next in
      for q in 0..<majors.count {
        let line = Int(majors[q])
        majors[q] = Int32(bitPattern: UInt32(truncatingIfNeeded: next[line]))
        next[line] += 1
      }
    }
  }
}

/// The elements at their places, which are all, each once.
@inline(__always)
private func moved<T>(_ elements: [T], to places: [Int32]) -> [T] {
  [T](inLargePages: elements.count) { target, written in
    places.withUnsafeBufferPointer { places in
      elements.withUnsafeBufferPointer { elements in
        for q in 0..<places.count {
          target.initializeElement(at: Int(UInt32(bitPattern: places[q])), to: elements[q])
        }
      }
    }
    written = elements.count
  }
}

/// Brings the entries of each line into the order of their indices, equal ones in the order of the list, and adds
/// up duplicates; lines become shorter by that, and `offsets` are their new starts.
@inline(__always)
private func sortLines<S: Scalar>(
  _ offsets: inout [Int], _ indices: inout [Int32], _ values: inout [S], bound: Int
) {
  var filled = 0
  indices.withUnsafeMutableBufferPointer { indices in
    values.withUnsafeMutableBufferPointer { values in
      for p in 0..<offsets.count - 1 {
        let (first, start, end) = (filled, offsets[p], offsets[p + 1])
        offsets[p] = first
        if end - start > 64 {
          sortLongLine(
            UnsafeMutableBufferPointer(rebasing: indices[start..<end]),
            UnsafeMutableBufferPointer(rebasing: values[start..<end]), bound: bound)
        }
        // Entries go where they belong among those before them; nothing moves in a line that is sorted. A line is
        // never longer than it was, so that what is written has been read.
        for q in start..<end {
          let (index, value) = (indices[q], values[q])
          var place = filled
          while place > first, indices[place - 1] > index { place -= 1 }
          if place > first, indices[place - 1] == index {
            values[place - 1] += value
            continue
          }
          var r = filled
          while r > place {
            (indices[r], values[r]) = (indices[r - 1], values[r - 1])
            r -= 1
          }
          (indices[place], values[place]) = (index, value)
          filled += 1
        }
      }
    }
  }
  offsets[offsets.count - 1] = filled
  indices.removeSubrange(filled...)
  values.removeSubrange(filled...)
}

/// Sorts a line stably, unless it is sorted, by the digits of its indices, the lowest first.
@inline(never)
private func sortLongLine<S: Scalar>(
  _ indices: UnsafeMutableBufferPointer<Int32>, _ values: UnsafeMutableBufferPointer<S>, bound: Int
) {
  let count = indices.count
  guard (1..<count).contains(where: { indices[$0 - 1] > indices[$0] }) else { return }
  // An index, shifted left by 32, and its place. Digits of at most 11 bits, so that a pass writes to few enough
  // places at a time for the caches, and of fewer for a line that has fewer entries than digits.
  var items = [UInt64](inLargePages: count) { items, written in
    for q in 0..<count {
      items.initializeElement(at: q, to: UInt64(UInt32(bitPattern: indices[q])) << 32 | UInt64(q))
    }
    written = count
  }
  let bits = min(11, Int.bitWidth - count.leadingZeroBitCount)
  let mask = 1 << bits - 1
  var shift = 0
  while shift < 31, (bound - 1) >> shift > 0 {
    var next = [Int](repeating: 0, count: mask + 2)
    for item in items { next[Int(item >> (32 + UInt64(shift))) & mask + 1] += 1 }
    for digit in 0..<mask { next[digit + 1] += next[digit] }
    items = [UInt64](inLargePages: count) { target, written in
      for item in items {
        let digit = Int(item >> (32 + UInt64(shift))) & mask
        target.initializeElement(at: next[digit], to: item)
        next[digit] += 1
      }
      written = count
    }
    shift += bits
  }
  let unsorted = Array(values)
  for q in 0..<count {
    indices[q] = Int32(truncatingIfNeeded: items[q] >> 32)
    values[q] = unsorted[Int(items[q] & 0xFFFF_FFFF)]
  }
}
