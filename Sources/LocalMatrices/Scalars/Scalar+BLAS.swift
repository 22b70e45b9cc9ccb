// The BLAS, levels 1 to 3, for every scalar; column-major, unit stride (Lawson et al. 1979; Dongarra et
// al. 1988, 1990). These are the raw routines: callers check shapes and 32-bit limits. OpenBLAS does the
// work.

internal import COpenBLAS
import Synchronization

/// op(A) in a BLAS call: A, its transpose, or its conjugate transpose.
public enum MatrixOperation: Sendable, Hashable {
  case identity, transpose, adjoint

  var blas: CBLAS_TRANSPOSE {
    switch self {
    case .identity: CblasNoTrans
    case .transpose: CblasTrans
    case .adjoint: CblasConjTrans
    }
  }
}

extension Scalar {
  /// C := alpha op(A) op(B) + beta C with op(A) m by k, op(B) k by n. 2mnk flops.
  public static func gemm(
    _ opA: MatrixOperation, _ opB: MatrixOperation, _ m: Int, _ n: Int, _ k: Int, _ alpha: Self,
    _ a: UnsafePointer<Self>, _ lda: Int, _ b: UnsafePointer<Self>, _ ldb: Int, _ beta: Self,
    _ c: UnsafeMutablePointer<Self>, _ ldc: Int
  ) {
    withUnsafePointer(to: alpha) { alpha in
      withUnsafePointer(to: beta) { beta in
        tessera_gemm(
          kind.letter, opA.blas, opB.blas, Int32(m), Int32(n), Int32(k), alpha, a, Int32(lda), b,
          Int32(ldb), beta, c, Int32(ldc))
      }
    }
  }

  /// y := alpha op(A) x + beta y with A m by n. 2mn flops.
  public static func gemv(
    _ op: MatrixOperation, _ m: Int, _ n: Int, _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int,
    _ x: UnsafePointer<Self>, _ beta: Self, _ y: UnsafeMutablePointer<Self>
  ) {
    withUnsafePointer(to: alpha) { alpha in
      withUnsafePointer(to: beta) { beta in
        tessera_gemv(
          kind.letter, op.blas, Int32(m), Int32(n), alpha, a, Int32(lda), x, beta, y)
      }
    }
  }

  /// Upper triangle of C := A^H A + C (`op` adjoint; A k by n) or A A^H + C (`op` identity; A n by k).
  /// n(n+1)k flops.
  public static func herk(
    _ op: MatrixOperation, _ n: Int, _ k: Int, _ a: UnsafePointer<Self>, _ lda: Int,
    _ c: UnsafeMutablePointer<Self>, _ ldc: Int
  ) {
    tessera_herk(kind.letter, op.blas, Int32(n), Int32(k), a, Int32(lda), c, Int32(ldc))
  }

  /// B := op(A)^-1 B (`left`) or B op(A)^-1, A triangular, B m by n. m n^2 or m^2 n flops.
  public static func trsm(
    left: Bool, upper: Bool, _ op: MatrixOperation, unitDiagonal: Bool = false, _ m: Int, _ n: Int,
    _ a: UnsafePointer<Self>, _ lda: Int, _ b: UnsafeMutablePointer<Self>, _ ldb: Int
  ) {
    withUnsafePointer(to: 1 as Self) { one in
      tessera_trsm(
        kind.letter, left ? CblasLeft : CblasRight, upper ? CblasUpper : CblasLower, op.blas,
        unitDiagonal ? CblasUnit : CblasNonUnit, Int32(m), Int32(n), one, a, Int32(lda), b,
        Int32(ldb))
    }
  }
}

/// How many threads OpenBLAS uses for one call in this process.
///
/// Workers run with one: their results must not depend on how many there are.
public enum BLASThreads {
  /// The present number of threads.
  public static var count: Int { Int(openblas_get_num_threads()) }
  /// Sets the number of threads for every later call in the process.
  public static func set(_ count: Int) { openblas_set_num_threads(Int32(count)) }

  /// What OpenBLAS takes for each call that is under way, before it computes anything: 128 MiB of addresses, and a
  /// page.
  public static let bytesPerCall = 128 << 20 + 64 << 10

  /// For how many calls at a time OpenBLAS has its memory.
  private static let prepared = Mutex(0)

  /// Sees to it that OpenBLAS has the memory for `calls` calls at a time, for good (of more than 64, that there is
  /// room for it). Where there is none it would try for ever, in the middle of a call (0.3.21, blas_memory_alloc).
  ///
  /// Returns false where the process may not have so much.
  public static func prepare(forCalls calls: Int) -> Bool {
    prepared.withLock { prepared in
      guard calls > prepared else { return true }
      guard MemoryGuard.hasRoom(for: (calls - prepared) * bytesPerCall) else { return false }
      tessera_blas_prepare(Int32(clamping: calls))
      prepared = calls
      return true
    }
  }
}
