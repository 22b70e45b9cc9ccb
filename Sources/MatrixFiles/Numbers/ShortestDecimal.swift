// The decimal number with the fewest digits that reads back as a given Float or Double, and of those the
// nearest to it: Raffaello Giulietti, The Schubfach way to render doubles, 2020. Three multiplications of 64
// by 128 bits.

import TesseraLocalMatrices

/// digits * 10^exponent, the digits without zeros at the end.
struct ShortestDecimal {
  var digits: UInt64
  var exponent: Int

  /// - Precondition: `value` is finite and not zero. Its sign is ignored.
  @inline(__always)
  init<R: RealScalar>(_ value: R) {
    let fraction = UInt64(truncatingIfNeeded: value.significandBitPattern)
    let biased = Int(truncatingIfNeeded: value.exponentBitPattern)
    let precision = R.significandBitCount
    let bias = (1 << (R.exponentBitCount - 1)) - 1
    let isSubnormal = biased == 0
    self.init(
      significand: isSubnormal ? fraction : fraction | 1 << UInt64(precision),
      exponent: (isSubnormal ? 1 : biased) - bias - precision, isPowerOfTwo: fraction == 0 && biased > 1)
  }

  /// The shortest digits between the neighbours of c 2^q.
  ///
  /// - Parameter isPowerOfTwo: whether the neighbour below is nearer than the one above.
  private init(significand c: UInt64, exponent q: Int, isPowerOfTwo: Bool) {
    // The ends of the interval belong to it when reading rounds them to the even c.
    let odd = c & 1
    let below = 4 &* c &- 2 &+ (isPowerOfTwo ? 1 : 0)
    let above = 4 &* c &+ 2
    // floor(log10(2^q)), or of three quarters of it.
    let k = (q &* 1_262_611 &- (isPowerOfTwo ? 524_031 : 0)) >> 22
    let shift = UInt64(truncatingIfNeeded: q &+ PowerOfTen.exponent(-k) &+ 1)
    let power = PowerOfTen(-k)
    let lower = ShortestDecimal.product(power, below << shift) &+ odd
    let value = ShortestDecimal.product(power, 4 &* c << shift)
    let upper = ShortestDecimal.product(power, above << shift) &- odd
    // In units of a quarter of 10^k.
    let s = value >> 2
    if s >= 10 {
      let tenth = s / 10
      let downFits = lower <= 40 &* tenth
      let upFits = 40 &* tenth &+ 40 <= upper
      if downFits != upFits {
        self.init(tenth &+ (upFits ? 1 : 0), k + 1)
        return
      }
    }
    let downFits = lower <= 4 &* s
    let upFits = 4 &* s &+ 4 <= upper
    let roundsUp =
      downFits != upFits ? upFits : value > 4 &* s &+ 2 || value == 4 &* s &+ 2 && s & 1 == 1
    self.init(s &+ (roundsUp ? 1 : 0), k)
  }

  private init(_ digits: UInt64, _ exponent: Int) {
    (self.digits, self.exponent) = (digits, exponent)
    while true {
      let (quotient, digit) = self.digits.quotientAndRemainder(dividingBy: 10)
      guard digit == 0, quotient > 0 else { break }
      self.digits = quotient
      self.exponent += 1
    }
  }

  /// floor(power * factor / 2^128), the lowest bit set if anything was cut off (rounded to odd).
  @inline(__always)
  private static func product(_ power: PowerOfTen, _ factor: UInt64) -> UInt64 {
    let low = power.low.multipliedFullWidth(by: factor).high
    let (high, middle) = power.high.multipliedFullWidth(by: factor)
    let (sum, carry) = middle.addingReportingOverflow(low)
    return (high &+ (carry ? 1 : 0)) | (sum > 1 ? 1 : 0)
  }
}
