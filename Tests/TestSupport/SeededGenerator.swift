// x += 2^64 / phi, then mixed: a random number generator whose whole state is its seed, so that a failure is
// repeated by its seed. Source: Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, 2014.

import TesseraLocalMatrices

/// SplitMix64: equal seeds give equal numbers on every machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// The generator that starts at `seed`.
  public init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A scalar whose parts are uniform in [-1, 1).
  public mutating func scalar<S: Scalar>(_: S.Type = S.self) -> S {
    // 24 bits, so that Float and Double draw the same numbers.
    let parts = (next() >> 40, next() >> 40)
    return S(real: S.Real(parts.0) / 0x1p23 - 1, imaginary: S.Real(parts.1) / 0x1p23 - 1)
  }

  /// A scalar whose parts are integers in -4...4: sums and products of a few thousand are exact.
  public mutating func integer<S: Scalar>(_: S.Type = S.self) -> S {
    S(real: S.Real(Int(next() % 9) - 4), imaginary: S.Real(Int(next() % 9) - 4))
  }

  /// An array of random scalars.
  public mutating func vector<S: Scalar>(_ count: Int, of _: S.Type = S.self) -> [S] {
    (0..<count).map { _ in scalar() }
  }

  /// A dense matrix of random scalars.
  public mutating func dense<S: Scalar>(_ rows: Int, _ columns: Int, of _: S.Type = S.self) -> DenseMatrix<S>
  {
    DenseMatrix(rows: rows, columns: columns) { _, _ in scalar() }
  }

  /// A sparse matrix whose places hold a random scalar with probability `density`.
  public mutating func sparse<S: Scalar>(
    _ rows: Int, _ columns: Int, density: Double, of _: S.Type = S.self
  ) throws -> SparseMatrix<S> {
    var entries = try TripletMatrix<S>(rows: rows, columns: columns)
    for i in 0..<rows {
      for j in 0..<columns where Double(next() >> 11) * 0x1p-53 < density { entries.append(i, j, scalar()) }
    }
    return try entries.compressed()
  }
}
