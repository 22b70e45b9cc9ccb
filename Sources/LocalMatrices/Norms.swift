// Norms of local matrices: Frobenius, one (largest column sum), infinity (largest row sum), max.
// One pass over the stored elements; the Frobenius norm is scaled as in LAPACK's lassq (Blue 1978), so
// that neither squares overflow nor small elements vanish. NaN in the data gives NaN. Sums are Double's whatever
// the scalar: one of Float's stands still once it is 2^24 times what is added.

import Numerics

/// Which norm of a matrix.
public enum MatrixNorm: String, Sendable, CaseIterable {
  /// The square root of the sum of |a_ij|^2.
  case frobenius
  /// The largest column sum of |a_ij|.
  case one
  /// The largest row sum of |a_ij|.
  case infinity
  /// The largest |a_ij|. Not submultiplicative.
  case max
}

/// A sum of squares as scale^2 * sum, safe from overflow and underflow.
struct ScaledSquares {
  private var scale = 0.0
  private var sum = 1.0
  private var special: Double? = nil

  mutating func add(_ x: Double) {
    let size = x.magnitude
    if size == 0 { return }
    guard size.isFinite else {
      special = size.isNaN || special?.isNaN == true ? .nan : .infinity
      return
    }
    if scale < size {
      let ratio = scale / size
      sum = 1 + sum * ratio * ratio
      scale = size
    } else {
      let ratio = size / scale
      sum += ratio * ratio
    }
  }

  var root: Double { special ?? scale * sum.squareRoot() }
}

/// The larger of the two, NaN when either is.
func maximum<Real: RealScalar>(_ a: Real, _ b: Real) -> Real {
  a.isNaN || b.isNaN ? .nan : Swift.max(a, b)
}

/// The root of a^2 + b^2, NaN when either is: the system's is infinite where the other is.
package func hypotenuse<Real: RealScalar>(_ a: Real, _ b: Real) -> Real {
  a.isNaN || b.isNaN ? .nan : Real.hypot(a, b)
}

/// Accumulates one norm over entries (i, j, value); only the sums of rows or columns take memory.
struct NormAccumulator<S: Scalar> {
  private let kind: MatrixNorm
  private var squares = ScaledSquares()
  private var largest = 0.0
  private var sums: [Double]

  init(_ kind: MatrixNorm, _ shape: Shape) {
    self.kind = kind
    let count =
      switch kind {
      case .one: shape.columns
      case .infinity: shape.rows
      case .frobenius, .max: 0
      }
    sums = [Double](repeating: 0, count: count)
  }

  mutating func add(_ i: Int, _ j: Int, _ value: S) {
    switch kind {
    case .frobenius:
      squares.add(Double(value.realPart))
      squares.add(Double(value.imaginaryPart))
    case .one: sums[j] += Double(value.modulus)
    case .infinity: sums[i] += Double(value.modulus)
    case .max: largest = maximum(largest, Double(value.modulus))
    }
  }

  var norm: Double {
    switch kind {
    case .frobenius: squares.root
    case .one, .infinity: sums.reduce(0, maximum)
    case .max: largest
    }
  }
}

extension DenseMatrix {
  /// A norm of the matrix; zero for an empty one. O(mn).
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func norm(_ kind: MatrixNorm = .frobenius) -> S.Real {
    if kind == .max, let largest = finiteMagnitudes(storage)?.largest { return largest }
    var accumulator = NormAccumulator<S>(kind, shape)
    forEach { accumulator.add($0, $1, $2) }
    return S.Real(accumulator.norm)
  }

  /// Calls `body` with row, column and value of every element, in storage order. O(mn).
  public func forEach(_ body: (Int, Int, S) throws -> Void) rethrows {
    let minor = order == .columnMajor ? rows : columns
    let major = order == .columnMajor ? columns : rows
    for a in 0..<major {
      for b in 0..<minor {
        let value = isConjugated ? storage[a * minor + b].conjugate : storage[a * minor + b]
        if order == .columnMajor { try body(b, a, value) } else { try body(a, b, value) }
      }
    }
  }
}

extension SparseMatrix {
  /// A norm of the matrix; zero for an empty one. O(m + n + nonzeros).
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func norm(_ kind: MatrixNorm = .frobenius) -> S.Real {
    var accumulator = NormAccumulator<S>(kind, shape)
    forEach { accumulator.add($0, $1, $2) }
    return S.Real(accumulator.norm)
  }
}
