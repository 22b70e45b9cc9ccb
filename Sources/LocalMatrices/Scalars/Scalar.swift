// The element of every matrix: a real or complex number in single or double precision.
//
// `Scalar` is the arithmetic; the libraries' routines for it are static members in `Scalar+BLAS.swift`,
// `Scalar+LAPACK.swift` and `Scalar+ARPACK.swift`. Generic code calls `S.gemm(...)` and never asks which of
// the four scalars it has: the choice is made once, in the C shims, by LAPACK's letter.

public import Numerics

/// An element of a matrix: `Float`, `Double`, `Complex<Float>` or `Complex<Double>`.
///
/// All four have the memory layout of their C counterparts.
public protocol Scalar: AlgebraicField, Sendable, Hashable {
  /// The real scalar of the same precision.
  associatedtype Real: RealScalar
  /// Which of the four scalars this is.
  static var kind: ScalarKind { get }
  /// The scalar `real + imaginary i`; a real scalar drops the imaginary part.
  init(real: Real, imaginary: Real)
  /// The real part.
  var realPart: Real { get }
  /// The imaginary part, zero for a real scalar.
  var imaginaryPart: Real { get }
  /// The complex conjugate; a real scalar is its own.
  var conjugate: Self { get }
  /// The modulus |x|, computed without overflow of the square.
  var modulus: Real { get }
  /// Whether no part is NaN or infinite.
  var isFiniteNumber: Bool { get }
}

/// A real `Scalar`: `Float` or `Double`.
public protocol RealScalar: Scalar, BinaryFloatingPoint, Numerics.Real where Self.Real == Self {}

/// The name of a scalar, as it stands in messages, files and on the command line.
public enum ScalarKind: String, Sendable, Hashable, CaseIterable {
  case float
  case double
  case complexFloat = "complex-float"
  case complexDouble = "complex-double"

  /// LAPACK's letter for the scalar: `s`, `d`, `c`, `z`.
  @inlinable public var letter: CChar {
    switch self {
    case .float: 115
    case .double: 100
    case .complexFloat: 99
    case .complexDouble: 122
    }
  }

  /// Whether elements have an imaginary part.
  @inlinable public var isComplex: Bool { self == .complexFloat || self == .complexDouble }
}

extension Scalar {
  /// The scalar `real + 0 i`.
  @inlinable public init(real: Real) { self.init(real: real, imaginary: 0) }
  /// Whether the scalar has an imaginary part.
  @inlinable public static var isComplex: Bool { kind.isComplex }
  /// The unit roundoff u = 2^-24 or 2^-53, LAPACK's `Epsilon`.
  @inlinable public static var unitRoundoff: Real { Real.ulpOfOne / 2 }
}

extension RealScalar {
  /// The real part of the pair.
  @inlinable public init(real: Self, imaginary: Self) { self = real }
  /// The number itself.
  @inlinable public var realPart: Self { self }
  /// Zero.
  @inlinable public var imaginaryPart: Self { 0 }
  /// The number itself.
  @inlinable public var conjugate: Self { self }
  /// The absolute value.
  @inlinable public var modulus: Self { magnitude }
  /// Whether the number is neither NaN nor infinite.
  @inlinable public var isFiniteNumber: Bool { isFinite }
}

extension Float: RealScalar {
  /// `.float`
  @inlinable public static var kind: ScalarKind { .float }
}

extension Double: RealScalar {
  /// `.double`
  @inlinable public static var kind: ScalarKind { .double }
}

extension Complex: Scalar where RealType: RealScalar {
  /// The real type of the parts.
  public typealias Real = RealType
  /// `.complexFloat` or `.complexDouble`
  @inlinable public static var kind: ScalarKind {
    RealType.kind == .float ? .complexFloat : .complexDouble
  }
  /// The number `real + imaginary i`.
  @inlinable public init(real: RealType, imaginary: RealType) { self.init(real, imaginary) }
  /// The real part. Unlike `real`, it keeps infinities and NaN apart.
  @inlinable public var realPart: RealType { rawStorage.x }
  /// The imaginary part.
  @inlinable public var imaginaryPart: RealType { rawStorage.y }
  /// The modulus |x|.
  @inlinable public var modulus: RealType {
    isFinite ? length : (rawStorage.x.isNaN || rawStorage.y.isNaN ? .nan : .infinity)
  }
  /// Whether both parts are finite.
  @inlinable public var isFiniteNumber: Bool { isFinite }
}
