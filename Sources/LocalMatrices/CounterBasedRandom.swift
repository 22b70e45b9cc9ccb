// Random numbers that are a function of (seed, index): any worker makes element i without making those
// before it, so a random matrix is the same on any number of workers. Philox4x32-10; source: Salmon, Moraes,
// Dror, Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011. About 10 ns a number.

import Numerics

/// A function from indices to random numbers.
public struct CounterBasedRandom: Sendable {
  private let key: (UInt32, UInt32)

  /// The function of the given seed.
  public init(seed: UInt64) {
    key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  }

  /// 128 random bits for the counter (`index`, `stream`).
  public func bits(_ index: UInt64, stream: UInt64 = 0) -> (UInt64, UInt64) {
    var (c0, c1) = (UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32))
    var (c2, c3) = (UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
    var (k0, k1) = key
    for _ in 0..<10 {
      let a = UInt64(c0) &* 0xD251_1F53
      let b = UInt64(c2) &* 0xCD9E_8D57
      (c0, c1, c2, c3) = (
        UInt32(truncatingIfNeeded: b >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: b),
        UInt32(truncatingIfNeeded: a >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: a)
      )
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return (UInt64(c0) | UInt64(c1) << 32, UInt64(c2) | UInt64(c3) << 32)
  }

  /// A number uniform in [0, 1), a multiple of 2^-53.
  public func uniform(_ index: UInt64, stream: UInt64 = 0) -> Double {
    Double(bits(index, stream: stream).0 >> 11) * 0x1p-53
  }

  /// `count` scalars as `symmetric` makes them for indices from zero. O(count).
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func symmetricVector<S: Scalar>(count: Int, stream: UInt64 = 0, as type: S.Type = S.self) -> [S] {
    (0..<count).map { symmetric(UInt64($0), stream: stream) }
  }

  /// A scalar whose parts are uniform in [-1, 1).
  public func symmetric<S: Scalar>(_ index: UInt64, stream: UInt64 = 0, as type: S.Type = S.self) -> S {
    let (a, b) = bits(index, stream: stream)
    return Self.symmetric(a, b)
  }

  /// The scalar whose parts are uniform in [-1, 1), from the upper 24 bits of each argument: so many fit both
  /// precisions exactly.
  static func symmetric<S: Scalar>(_ a: UInt64, _ b: UInt64) -> S {
    func part(_ bits: UInt64) -> S.Real { S.Real(Int64(bits >> 40)) * 0x1p-23 - 1 }
    return S(real: part(a), imaginary: part(b))
  }
}
