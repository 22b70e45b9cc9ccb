// A factorization by CXSparse and the solves it serves: analysis (order, elimination tree, fill), then
// numbers. 16 bytes per entry of the factors, 24 complex; a solve touches each entry once or twice per right
// side. Source: Davis, Direct Methods for Sparse Linear Systems, 2006.

import Numerics

internal import CSuiteSparse

/// An analysis and the numeric factorization that belongs to it, in CXSparse's memory.
///
/// Sendable because nothing is written after `init`: solving reads the factors and works in memory of the
/// caller's.
final class CXSparseFactor: @unchecked Sendable {
  /// The letters of the factorizations in the C shim.
  enum Kind: CChar {
    case cholesky = 99
    case lu = 108
    case qr = 113
  }

  let shape: Shape
  let letter: CChar
  /// The factors are those of the matrix times 2^-exponent.
  let exponent: Int
  private let symbolic: UnsafeMutableRawPointer
  private let numeric: UnsafeMutableRawPointer

  /// Nil when a pivot is zero (LU) or not positive (Cholesky). The matrix must not be empty.
  ///
  /// - Throws: `outOfMemory` when the factors exceed this machine, or an allocation fails.
  init?(_ kind: Kind, _ a: CXSparseMatrix) throws(LinearAlgebraError) {
    let letter = a.letter
    guard let analysis = a.withCMatrix({ tessera_cs_analyze(letter, kind.rawValue, $0) }) else {
      throw Self.outOfMemory(a, entries: a.parts.count)
    }
    let predicted = tessera_cs_predicted(letter, analysis)
    let entryBytes = a.letter == ScalarKind.double.letter ? 16 : 24
    do throws(LinearAlgebraError) {
      if kind != .lu {
        let entries = Int(exactly: predicted.rounded()) ?? .max
        try MemoryGuard.check("the factors of \(a.shape)", entries, 1, bytesPerElement: entryBytes)
      }
    } catch {
      tessera_cs_free(letter, analysis, nil)
      throw error
    }
    var exhausted = false
    let factors = a.withCMatrix {
      let factors = tessera_cs_factorize(letter, kind.rawValue, $0, analysis)
      exhausted = tessera_cs_out_of_memory() != 0
      return factors
    }
    guard let factors else {
      tessera_cs_free(letter, analysis, nil)
      if exhausted { throw Self.outOfMemory(a, entries: Int(exactly: predicted.rounded()) ?? .max) }
      return nil
    }
    shape = a.shape
    self.letter = letter
    exponent = a.exponent
    symbolic = analysis
    numeric = factors
  }

  deinit { tessera_cs_free(letter, symbolic, numeric) }

  private static func outOfMemory(_ a: CXSparseMatrix, entries: Int) -> LinearAlgebraError {
    let (bytes, overflow) = entries.multipliedReportingOverflow(by: 16)
    return .outOfMemory(
      what: "the factors of \(a.shape)", bytesNeeded: overflow ? .max : bytes,
      bytesAvailable: MemoryGuard.physicalBytes)
  }

  /// Entries stored in both factors.
  var storedCount: Int { tessera_cs_stored(letter, numeric) }

  /// |u_kk| or |r_kk| of the scaled matrix, and the column of A it eliminates (LU and QR).
  func pivot(_ k: Int) -> (size: Double, column: Int) {
    (tessera_cs_pivot(letter, numeric, k), tessera_cs_column(letter, symbolic, k))
  }

  /// What to solve: a square system, min |b - A x|, or min |x| with A^H x = b.
  enum Solve { case cholesky, lu, leastSquares, leastNorm }

  /// X for the right sides B, column by column.
  ///
  /// - Throws: `shapeMismatch` when B does not have the rows the solve needs, `notFinite` for NaN or infinity
  ///   in B.
  func solve<S: Scalar>(_ solve: Solve, _ b: DenseMatrix<S>) throws(LinearAlgebraError) -> DenseMatrix<S> {
    // A least-norm solve is with the adjoint of the matrix that was factored.
    let (left, rows) = solve == .leastNorm ? (shape.columns, shape.rows) : (shape.rows, shape.columns)
    guard b.rows == left else {
      throw .shapeMismatch(operation: "solve", left: Shape(left, rows), right: b.shape)
    }
    let b = b.columnMajor()
    try b.requireFinite()
    let width = S.isComplex ? 2 : 1
    let isQR = solve == .leastSquares || solve == .leastNorm
    let workspace = isQR ? tessera_cs_extended_rows(letter, symbolic) : shape.rows
    var solution: [S] = []
    solution.reserveCapacity(rows * b.columns)
    for j in 0..<b.columns {
      guard let scaled = normalizedParts(Array(b.storage[j * left..<(j + 1) * left])) else { break }
      var x = scaled.parts + [Double](repeating: 0, count: width * (max(left, rows) - left))
      var zeros = [Double](repeating: 0, count: width * workspace)
      x.withUnsafeMutableBytes { x in
        zeros.withUnsafeMutableBytes { zeros in
          let (x, zeros) = (x.baseAddress, zeros.baseAddress)
          switch solve {
          case .cholesky: tessera_cs_cholesky_solve(letter, symbolic, numeric, x, zeros)
          case .lu: tessera_cs_lu_solve(letter, symbolic, numeric, x, zeros)
          case .leastSquares: tessera_cs_qr_solve(letter, symbolic, numeric, shape.rows, x, zeros)
          case .leastNorm: tessera_cs_qr_adjoint_solve(letter, symbolic, numeric, shape.rows, x, zeros)
          }
        }
      }
      appendScaled(x.prefix(width * rows), by: scaled.exponent - exponent, to: &solution)
    }
    return DenseMatrix(unchecked: rows, b.columns, order: .columnMajor, solution)
  }
}

/// Appends the scalars with the given parts times 2^exponent.
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
func appendScaled<S: Scalar>(_ parts: ArraySlice<Double>, by exponent: Int, to values: inout [S]) {
  func scaled(_ part: Double) -> S.Real { S.Real(Double(sign: .plus, exponent: exponent, significand: part)) }
  if S.isComplex {
    for q in stride(from: parts.startIndex, to: parts.endIndex, by: 2) {
      values.append(S(real: scaled(parts[q]), imaginary: scaled(parts[q + 1])))
    }
  } else {
    for part in parts { values.append(S(real: scaled(part))) }
  }
}
