// What a file holds: a list of entries or a dense matrix, whichever the file is.

public import TesseraLocalMatrices

/// The matrix in a file, in the form that costs nothing to convert: triplets from a coordinate file, dense
/// from an array. Symmetric halves are both present.
public enum MatrixContents<S: Scalar>: Sendable {
  /// A list of entries; duplicates add up.
  case triplets(TripletMatrix<S>)
  /// All elements.
  case dense(DenseMatrix<S>)

  /// Rows and columns.
  public var shape: Shape {
    switch self {
    case .triplets(let matrix): matrix.shape
    case .dense(let matrix): matrix.shape
    }
  }
}

extension MatrixContents {
  /// All elements; triplets become dense.
  ///
  /// - Throws: `badData` when that does not fit this machine.
  func dense(file: String) throws(FileFormatError) -> DenseMatrix<S> {
    switch self {
    case .dense(let matrix): return matrix
    case .triplets(let matrix):
      do throws(LinearAlgebraError) {
        return try matrix.dense()
      } catch {
        throw FileFormatError(.badData, file: file, "\(error)")
      }
    }
  }

  /// The entries, row after row, duplicates added up; of a dense matrix those that are not zero. The memory of entries,
  /// whatever the shape.
  ///
  /// - Throws: `badData` for more entries than can be sorted.
  func entries(file: String) throws(FileFormatError) -> TripletMatrix<S> {
    do throws(LinearAlgebraError) {
      switch self {
      case .dense(let matrix): return matrix.sparse().compressed(by: .rows).triplets()
      case .triplets(let matrix): return try matrix.sortedByRows()
      }
    } catch {
      throw FileFormatError(.badData, file: file, "\(error)")
    }
  }

  /// The entries as compressed rows, duplicates added up; of a dense matrix those that are not zero.
  ///
  /// - Throws: `badData` when the row starts do not fit this machine.
  func rows(file: String, signedZeros: Bool = false) throws(FileFormatError) -> SparseMatrix<S> {
    do throws(LinearAlgebraError) {
      switch self {
      case .dense(let matrix):
        return (signedZeros ? matrix.sparseWithSignedZeros() : matrix.sparse()).compressed(by: .rows)
      case .triplets(let matrix): return try matrix.compressed(by: .rows)
      }
    } catch {
      throw FileFormatError(.badData, file: file, "\(error)")
    }
  }
}

/// How far a read has come.
public struct ReadProgress: Sendable, Equatable {
  /// Bytes of the file taken in so far; of a compressed file, compressed bytes.
  public let bytesRead: Int
  /// The size of the file, where it is known: not for a pipe.
  public let totalBytes: Int?
}
