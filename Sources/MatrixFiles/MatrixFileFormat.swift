// The formats and the file names that mean them.

/// A format of matrix files.
public enum MatrixFileFormat: String, Sendable, Hashable, CaseIterable {
  /// Matrix Market (NIST, Boisvert, Pozo and Remington 1996), coordinate or array.
  case matrixMarket = "mtx"
  /// NumPy's array file.
  case npy

  /// The format that the end of a file name means: `.mtx` or `.npy`, each also with `.gz`, in any case.
  ///
  /// - Throws: a `usage` error that lists the known endings.
  public static func inferred(fromName path: String) throws(FileFormatError) -> MatrixFileFormat {
    let name = path.lowercased()
    let format = allCases.first { format in
      ["", ".gz"].contains { name.hasSuffix("." + format.rawValue + $0) }
    }
    if let format { return format }
    let known = allCases.map { "." + $0.rawValue }.joined(separator: ", ")
    throw FileFormatError(
      .usage, file: path,
      "the name does not tell the format; known endings are \(known), each also with .gz; "
        + "or name the format: \(allCases.map(\.rawValue).joined(separator: ", "))")
  }
}
