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
  guard S.isComplex else { return shortText(real: Double(value.realPart)) }
  let imaginary = shortText(real: Double(value.imaginaryPart))
  return shortText(real: Double(value.realPart)) + (imaginary.hasPrefix("-") ? "" : "+") + imaginary + "i"
}

private func shortText(real x: Double) -> String {
  guard x.isFinite, x != 0 else { return x == 0 ? "0" : "\(x)" }
  if x == x.rounded(), x.magnitude < 100_000 { return "\(Int(x))" }
  var exponent = Int(Double.log10(x.magnitude).rounded(.down))
  // In two steps: 10^-exponent of a subnormal number overflows.
  let half = exponent / 2
  var digits = (x / Double.pow(10, half) / Double.pow(10, exponent - half) * 10_000).rounded() / 10_000
  if digits.magnitude >= 10 { (digits, exponent) = (digits / 10, exponent + 1) }
  guard -5 < exponent, exponent < 5 else { return "\(digits)e\(exponent)" }
  let unit = Double.pow(10, 4 - exponent)
  return "\((x * unit).rounded() / unit)"
}
