// A matrix on the workers in the form that its file has: a list of entries stays one, whatever takes fewer bytes, so
// that what is stored stays stored.

import Tessera

enum StoredMatrix<S: Scalar> {
  case entries(CoordinateMatrix<S>)
  case array(RowMatrix<S>)

  /// The matrix in `path`, read by the workers where they can, in `partitions` slabs if so many are asked for.
  ///
  /// - Parameter header: what the file declares; nil for one that can be read only once, which the driver reads.
  init(
    _ path: String, _ header: MatrixFileHeader?, format: MatrixFileFormat?, options: MatrixReadOptions,
    partitions: Int?, on cluster: Cluster, progress: ProgressBar.Mode
  ) async throws {
    switch header?.layout {
    case .coordinate?:
      let list: CoordinateMatrix<S> = try await readEntries(
        path, format: format, options: options, on: cluster, progress: progress)
      self = .entries(try await list.inSlabs(partitions))
    case .array?:
      self = .array(
        try await readRows(
          path, format: format, options: options, partitions: partitions, on: cluster, progress: progress))
    case nil:
      switch try readMatrix(path, as: S.self, format: format, options: options, progress: progress).contents {
      case .triplets(let a):
        self = .entries(try await CoordinateMatrix(a, on: cluster).inSlabs(partitions))
      case .dense(let a): self = .array(try await RowMatrix(a, partitions: partitions, on: cluster))
      }
    }
  }

  /// Either.
  var matrix: any DistributedMatrix<S> {
    switch self {
    case .entries(let a): a
    case .array(let a): a
    }
  }

  /// In slabs of whole rows.
  func rows(_ partitions: Int?) async throws -> RowMatrix<S> {
    switch self {
    case .entries(let a): try await a.rowMatrix(partitions: partitions)
    case .array(let a): a
    }
  }
}

extension CoordinateMatrix {
  /// In so many slabs of whole rows; as it is where nobody asks.
  fileprivate func inSlabs(_ count: Int?) async throws -> CoordinateMatrix {
    guard let count else { return self }
    return try await coordinateMatrix(
      grid: Partitioning(slabs: Cuts(even: rows, parts: count), columns: columns))
  }
}
