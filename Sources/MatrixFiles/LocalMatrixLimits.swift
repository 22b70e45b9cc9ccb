// What no local matrix is, whatever the format of the file: complex where it is to be real, or larger than its
// indices reach.

import TesseraLocalMatrices

extension FileFormatError {
  /// A complex file that is to be read as a real scalar.
  static func complexAsReal(_ file: String, _ scalar: ScalarKind) -> FileFormatError {
    FileFormatError(.badData, file: file, "the file is complex and cannot be read as \(scalar.rawValue)")
  }
}

/// - Throws: `badData` when a local matrix does not hold the shape.
func checkLocalShape(
  _ rows: Int, _ columns: Int, file: String, at position: FileFormatError.Position = .none
) throws(FileFormatError) {
  guard rows <= Int32.max, columns <= Int32.max else {
    throw FileFormatError(
      file: file, at: position, expected: "at most \(Int32.max) rows and columns",
      found: "\(rows) x \(columns)")
  }
}
