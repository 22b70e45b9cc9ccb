// What an iterative solver returns: x with the residual that it truly has, computed from b - A x and not from
// the recurrence, which drifts away from it (Greenbaum, Iterative Methods for Solving Linear Systems, 1997,
// 7.3).

public import TesseraLocalMatrices

/// How x was computed.
public enum IterativeMethod: String, Sendable, CaseIterable {
  /// Conjugate gradients: Hermitian positive definite A.
  case cg
  /// Minimum residuals: Hermitian A.
  case minres
  /// Generalized minimum residuals, restarted: square A.
  case gmres
  /// Least squares, min |b - A x|: any A.
  case lsmr
}

/// Why an iteration ended.
public enum IterationEnd: Sendable, Equatable {
  /// The true residual is as small as was asked for.
  case converged
  /// As many steps as were allowed.
  case limit
  /// Nothing is gained any more: the rounding errors of b - A x are as large as the residual itself.
  case stagnated
  /// The matrix is not what the method is for.
  case unsuited(String)
}

/// An approximate solution of A x = b, or of min |b - A x|, and how good it is.
public struct IterativeSolution<S: Scalar>: Sendable {
  /// x, on the driver: one number per column.
  public let solution: [S]
  /// |b - A x| / |b|, computed from A, x and b; zero for b = 0.
  public let residual: S.Real
  /// |A^H r| / (|A|_F |r|) of r = b - A x, which least squares make small; nil for the methods that solve
  /// square systems. |A|_F is estimated from below by the iteration.
  public let normalResidual: S.Real?
  /// The number of steps.
  public let iterations: Int
  /// The number of applications of A or of its adjoint, each a pass over A; a preconditioner's are not in it.
  public let passes: Int
  /// The method.
  public let method: IterativeMethod
  /// Why it ended.
  public let end: IterationEnd
  /// The residual's relative norm as the recurrence has it, step by step: for a picture.
  public let history: [Double]

  /// Whether the residual is as small as was asked for.
  public var converged: Bool { end == .converged }
}

/// What every iterative solver is asked.
struct IterationRequest<Real: RealScalar>: Sendable {
  var tolerance: Real
  var limit: Int
  /// Called with the number of passes so far.
  var progress: (@Sendable (Int) -> Void)?

  /// - Throws: `invalidArgument` for a tolerance or a limit out of range.
  init(
    tolerance: Real?, limit: Int?, defaultLimit: Int, progress: (@Sendable (Int) -> Void)?
  ) throws(LinearAlgebraError) {
    self.tolerance = tolerance ?? max(1e-10, 100 * Real.ulpOfOne)
    self.limit = limit ?? defaultLimit
    self.progress = progress
    guard self.tolerance >= 0, self.tolerance < 1 else {
      throw .invalidArgument("the tolerance is \(self.tolerance), expected 0 to 1")
    }
    guard self.limit >= 0 else { throw .invalidArgument("\(self.limit) iterations were asked for") }
  }
}
