// ARPACK's implicitly restarted Lanczos (real) and Arnoldi (complex) iterations for a Hermitian operator, in
// reverse communication: the caller applies the operator between calls. Source: Lehoucq, Sorensen, Yang,
// ARPACK Users' Guide, SIAM 1998, chapters 2 and 4.

import CARPACK

/// The state of one ARPACK iteration for the `wanted` largest eigenvalues of a Hermitian operator of order n.
///
/// Memory n (basis + 4) elements. ARPACK keeps state of its own between calls, one for the whole process:
/// only one iteration may be under way at a time, which the caller sees to.
public final class ArnoldiIteration<S: Scalar> {
  /// What ARPACK asks for next.
  public enum Request {
    /// Put the operator's image of `input` into `output` and call `step` again.
    case apply
    /// The iteration has ended.
    case done
  }

  /// The order of the operator.
  public let order: Int
  /// How many eigenvalues are asked for.
  public let wanted: Int
  /// The dimension of the Krylov basis.
  public let basis: Int
  private let tolerance: Double
  private var request: Int32 = 0
  private var info: Int32 = 1
  private let start: (Int) -> [S]
  private var starts = 0
  private let residual: UnsafeMutableBufferPointer<S>
  private let vectors: UnsafeMutableBufferPointer<S>
  private var parameters = [Int32](repeating: 0, count: 11)
  private var pointers = [Int32](repeating: 0, count: 14)
  private let work: UnsafeMutableBufferPointer<S>
  private let projected: UnsafeMutableBufferPointer<S>
  private let realWork: UnsafeMutableBufferPointer<S.Real>

  /// An iteration that restarts at most `restarts` times.
  ///
  /// - Parameter start: the vectors to start from: number 0 first, and number i when the basis has spanned an
  ///   invariant subspace for the i-th time.
  /// - Precondition: `1 <= wanted < basis <= order`; for a complex scalar `wanted + 2 <= basis`; start
  ///   vectors have `order` elements.
  public init(
    order: Int, wanted: Int, basis: Int, tolerance: S.Real, restarts: Int, start: @escaping (Int) -> [S]
  ) {
    precondition(wanted >= 1 && wanted < basis && basis <= order)
    precondition(!S.isComplex || wanted + 2 <= basis)
    self.order = order
    self.wanted = wanted
    self.basis = basis
    self.tolerance = Double(tolerance)
    self.start = start
    residual = zeros(order)
    _ = residual.update(from: start(0))
    // One column more than ARPACK knows of, for the same reason as in `withSlackColumn`.
    vectors = zeros(order * (basis + 1))
    work = zeros(3 * order)
    projected = zeros(S.isComplex ? 3 * basis * basis + 5 * basis : basis * (basis + 8))
    realWork = zeros(basis)
    parameters[0] = 1  // exact shifts
    parameters[2] = Int32(restarts)
    parameters[3] = 1  // block size
    parameters[6] = 1  // mode 1: standard problem
  }

  deinit {
    residual.deallocate()
    vectors.deallocate()
    work.deallocate()
    projected.deallocate()
    realWork.deallocate()
  }

  /// The vector to apply the operator to. Valid after `step` has returned `apply`.
  public var input: [S] {
    let start = Int(pointers[0]) - 1
    return Array(work[start..<start + order])
  }

  /// Where the operator's image of `input` goes.
  public func setOutput(_ image: [S]) {
    precondition(image.count == order)
    let start = Int(pointers[1]) - 1
    image.withUnsafeBufferPointer { (work.baseAddress! + start).update(from: $0.baseAddress!, count: order) }
  }

  /// Goes on until ARPACK needs the operator or ends.
  ///
  /// - Throws: `notConverged` when ARPACK cannot go on. Running out of restarts is not a failure.
  public func step() throws(LinearAlgebraError) -> Request {
    repeat {
      tessera_aupd(
        S.kind.letter, &request, Int32(order), Int32(wanted), tolerance, residual.baseAddress,
        Int32(basis), vectors.baseAddress, &parameters, &pointers, work.baseAddress,
        projected.baseAddress, Int32(projected.count), realWork.baseAddress, &info)
      // A vector to start from, forced into the operator's range, which only generalized problems need.
      // ARPACK's own is ours the first time and then drawn from a generator that outlives the iteration, so
      // that a second run would differ from the first: a vector of the caller's is as good.
      if request == -1 {
        setOutput(start(starts))
        starts += 1
      }
    } while request == -1
    if request == 1 { return .apply }
    // 1: out of restarts; 3: no shifts could be applied. What has converged is still good.
    guard info == 0 || info == 1 || info == 3 else {
      throw .notConverged("ARPACK (aupd, info \(info))")
    }
    return .done
  }

  /// At the last restart, the largest residual of the wanted Ritz pairs as ARPACK estimates it, relative to the
  /// largest Ritz value; nil before the first.
  public var estimatedResidual: Double? {
    let (values, bounds) = (Int(pointers[5]) - 1, Int(pointers[S.isComplex ? 7 : 6]) - 1)
    guard values >= 0, bounds >= 0 else { return nil }
    let largest = (0..<basis).sorted { projected[values + $0].realPart > projected[values + $1].realPart }
    let first = Double(projected[values + largest[0]].realPart)
    guard first > 0 else { return nil }
    return largest.prefix(wanted).map { Double(projected[bounds + $0].modulus) / first }.max()
  }

  /// At the last restart, the largest Ritz value, converged or not. A Hermitian operator's largest eigenvalue is at least as
  /// large. Nil before the first.
  public var largestRitzValue: S.Real? {
    let values = Int(pointers[5]) - 1
    guard values >= 0 else { return nil }
    return (0..<basis).map { projected[values + $0].realPart }.max()
  }

  /// The number of Ritz values that have met the tolerance.
  public var convergedCount: Int { Int(parameters[4]) }

  /// The converged eigenvalues, largest first, and their vectors as columns of an n x converged matrix.
  ///
  /// - Throws: `notConverged` when ARPACK cannot extract them.
  public func eigenpairs() throws(LinearAlgebraError) -> (values: [S.Real], vectors: DenseMatrix<S>) {
    guard convergedCount > 0 else { return ([], DenseMatrix(zeros: order, 0)) }
    var select = [Int32](repeating: 1, count: basis)
    // The complex routine writes one value more than it is asked for.
    let values: UnsafeMutableBufferPointer<S> = zeros(wanted + 1)
    let ritz: UnsafeMutableBufferPointer<S> = zeros(order * (wanted + 1))
    let extra: UnsafeMutableBufferPointer<S> = zeros(3 * basis)
    defer {
      values.deallocate()
      ritz.deallocate()
      extra.deallocate()
    }
    var extraction: Int32 = 0
    tessera_eupd(
      S.kind.letter, &select, values.baseAddress, ritz.baseAddress, extra.baseAddress,
      Int32(order), Int32(wanted), tolerance, residual.baseAddress, Int32(basis),
      vectors.baseAddress, &parameters, &pointers, work.baseAddress, projected.baseAddress,
      Int32(projected.count), realWork.baseAddress, &extraction)
    guard extraction == 0 else { throw .notConverged("ARPACK (eupd, info \(extraction))") }
    let count = min(convergedCount, wanted)
    let descending = (0..<count).sorted { values[$0].realPart > values[$1].realPart }
    var sorted: [S] = []
    sorted.reserveCapacity(order * count)
    for j in descending { sorted += ritz[j * order..<(j + 1) * order] }
    return (
      descending.map { values[$0].realPart },
      DenseMatrix(unchecked: order, count, order: .columnMajor, sorted)
    )
  }
}

private func zeros<Element: AdditiveArithmetic>(_ count: Int) -> UnsafeMutableBufferPointer<Element> {
  let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: count)
  buffer.initialize(repeating: .zero)
  return buffer
}
