// What a reader has to be told, because the file does not say it.

/// How to read a file whose format leaves something open. What does not concern a file's format is ignored.
public struct MatrixReadOptions: Sendable, Equatable {
  /// Whether the first line of a table names the columns.
  public enum HeaderRow: String, Sendable, Hashable, CaseIterable {
    /// It does if it holds no number.
    case auto
    /// It does.
    case present
    /// It does not.
    case absent
  }

  /// The character between the fields of a table; by default a comma in `.csv`, a tab in `.tsv`.
  public var delimiter: UInt8?
  /// Whether the first line of a table names the columns.
  public var headerRow: HeaderRow
  /// Whether the columns of an svmlight file are counted from zero.
  public var isZeroBased: Bool
  /// The number of columns of an svmlight file, which shows its largest column only.
  public var columns: Int?
  /// Which member of an archive, or which dataset or folder of an HDF5 file, to read, where there are several
  /// matrices.
  public var member: String?
  /// How many threads parse text; by default one for each processor. The matrix does not depend on it.
  public var threads: Int?

  /// The given options; by default what most files need.
  public init(
    delimiter: UInt8? = nil, headerRow: HeaderRow = .auto, isZeroBased: Bool = false, columns: Int? = nil,
    member: String? = nil, threads: Int? = nil
  ) {
    self.delimiter = delimiter
    self.headerRow = headerRow
    self.isZeroBased = isZeroBased
    self.columns = columns
    self.member = member
    self.threads = threads
  }

  /// How many threads parse text.
  var threadCount: Int { threads.map { max(1, $0) } ?? processorCount() }
}
