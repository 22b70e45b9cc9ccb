// A row matrix from a file: read by the driver, then cut and spread.

public import TesseraExecution
public import TesseraLocalMatrices
public import TesseraMatrixFiles

extension RowMatrix {
  /// The matrix in the file at `path`, in slabs on the workers of `cluster`.
  ///
  /// A coordinate file makes sparse slabs (dense where that takes fewer bytes), an array dense ones. The
  /// driver holds the whole matrix while it reads.
  ///
  /// - Parameters:
  ///   - format: the format, where the name does not tell it.
  ///   - partitions: the number of slabs; by default chosen from shape and stored elements.
  ///   - progress: is called about once per MiB.
  /// - Throws: `FileFormatError`, `LinearAlgebraError`, `ExecutionError`.
  public static func read(
    _ path: String, format: MatrixFileFormat? = nil, partitions: Int? = nil, on cluster: Cluster,
    progress: ((ReadProgress) -> Void)? = nil
  ) async throws -> RowMatrix {
    let contents = try MatrixFile.read(path, as: S.self, format: format, progress: progress).contents
    return try await RowMatrix(try LocalMatrix(contents), partitions: partitions, on: cluster)
  }
}

extension LocalMatrix {
  /// The local matrix in a file's contents: triplets compressed by rows, or the dense matrix.
  ///
  /// - Throws: `outOfMemory` for a shape whose row starts do not fit this machine.
  public init(_ contents: MatrixContents<S>) throws(LinearAlgebraError) {
    switch contents {
    case .triplets(let triplets): self = .sparse(try triplets.compressed(by: .rows))
    case .dense(let matrix): self = .dense(matrix)
    }
  }
}
