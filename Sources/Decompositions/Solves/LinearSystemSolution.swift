// What every way of solving A X = B or min |B - A X| returns: X and the evidence that it solves.

public import TesseraLocalMatrices

/// How a system or a least-squares problem is solved.
public enum SolveMethod: String, Sendable, CaseIterable {
  /// Chosen by shape, kind and size; see `RowMatrix.solve`.
  case auto
  /// A factorization on the driver: sparse Cholesky, sparse LU, or dense LU. Square A.
  case direct
  /// LU by tournament pivoting, distributed: square A, made dense.
  case lu
  /// Cholesky, distributed: Hermitian positive definite A, made dense.
  case cholesky
  /// Tall-skinny QR: least squares of any shape and rank, the solution of least norm.
  case tsqr
  /// Conjugate gradients: Hermitian positive definite A.
  case cg
  /// Minimum residuals: Hermitian A.
  case minres
  /// Generalized minimum residuals: square A.
  case gmres
  /// Least squares by Golub and Kahan's bidiagonalization: any A.
  case lsmr

  /// Whether the method is for square matrices alone.
  var needsSquareMatrix: Bool { ![.auto, .tsqr, .lsmr].contains(self) }

  init(_ method: IterativeMethod) {
    self =
      switch method {
      case .cg: .cg
      case .minres: .minres
      case .gmres: .gmres
      case .lsmr: .lsmr
      }
  }
}

/// What an iterative method is sped up by.
public enum PreconditionerKind: Sendable, Equatable {
  /// Nothing.
  case none
  /// The diagonal.
  case diagonal
  /// Blocks of so many rows along the diagonal.
  case blockDiagonal(size: Int)
}

/// The solutions of a system or a least-squares problem with p right sides.
public struct LinearSystemSolution<S: Scalar>: Sendable {
  /// X, n x p, on the driver.
  public internal(set) var solution: DenseMatrix<S>
  /// |b_j - A x_j| / |b_j| for each right side, computed from A, X and B; zero for b_j = 0.
  public internal(set) var residuals: [S.Real]
  /// |A^H r_j| / (|A|_F |r_j|) of each residual r_j, which least squares make small: for those methods.
  public let normalResiduals: [S.Real]?
  /// The steps of an iteration, all right sides together; 0 for a factorization, of which steps of refinement are
  /// not counted.
  public let iterations: Int
  /// How often A was read.
  public internal(set) var passes: Int
  /// The method; never `auto`.
  public let method: SolveMethod
  /// The factorization or the iteration in words.
  public let description: String
  /// The rank of A that was used, where the method finds it.
  public let rank: Int?
  /// Whether every right side's residual (or, in least squares, its normal residual) is as small as was asked
  /// for, and X in the range of the scalar.
  public internal(set) var converged: Bool
  /// Why not: of the first right side where it is not.
  public internal(set) var reason: String?
  /// What the method was predicted to cost, where that can be told before. `words(passes:)` of the passes made are the words
  /// that the ledger counts, but for those of scaling, of cutting B as A is cut, and of a method tried in vain.
  public internal(set) var predicted: RoutePrediction?
  /// The relative residuals of an iteration for the first right side, step by step.
  public let history: [Double]
}
