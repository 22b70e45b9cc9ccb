// Dense matrices as values: free transposes, parts, sums, and what a bad argument throws.

import TesseraLocalMatrices
import TesseraTestSupport
import Testing

@Suite struct DenseMatrixTests {
  @Test(arguments: ScalarKind.allCases)
  func transposesShareTheBuffer(scalar: ScalarKind) {
    func check<S: Scalar>(_: S.Type) {
      var generator = SeededGenerator(seed: 20)
      let a: DenseMatrix<S> = generator.dense(3, 5)
      func address(_ a: DenseMatrix<S>) -> UnsafeRawPointer? { a.storage.withUnsafeBytes(\.baseAddress) }
      for b in [a.transposed(), a.conjugated(), a.adjoint(), a.adjoint().adjoint()] {
        #expect(address(b) == address(a))
      }
      for stored in a.representations {
        #expect(stored == a)
        #expect(stored.transposed().transposed() == a)
        #expect(stored.adjoint().adjoint() == a)
        #expect(stored.adjoint() == stored.transposed().conjugated())
        for i in 0..<3 {
          for j in 0..<5 {
            #expect(stored.transposed()[j, i] == a[i, j])
            #expect(stored.conjugated()[i, j] == a[i, j].conjugate)
          }
        }
      }
    }
    check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func writingChangesOneElementOfOneValue(scalar: ScalarKind) {
    func check<S: Scalar>(_: S.Type) {
      var generator = SeededGenerator(seed: 21)
      let a: DenseMatrix<S> = generator.dense(3, 4)
      let value = S(real: 7, imaginary: 2)
      for stored in a.representations {
        var b = stored
        b[2, 1] = value
        #expect(stored == a)
        #expect(b == DenseMatrix(rows: 3, columns: 4) { ($0, $1) == (2, 1) ? value : a[$0, $1] })
      }
    }
    check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func partsAreTheElementsTheyName(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 22)
      // Larger than one 32 x 32 block of the reordering.
      let a: DenseMatrix<S> = generator.dense(45, 70)
      for stored in a.representations {
        let part = try stored[3..<40, 30..<70]
        #expect(part == DenseMatrix(rows: 37, columns: 40) { a[$0 + 3, $1 + 30] })
        #expect(try stored[5..<5, 0..<70].shape == Shape(0, 70))
        #expect(stored.row(2) == (0..<70).map { a[2, $0] } && stored.column(69) == (0..<45).map { a[$0, 69] })
        #expect(stored.diagonal == (0..<45).map { a[$0, $0] })
        #expect(try DenseMatrix.stackedRows([stored[0..<7, 0..<70], a[7..<45, 0..<70]]) == a)
        for order in [StorageOrder.rowMajor, .columnMajor] {
          #expect(
            try DenseMatrix(rows: 45, columns: 70, order: order, elements: stored.elements(in: order)) == a)
        }
        #expect(stored.columnMajor().order == .columnMajor && stored.columnMajor() == a)
        #expect(try stored.sparse().dense() == a && stored.triplets().dense() == a)
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func sumsAreElementwise(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 23)
      let (a, b): (DenseMatrix<S>, DenseMatrix<S>) = (generator.dense(4, 3), generator.dense(4, 3))
      let factor: S = generator.scalar()
      for left in a.representations {
        for right in b.representations {
          #expect(try left + right == DenseMatrix(rows: 4, columns: 3) { a[$0, $1] + b[$0, $1] })
          #expect(try left - right == DenseMatrix(rows: 4, columns: 3) { a[$0, $1] - b[$0, $1] })
          #expect(
            try left.elementwiseProduct(right) == DenseMatrix(rows: 4, columns: 3) { a[$0, $1] * b[$0, $1] })
        }
        #expect(factor * left == DenseMatrix(rows: 4, columns: 3) { factor * a[$0, $1] })
        #expect(left.map(\.modulus) == DenseMatrix(rows: 4, columns: 3) { a[$0, $1].modulus })
      }
    }
    try check(scalar.type)
  }

  @Test func badArgumentsAreRefused() {
    let a = DenseMatrix<Double>(zeros: 2, 3)
    #expect(throws: LinearAlgebraError.self) { try a + a.transposed() }
    #expect(throws: LinearAlgebraError.self) { try a * a }
    #expect(throws: LinearAlgebraError.self) { try a * [1, 2] }
    #expect(throws: LinearAlgebraError.self) { try a[0..<3, 0..<1] }
    #expect(throws: LinearAlgebraError.self) { try a[-1..<1, 0..<1] }
    #expect(throws: LinearAlgebraError.self) { try a[0..<1, 2..<4] }
    #expect(throws: LinearAlgebraError.self) { try DenseMatrix<Double>.stackedRows([]) }
    #expect(throws: LinearAlgebraError.self) { try DenseMatrix.stackedRows([a, a.transposed()]) }
    #expect(throws: LinearAlgebraError.self) { try DenseMatrix<Double>(rows: 2, columns: 2, elements: [1]) }
    #expect(throws: LinearAlgebraError.self) { try DenseMatrix<Double>(rows: -1, columns: -1, elements: [1]) }
    #expect(throws: LinearAlgebraError.self) {
      try DenseMatrix<Double>(rows: 1 << 31, columns: 0, elements: [])
    }
    // 2^31 - 1 rows of one column and its transpose: a product of 2^62 elements.
    #expect(throws: LinearAlgebraError.self) {
      try SparseMatrix<Double>(zeros: 1 << 20, 1 << 30, axis: .rows).dense()
    }
  }
}
