// The way into CXSparse and back. It has two scalars, double and complex double: Float is computed as Double
// and Complex<Float> as Complex<Double>, and rounded once on return. Matrices and right sides are scaled by
// powers of two so that their largest part lies in [1, 2): exact, and no square overflows or vanishes.

import Numerics

internal import CSuiteSparse

/// A sparse matrix by columns as CXSparse reads it, times 2^-exponent.
struct CXSparseMatrix {
  let shape: Shape
  /// LAPACK's letter of the type computed in: d or z.
  let letter: CChar
  let offsets: [Int]
  let indices: [Int]
  /// Real parts; for complex scalars real and imaginary parts in turn.
  private(set) var parts: [Double]
  let exponent: Int

  /// O(m + n + z).
  ///
  /// - Throws: `notFinite` when an entry is NaN or infinite.
  init<S: Scalar>(_ a: SparseMatrix<S>) throws(LinearAlgebraError) {
    let a = a.compressed(by: .columns)
    shape = a.shape
    letter = S.isComplex ? ScalarKind.complexDouble.letter : ScalarKind.double.letter
    offsets = a.offsets
    indices = a.indices.map { Int($0) }
    guard let (parts, exponent) = normalizedParts(a.values) else {
      var first = (row: 0, column: Int.max)
      a.forEach { if !$2.isFiniteNumber, $1 < first.column { first = ($0, $1) } }
      throw .notFinite(row: first.row, column: first.column)
    }
    (self.parts, self.exponent) = (parts, exponent)
  }

  /// Drops the imaginary parts of the diagonal, as LAPACK does for a Hermitian matrix. O(z).
  mutating func makeDiagonalReal() {
    guard letter == ScalarKind.complexDouble.letter else { return }
    for j in 0..<shape.columns {
      for q in offsets[j]..<offsets[j + 1] where indices[q] == j { parts[2 * q + 1] = 0 }
    }
  }

  /// Calls `body` with the matrix as the C shim takes it.
  func withCMatrix<T>(_ body: (tessera_csc) -> T) -> T {
    offsets.withUnsafeBufferPointer { offsets in
      indices.withUnsafeBufferPointer { indices in
        parts.withUnsafeBufferPointer { parts in
          body(
            tessera_csc(
              rows: shape.rows, columns: shape.columns, offsets: offsets.baseAddress,
              indices: indices.baseAddress, values: parts.baseAddress))
        }
      }
    }
  }
}

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
    .outOfMemory(
      what: "the factors of \(a.shape)",
      bytesNeeded: entries.multipliedReportingOverflow(by: 16).partialValue,
      bytesAvailable: MemoryGuard.physicalBytes)
  }

  /// Entries stored in both factors.
  var storedCount: Int { tessera_cs_stored(letter, numeric) }

  /// |u_kk| or |r_kk| of the scaled matrix, and the column of A it eliminates (LU and QR).
  func pivot(_ k: Int) -> (size: Double, column: Int) {
    (tessera_cs_pivot(letter, numeric, k), tessera_cs_column(letter, symbolic, k))
  }

  /// The solve of the C shim that fits the kind.
  enum Solve { case cholesky, lu, leastSquares, leastNorm }

  /// X column by column, `rows` by the columns of B.
  ///
  /// - Throws: `shapeMismatch` when the rows of B are not `right`, `notFinite` for NaN or infinity in B.
  func solve<S: Scalar>(_ solve: Solve, _ b: DenseMatrix<S>) throws(LinearAlgebraError) -> DenseMatrix<S> {
    // A minimum-norm solve has the factors of A^H.
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

/// The parts of `values` times 2^-exponent, the largest in [1, 2) unless all are zero; nil when one is NaN or
/// infinite.
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
func normalizedParts<S: Scalar>(_ values: [S]) -> (parts: [Double], exponent: Int)? {
  var parts: [Double] = []
  parts.reserveCapacity(values.count * (S.isComplex ? 2 : 1))
  for value in values {
    parts.append(Double(value.realPart))
    if S.isComplex { parts.append(Double(value.imaginaryPart)) }
  }
  var largest = 0.0
  for part in parts {
    guard part.isFinite else { return nil }
    largest = max(largest, part.magnitude)
  }
  let exponent = largest == 0 ? 0 : Int(largest.exponent)
  for q in parts.indices { parts[q] = Double(sign: .plus, exponent: -exponent, significand: parts[q]) }
  return (parts, exponent)
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
