// Compressed lines as archives of arrays have them (csr, csc, bsr; `indptr` and `indices` as SciPy names them),
// checked against each other and the shape. O(lines + indices).

import TesseraLocalMatrices

/// Where the lines of a matrix start, and the places of their entries in them.
struct CompressedLines {
  let starts: [Int]
  let indices: [Int32]

  /// - Parameters:
  ///   - majors: the number of lines.
  ///   - minors: the length of a line.
  ///   - count: the number of entries.
  /// - Throws: `badData` for numbers that contradict these.
  init(starts: [Int], indices: [Int], majors: Int, minors: Int, count: Int, file: String)
    throws(FileFormatError)
  {
    func error(_ expected: String, _ found: String) -> FileFormatError {
      FileFormatError(file: file, at: .none, expected: expected, found: found)
    }
    guard starts.count - 1 == majors else {
      throw error("\(majors) + 1 numbers in \"indptr\"", "\(starts.count)")
    }
    guard starts[0] == 0 else { throw error("0 at the beginning of \"indptr\"", "\(starts[0])") }
    if let wrong = starts.indices.dropFirst().first(where: { starts[$0] < starts[$0 - 1] }) {
      throw error(
        "ascending numbers in \"indptr\"", "\(starts[wrong]) behind \(starts[wrong - 1]), at \(wrong)")
    }
    guard starts[majors] == count, indices.count == count else {
      throw error(
        "\(count) entries in \"data\", \"indices\" and \"indptr\"",
        "\(indices.count) and \(starts[majors]) in the latter")
    }
    self.starts = starts
    self.indices = try checkedIndices(indices, below: minors, name: "indices", file: file)
  }

  /// The line of each entry.
  var majorIndices: [Int32] {
    var lines = [Int32](repeating: 0, count: indices.count)
    for p in 0..<starts.count - 1 {
      for q in starts[p]..<starts[p + 1] { lines[q] = Int32(truncatingIfNeeded: p) }
    }
    return lines
  }
}

/// The numbers of the array `name` as indices.
///
/// - Throws: `badData` for one that is not in 0..<`limit`.
func checkedIndices(_ indices: [Int], below limit: Int, name: String, file: String) throws(FileFormatError)
  -> [Int32]
{
  if let wrong = indices.firstIndex(where: { !(0..<limit ~= $0) }) {
    throw FileFormatError(
      file: file, at: .none, expected: "indices from 0 to \(limit - 1) in \(quoted(name.utf8))",
      found: "\(indices[wrong]) at \(wrong)")
  }
  return indices.map { Int32(truncatingIfNeeded: $0) }
}
