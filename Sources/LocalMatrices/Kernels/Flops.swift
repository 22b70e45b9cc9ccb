// What kernels count: floating-point operations on real numbers. A complex multiplication and addition are
// eight of them, the real ones two.

internal import TesseraInstrumentation

extension Scalar {
  /// Counts multiply-adds of numbers of this type.
  static func count(multiplyAdds: Int) { FlopCount.add(multiplyAdds &* (isComplex ? 8 : 2)) }
}
