// The other compressed axis (a counting sort: O(m + n + z)), triplets, dense, and sparse from dense.

import Numerics

extension SparseMatrix {
  /// The same matrix compressed by `wanted`: itself, or re-sorted in O(m + n + z).
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func compressed(by wanted: CompressedAxis) -> SparseMatrix {
    guard axis != wanted else { return self }
    let newMajor = wanted == .rows ? rows : columns
    var starts = [Int](repeating: 0, count: newMajor + 1)
    for index in indices { starts[Int(index) + 1] += 1 }
    for p in 0..<newMajor { starts[p + 1] += starts[p] }
    var next = starts
    var newIndices = [Int32](repeating: 0, count: indices.count)
    var newValues = [S](repeating: 0, count: indices.count)
    for p in 0..<majorCount {
      for q in offsets[p]..<offsets[p + 1] {
        let target = next[Int(indices[q])]
        next[Int(indices[q])] = target + 1
        newIndices[target] = Int32(truncatingIfNeeded: p)
        newValues[target] = storage[q]
      }
    }
    return SparseMatrix(
      unchecked: rows, columns, axis: wanted, conjugated: isConjugated, offsets: starts,
      indices: newIndices, newValues)
  }

  /// The stored entries as a list, major vector after major vector. O(z).
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func triplets() -> TripletMatrix<S> {
    var majors = [Int32](roomInLargePages: nonzeroCount)
    for p in 0..<majorCount {
      majors.append(
        contentsOf: repeatElement(Int32(truncatingIfNeeded: p), count: offsets[p + 1] - offsets[p]))
    }
    return axis == .rows
      ? TripletMatrix(unchecked: rows, columns, conjugated: isConjugated, majors, indices, storage)
      : TripletMatrix(unchecked: rows, columns, conjugated: isConjugated, indices, majors, storage)
  }

  /// The dense form. O(mn).
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
        target[order == .columnMajor ? j * stride + i : i * stride + j] = value
      }
    }
    return result
  }
}

extension DenseMatrix {
  /// The elements that are not zero, compressed by rows of a row-major matrix and columns otherwise. O(mn).
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func sparse() -> SparseMatrix<S> { compressed(where: { $0 != 0 }) }

  /// The same with the zeros that have a sign, which a file that leaves out zeros would lose.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  package func sparseWithSignedZeros() -> SparseMatrix<S> {
    compressed { $0 != 0 || $0.realPart.sign == .minus || $0.imaginaryPart.sign == .minus }
  }

  /// The elements that `isKept` says.
  @inline(__always)
  private func compressed(where isKept: (S) -> Bool) -> SparseMatrix<S> {
    let axis: CompressedAxis = order == .rowMajor ? .rows : .columns
    var offsets = [0]
    var indices: [Int32] = []
    var values: [S] = []
    let minor = order == .rowMajor ? columns : rows
    for p in 0..<(order == .rowMajor ? rows : columns) {
      for q in 0..<minor where isKept(storage[p * minor + q]) {
        indices.append(Int32(truncatingIfNeeded: q))
        values.append(storage[p * minor + q])
      }
      offsets.append(indices.count)
    }
    return SparseMatrix(
      unchecked: rows, columns, axis: axis, conjugated: isConjugated, offsets: offsets,
      indices: indices, values)
  }

  /// The elements that are not zero as a list. O(mn).
  public func triplets() -> TripletMatrix<S> { sparse().triplets() }
}
