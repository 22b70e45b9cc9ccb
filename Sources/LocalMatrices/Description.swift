// How matrices print: shape, storage and the corner entries, as NumPy abbreviates, with aligned columns.

import Numerics

extension DenseMatrix: CustomStringConvertible {
  /// Shape, order and at most 8 x 8 corner entries.
  public var description: String {
    "DenseMatrix<\(S.self)> \(shape), \(order == .columnMajor ? "column-major" : "row-major")"
      + corner(rows, columns) { self[$0, $1] }
  }
}

extension SparseMatrix: CustomStringConvertible {
  /// Shape, format, nonzeros and at most 8 x 8 corner entries.
  public var description: String {
    "SparseMatrix<\(S.self)> \(shape), \(axis == .rows ? "CSR" : "CSC"), \(nonzeroCount) nonzeros"
      + corner(rows, columns) { self[$0, $1] }
  }
}

extension TripletMatrix: CustomStringConvertible {
  /// Shape, number of entries and the first ten of them.
  public var description: String {
    var lines = ["TripletMatrix<\(S.self)> \(shape), \(entryCount) entries"]
    for q in 0..<min(10, entryCount) {
      let value = isConjugated ? storage[q].conjugate : storage[q]
      lines.append("  (\(rowIndices[q]), \(columnIndices[q]))  \(shortText(value))")
    }
    if entryCount > 10 { lines.append("  ...") }
    return lines.joined(separator: "\n")
  }
}

extension LocalMatrix: CustomStringConvertible {
  /// The description of the matrix it holds.
  public var description: String {
    switch self {
    case .dense(let a): a.description
    case .sparse(let a): a.description
    }
  }
}

/// The first and last rows and columns of a matrix as an aligned table, "..." in between.
private func corner<S: Scalar>(_ rows: Int, _ columns: Int, _ element: (Int, Int) -> S) -> String {
  func shown(_ n: Int) -> [Int?] {
    n <= 8 ? (0..<n).map { $0 } : [0, 1, 2, 3, nil, n - 3, n - 2, n - 1]
  }
  let cells = shown(rows).map { i in
    shown(columns).map { j in
      if let i, let j { shortText(element(i, j)) } else { i == nil ? ":" : "..." }
    }
  }
  let width = cells.joined().map(\.count).max() ?? 0
  return cells.map { row in
    "\n  " + row.map { String(repeating: " ", count: width - $0.count) + $0 }.joined(separator: "  ")
  }.joined()
}

/// A value in at most five significant digits.
private func shortText<S: Scalar>(_ value: S) -> String {
  func text(_ x: S.Real) -> String {
    guard x.isFinite, x != 0 else { return x == 0 ? "0" : "\(x)" }
    let exponent = Int(S.Real.log10(x.magnitude).rounded(.down))
    let unit = S.Real.pow(10, min(exponent - 4, 37))
    let rounded = (x / unit).rounded() * unit
    return x == x.rounded() && x.magnitude < 100_000 ? "\(Int(x))" : "\(Float(rounded))"
  }
  guard S.isComplex else { return text(value.realPart) }
  let imaginary = text(value.imaginaryPart)
  return text(value.realPart) + (imaginary.hasPrefix("-") ? "" : "+") + imaginary + "i"
}
