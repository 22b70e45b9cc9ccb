// Where a singular value counts as zero. One definition for everything that tells a rank: SVD, QR, least squares.

/// The part of the largest singular value above which another one counts for the rank of a matrix of this shape, unless
/// something else is asked for: max(m, n) eps, with eps the distance from 1 to the next number. As NumPy's
/// `matrix_rank` and `lstsq` have it; LAPACK's gelsd takes what it is given. A matrix whose elements are known to eps
/// times their size may be that far from one of lower rank (Golub and Van Loan, Matrix Computations, 5.5.8).
public func rankTolerance<Real: RealScalar>(_ shape: Shape) -> Real {
  Real(max(shape.rows, shape.columns)) * Real.ulpOfOne
}
