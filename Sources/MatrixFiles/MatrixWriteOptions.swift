// What a writer has to be told, because the matrix does not say it.

/// How to write a file whose format leaves something open. What does not concern a file's format is ignored.
public struct MatrixWriteOptions: Sendable, Equatable {
  /// The character between the fields of a table; by default a comma in `.csv`, a tab in `.tsv`.
  public var delimiter: UInt8?
  /// The names of a table's columns, all of them or none: a line before the rows.
  public var columnNames: [String]

  /// The given options.
  public init(delimiter: UInt8? = nil, columnNames: [String] = []) {
    self.delimiter = delimiter
    self.columnNames = columnNames
  }
}
