// What is asked of the matrix in an HDF5 file, also in a build that cannot read one.

/// Which numbers are wanted.
enum Hdf5Selection: Equatable {
  /// None: what the file says of its matrix is enough.
  case nothing
  /// All of them.
  case everything
  /// The first rows of a dense matrix, and nothing of a sparse one.
  case first(Int)
  /// A share of the rows of a dense matrix, and nothing of a sparse one.
  case share(Int, of: Int)

  /// The rows of a dense matrix that are wanted.
  func range(ofRows rows: Int) -> Range<Int> {
    switch self {
    case .nothing: 0..<0
    case .everything: 0..<rows
    case .first(let count): 0..<min(count, rows)
    case .share(let part, let parts): MatrixFile.share(part, of: parts, rows)
    }
  }
}
