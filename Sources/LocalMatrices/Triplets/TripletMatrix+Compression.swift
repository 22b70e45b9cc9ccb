// Triplets to compressed rows or columns: stable counting sorts, by the digits of the minor index and then by
// the major index (Gustavson, Two Fast Algorithms for Sparse Matrices, ACM TOMS 4, 1978, with radix passes in
// place of the first sort), then a sweep that adds up duplicates in the order of the list. O(p + z log n) time
// with a logarithm to base 2048, O(p + z) memory, p the compressed dimension.

import Numerics

extension TripletMatrix {
  /// The compressed form by `axis`, indices sorted, duplicates added up, stored zeros kept.
  ///
  /// - Throws: `outOfMemory` when the offsets of a huge shape would not fit this machine.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func compressed(by axis: CompressedAxis = .rows) throws(LinearAlgebraError)
    -> SparseMatrix<S>
  {
    let (major, minor) = axis == .rows ? (rows, columns) : (columns, rows)
    try MemoryGuard.check(
      "the compressed form of \(shape)", Swift.max(major, minor), 2, bytesPerElement: 8)
    let majors = axis == .rows ? rowIndices : columnIndices
    let minors = axis == .rows ? columnIndices : rowIndices
    guard storage.count <= Int(UInt32.max) else {
      throw .tooLarge(what: "the number of entries", value: storage.count, limit: Int(UInt32.max))
    }
    let (order, starts) = sortedOrder(majors, groups: major, minors, bound: minor)
    var offsets = starts
    var indices: [Int32] = []
    // Two uninitialized buffers that one sweep fills from the start: the order is read once, in order.
    let values = [S](inLargePages: order.count) { values, valueCount in
      indices = [Int32](inLargePages: order.count) { indices, indexCount in
        var filled = 0
        for p in 0..<major {
          let first = filled
          for q in starts[p]..<starts[p + 1] {
            let minor = Int32(truncatingIfNeeded: order[q] >> 32)
            let value = storage[Int(order[q] & 0xFFFF_FFFF)]
            if filled > first, indices[filled - 1] == minor {
              values[filled - 1] += value
            } else {
              indices.initializeElement(at: filled, to: minor)
              values.initializeElement(at: filled, to: value)
              filled += 1
            }
          }
          offsets[p + 1] = filled
        }
        (indexCount, valueCount) = (filled, filled)
      }
    }
    return SparseMatrix(
      unchecked: rows, columns, axis: axis, conjugated: isConjugated, offsets: offsets,
      indices: indices, values)
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

/// The entries in order of their major and then their minor index, equal ones in the order of the list: each as
/// its minor index, shifted left by 32, and its number; and where each major index starts. Entries that stand
/// in order already are left so.
private func sortedOrder(_ majors: [Int32], groups: Int, _ minors: [Int32], bound: Int) -> (
  order: [UInt64], starts: [Int]
) {
  let count = majors.count
  var starts = [Int](repeating: 0, count: groups + 1)
  var isSorted = true
  var (lastMajor, lastMinor) = (Int32(-1), Int32(-1))
  for q in 0..<count {
    let (major, minor) = (majors[q], minors[q])
    starts[Int(major) + 1] += 1
    if major < lastMajor || major == lastMajor && minor < lastMinor { isSorted = false }
    (lastMajor, lastMinor) = (major, minor)
  }
  for g in 0..<groups { starts[g + 1] += starts[g] }
  var order = [UInt64](inLargePages: count) { order, written in
    for q in 0..<count {
      let minor = UInt64(UInt32(bitPattern: minors[q]))
      order.initializeElement(at: q, to: minor << 32 | UInt64(UInt32(truncatingIfNeeded: q)))
    }
    written = count
  }
  if isSorted { return (order, starts) }
  // By minor index: digits of at most 11 bits, so that a pass writes to few enough places at a time for the
  // caches. By major index: one pass, since its starts are known.
  var shift = 0
  while shift < 31, (bound - 1) >> shift > 0 {
    let bits = min(11, Int.bitWidth - ((bound - 1) >> shift).leadingZeroBitCount)
    var next = [Int](repeating: 0, count: 1 << bits + 1)
    let mask = 1 << bits - 1
    for item in order { next[Int(item >> (32 + UInt64(shift))) & mask + 1] += 1 }
    for digit in 0..<mask { next[digit + 1] += next[digit] }
    order = scattered(order) { item in
      let digit = Int(item >> (32 + UInt64(shift))) & mask
      defer { next[digit] += 1 }
      return next[digit]
    }
    shift += bits
  }
  var next = starts
  order = scattered(order) { item in
    let major = Int(majors[Int(item & 0xFFFF_FFFF)])
    defer { next[major] += 1 }
    return next[major]
  }
  return (order, starts)
}

/// The items at the places that `place` says, which are all, each once.
@inline(__always)
private func scattered(_ items: [UInt64], _ place: (UInt64) -> Int) -> [UInt64] {
  [UInt64](inLargePages: items.count) { target, written in
    for item in items { target.initializeElement(at: place(item), to: item) }
    written = items.count
  }
}
