// Matrices of every kind of storage survive the wire; damaged ones are refused.

import TesseraCommunication
import TesseraDistributedMatrices
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

@Suite struct MatrixWireTests {
  @Test(arguments: ScalarKind.allCases) func matricesInEveryStorageStateAreReadBack(scalar: ScalarKind) throws
  {
    func check<S: Scalar>(_: S.Type) throws {
      for matrix in try samples(S.self) {
        let read = try decoded(LocalMatrix<S>.self, encoded(matrix))
        #expect(read == matrix)
        #expect(encoded(read) == encoded(matrix))
      }
      let vector = VectorTile<S>([1, 2, 3])
      #expect(try decoded(VectorTile<S>.self, encoded(vector)).elements == vector.elements)
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases) func everyTruncationIsRefused(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      for matrix in try samples(S.self) {
        let bytes = encoded(matrix)
        for length in 0..<bytes.count {
          #expect(throws: CommunicationError.self) {
            _ = try decoded(LocalMatrix<S>.self, Array(bytes.prefix(length)))
          }
        }
      }
    }
    try check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases) func mutationsAreReadOrRefused(scalar: ScalarKind) throws {
    func check<S: Scalar>(_: S.Type) throws {
      var generator = SeededGenerator(seed: 30)
      let messages = try samples(S.self).map(encoded)
      for round in 0..<20_000 {
        var bytes = messages[round % messages.count]
        bytes.mutate(using: &generator)
        if let matrix = try? decoded(LocalMatrix<S>.self, bytes) {
          // What was accepted is a matrix: its places can be read.
          matrix.forEach { i, j, _ in precondition(i < matrix.rows && j < matrix.columns) }
        }
      }
    }
    try check(scalar.type)
  }

  @Test func wordsAreTheElementsAndIndices() throws {
    var writer = WireWriter()
    DenseMatrix<Double>(zeros: 3, 4).encode(to: &writer)
    #expect(writer.words == 12 && writer.payloadBytes == 96)
  }

  private func samples<S: Scalar>(_: S.Type) throws -> [LocalMatrix<S>] {
    var generator = SeededGenerator(seed: 31)
    let dense: DenseMatrix<S> = generator.dense(4, 3)
    let sparse: SparseMatrix<S> = try generator.sparse(5, 4, density: 0.4)
    return dense.representations.map { .dense($0) } + sparse.representations.map { .sparse($0) } + [
      .dense(DenseMatrix(zeros: 0, 3)), .dense(DenseMatrix(zeros: 2, 0, order: .rowMajor)),
      .sparse(SparseMatrix(zeros: 0, 3)), .sparse(SparseMatrix(zeros: 3, 0, axis: .columns)),
    ]
  }
}
