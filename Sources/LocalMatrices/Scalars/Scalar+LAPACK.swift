// LAPACK's factorizations and drivers for every scalar, column-major (Anderson et al., LAPACK Users' Guide,
// 1999). These are the raw routines: callers check shapes, 32-bit limits and that the numbers are finite.
// Each returns LAPACK's info: 0 for success, what a positive one means is said below, a negative one is read
// by `lapackFailure`. For a complex scalar `or...` is `un...`, `sy...` `he...`.

internal import CLAPACKE

extension Scalar {
  /// R over the upper triangle of A, m by n; reflectors below it and in `tau`. 2n^2(m - n/3) flops.
  public static func geqrf(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ tau: UnsafeMutablePointer<Self>
  ) -> Int {
    Int(tessera_geqrf(kind.letter, Int32(m), Int32(n), a, Int32(lda), tau))
  }

  /// The same of A P; `pivots` are zeros on entry, then the columns of A in their new order, from one.
  public static func geqp3(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int,
    _ pivots: UnsafeMutablePointer<Int32>, _ tau: UnsafeMutablePointer<Self>
  ) -> Int {
    Int(tessera_geqp3(kind.letter, Int32(m), Int32(n), a, Int32(lda), pivots, tau))
  }

  /// The first n columns of the product of k reflectors, over them. 4mnk - 2(m + n)k^2 + 4k^3/3 flops.
  public static func orgqr(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int,
    _ tau: UnsafePointer<Self>
  ) -> Int {
    Int(tessera_orgqr(kind.letter, Int32(m), Int32(n), Int32(k), a, Int32(lda), tau))
  }

  /// C := Q C or Q^H C, C m by n, Q the product of k reflectors of length m. 2nk(2m - k) flops.
  public static func ormqr(
    adjoint: Bool, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Self>, _ lda: Int,
    _ tau: UnsafePointer<Self>, _ c: UnsafeMutablePointer<Self>, _ ldc: Int
  ) -> Int {
    Int(
      tessera_ormqr(
        kind.letter, adjoint ? 1 : 0, Int32(m), Int32(n), Int32(k), a, Int32(lda), tau, c,
        Int32(ldc)))
  }

  /// Eigenvalues ascending into `w`, eigenvectors over A; reads the upper triangle. About 9n^3 flops.
  /// Positive info: no convergence.
  public static func syevd(
    _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ w: UnsafeMutablePointer<Real>
  ) -> Int {
    let (reals, integers) = (1 + 5 * n + 2 * n * n, 3 + 5 * n)
    return withWorkspace(reals: reals, integers: integers) { work, length, rwork, iwork in
      tessera_syevd(
        kind.letter, Int32(n), a, Int32(lda), w, work, length, rwork, Int32(reals), iwork,
        Int32(integers))
    }
  }

  /// The k largest eigenvalues ascending into the first k of the n elements of `w`, their vectors into Z, n by k; reads
  /// the upper triangle of A, which is destroyed. About 4n^3/3 flops and 2n^2k. Positive info: no convergence.
  public static func syevr(
    _ n: Int, largest k: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ w: UnsafeMutablePointer<Real>,
    _ z: UnsafeMutablePointer<Self>, _ ldz: Int
  ) -> Int {
    var support = [Int32](repeating: 0, count: 2 * k)
    return withWorkspace(reals: 24 * n, integers: 10 * n) { work, length, rwork, iwork in
      tessera_syevr(
        kind.letter, Int32(n), a, Int32(lda), Int32(n - k + 1), Int32(n),
        2 * Double(Real.leastNormalMagnitude), w, z, Int32(ldz), &support, work, length, rwork,
        Int32(24 * n), iwork, Int32(10 * n))
    }
  }

  /// Singular values descending into `s` and, with `vectors`, U (m by min(m,n)) and V^H (min(m,n) by n), by
  /// divide and conquer. A is destroyed. Positive info: no convergence.
  public static func gesdd(
    vectors: Bool, _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int,
    _ s: UnsafeMutablePointer<Real>, _ u: UnsafeMutablePointer<Self>, _ ldu: Int,
    _ vt: UnsafeMutablePointer<Self>, _ ldvt: Int
  ) -> Int {
    let k = min(m, n)
    let reals = vectors ? max(5 * k * k + 5 * k, 2 * max(m, n) * k + 2 * k * k + k) : 7 * k
    return withWorkspace(reals: reals, integers: 8 * k) { work, length, rwork, iwork in
      tessera_gesdd(
        kind.letter, vectors ? 1 : 0, Int32(m), Int32(n), a, Int32(lda), s, u, Int32(ldu), vt,
        Int32(ldvt), work, length, rwork, iwork)
    }
  }

  /// The same by implicit QR steps: slower, converges where divide and conquer may not.
  public static func gesvd(
    vectors: Bool, _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int,
    _ s: UnsafeMutablePointer<Real>, _ u: UnsafeMutablePointer<Self>, _ ldu: Int,
    _ vt: UnsafeMutablePointer<Self>, _ ldvt: Int
  ) -> Int {
    withWorkspace(reals: 5 * min(m, n), integers: 0) { work, length, rwork, _ in
      tessera_gesvd(
        kind.letter, vectors ? 1 : 0, Int32(m), Int32(n), a, Int32(lda), s, u, Int32(ldu), vt,
        Int32(ldvt), work, length, rwork)
    }
  }

  /// Least squares of least norm by SVD: X over the first n of the max(m,n) rows of B; singular values at
  /// most `tolerance` times the largest count as zero. A is destroyed. Positive info: no convergence.
  public static func gelsd(
    _ m: Int, _ n: Int, _ rightSides: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int,
    _ b: UnsafeMutablePointer<Self>, _ ldb: Int, _ s: UnsafeMutablePointer<Real>, tolerance: Real,
    rank: inout Int
  ) -> Int {
    // LAPACK's bounds with its leaf size of at most 32 and as many levels as halving k allows.
    let (k, leaf) = (min(m, n), 32)
    let levels = Int.bitWidth - k.leadingZeroBitCount
    let reals =
      10 * k + 2 * k * leaf + 8 * k * levels + 3 * leaf * rightSides
      + max((leaf + 1) * (leaf + 1), k * (1 + rightSides) + 2 * rightSides)
    var found: Int32 = 0
    let info = withWorkspace(reals: reals, integers: 3 * k * levels + 11 * k) {
      work, length, rwork, iwork in
      tessera_gelsd(
        kind.letter, Int32(m), Int32(n), Int32(rightSides), a, Int32(lda), b, Int32(ldb), s,
        Double(tolerance), &found, work, length, rwork, iwork)
    }
    rank = Int(found)
    return info
  }

  /// A = U^H U over the upper triangle, which alone is read. n^3/3 flops. Positive info: the order of the
  /// first leading minor that is not positive.
  public static func potrf(_ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int) -> Int {
    Int(tessera_potrf(kind.letter, Int32(n), a, Int32(lda)))
  }

  /// B := A^-1 B by the factor of `potrf`. 2n^2 flops per right side.
  public static func potrs(
    _ n: Int, _ rightSides: Int, _ a: UnsafePointer<Self>, _ lda: Int, _ b: UnsafeMutablePointer<Self>,
    _ ldb: Int
  ) -> Int {
    Int(tessera_potrs(kind.letter, Int32(n), Int32(rightSides), a, Int32(lda), b, Int32(ldb)))
  }

  /// P A = L U over A, m by n; row k was exchanged with row `pivots[k]`, counted from one. 2n^3/3 flops when
  /// square. Positive info: that pivot, counted from one, is zero.
  public static func getrf(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int {
    Int(tessera_getrf(kind.letter, Int32(m), Int32(n), a, Int32(lda), pivots))
  }

  /// B := A^-1 B by the factors of `getrf`. 2n^2 flops per right side.
  public static func getrs(
    _ n: Int, _ rightSides: Int, _ a: UnsafePointer<Self>, _ lda: Int, _ pivots: UnsafePointer<Int32>,
    _ b: UnsafeMutablePointer<Self>, _ ldb: Int
  ) -> Int {
    Int(
      tessera_getrs(kind.letter, Int32(n), Int32(rightSides), a, Int32(lda), pivots, b, Int32(ldb)))
  }
}

extension Scalar {
  /// Calls a driver twice: with length -1, which puts the length of its workspace into the first element, and
  /// with a workspace of that length. `reals` is the length of the real workspace of a complex scalar.
  ///
  /// LAPACKE would do the same, but in single precision the length comes back as a Float: above 2^24 it may
  /// have been rounded down to less than what the driver then insists on.
  private static func withWorkspace(
    reals: Int, integers: Int,
    _ driver: (
      _ work: UnsafeMutablePointer<Self>, _ length: Int32, UnsafeMutablePointer<Real>,
      UnsafeMutablePointer<Int32>
    ) -> Int32
  ) -> Int {
    let reals = isComplex ? reals : 0
    guard fits(reals * MemoryLayout<Real>.stride) else { return noWorkspace }
    let rwork = UnsafeMutablePointer<Real>.allocate(capacity: max(1, reals))
    let iwork = UnsafeMutablePointer<Int32>.allocate(capacity: max(1, integers))
    defer {
      rwork.deallocate()
      iwork.deallocate()
    }
    var first: Self = 0
    let info = withUnsafeMutablePointer(to: &first) { driver($0, -1, rwork, iwork) }
    guard info == 0 else { return Int(info) }
    let length = Int32(exactly: first.realPart.nextUp.rounded(.up)) ?? .max
    guard fits(Int(length) * MemoryLayout<Self>.stride) else { return noWorkspace }
    // A sixteenth more, because some routines read past the end of panels in it (see `withSlackColumn`).
    let work = UnsafeMutablePointer<Self>.allocate(capacity: max(1, Int(length) + Int(length) / 16))
    defer { work.deallocate() }
    return Int(driver(work, length, rwork, iwork))
  }

  private static func fits(_ bytes: Int) -> Bool { bytes <= MemoryGuard.physicalBytes / 4 * 3 }
}

/// LAPACKE's info for a workspace that cannot be had.
private let noWorkspace = -1010

/// What a negative info means, shapes being right: no workspace (LAPACKE's -1010 and -1011), or NaN among
/// intermediate numbers that overflowed.
func lapackFailure(_ info: Int, _ what: String, workspaceBytes: Int) -> LinearAlgebraError {
  info == noWorkspace || info == noWorkspace - 1
    ? .outOfMemory(
      what: "the workspace of \(what)", bytesNeeded: workspaceBytes,
      bytesAvailable: MemoryGuard.physicalBytes)
    : .invalidArgument("\(what): the numbers are so large that intermediate ones overflow")
}
