// Which BLAS does the dense arithmetic of this process: what a report of measurements has to say, and what a
// user has to know whose products are slow.

internal import COpenBLAS

/// The OpenBLAS that this process has loaded.
public enum BLASLibrary {
  /// Version and options of its build, such as "OpenBLAS 0.3.21 NO_AFFINITY Haswell MAX_THREADS=64".
  public static var configuration: String {
    openblas_get_config().map { String(cString: $0) }?.trimmed ?? "OpenBLAS"
  }

  /// The processor whose kernels it has chosen, such as "SkylakeX": by itself, or by `OPENBLAS_CORETYPE`.
  public static var coreType: String {
    openblas_get_corename().map { String(cString: $0) }?.trimmed ?? "unknown"
  }
}

extension String {
  /// Without spaces at its ends.
  fileprivate var trimmed: String {
    split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
  }
}
