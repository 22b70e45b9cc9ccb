// Decimal text to the nearest Float or Double, ties to even, in three tiers: the quotient or product of two
// exact numbers (Clinger, How to read floating point numbers accurately, PLDI 1990); the product with a power
// of ten of 128 bits, where its error cannot decide the rounding (Lemire, Number parsing at a gigabyte per
// second, 2021); the C library's strtod or strtof for the rest. About 20 ns for the first two. The process
// keeps the C locale (nothing here or above calls setlocale), so the point is a point.

import TesseraLocalMatrices

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Scans a number that begins at `cursor` and moves the cursor behind it; nil, and the cursor stays, when no
/// number stands there that a blank, a newline or `delimiter` ends.
///
/// Numbers are `[+-]digits[.digits][(e|E|d|D)[+-]digits]`, digits on one side of the point being enough, and
/// `nan`, `inf`, `infinity` in any case; with `integral` only `[+-]digits`. What exceeds the largest number
/// is infinite.
///
/// - Precondition: a newline ends the text, and `LineBlock.slack` more bytes can be read.
@inline(__always)
func scanReal<R: RealScalar>(
  _ cursor: inout UnsafePointer<UInt8>, as: R.Type, integral: Bool, delimiter: UInt8 = newline
) -> R? {
  let start = cursor
  var p = start
  let isNegative = p.pointee == minus
  if isNegative || p.pointee == plus { p += 1 }
  let firstDigit = p
  var significand: UInt64 = 0
  var exponent = 0
  p = accumulateDigits(p, &significand)
  var digits = p - firstDigit
  if !integral, p.pointee == point {
    p += 1
    let fraction = p
    p = accumulateDigits(p, &significand)
    exponent = fraction - p
    digits -= exponent
  }
  guard digits > 0 else {
    return integral ? nil : scanSpecial(firstDigit, isNegative, delimiter, &cursor)
  }
  if !integral, p.pointee | 0x20 == UInt8(ascii: "e") || p.pointee | 0x20 == UInt8(ascii: "d") {
    guard let power = scanExponent(&p) else { return nil }
    exponent += power
  }
  guard endsNumber(p.pointee, delimiter) else { return nil }
  cursor = p
  // 19 digits always fit; more may have wrapped around.
  if digits <= 19, let value = exactly(significand, timesTenTo: exponent, as: R.self) {
    return isNegative ? -value : value
  }
  return convertByLibrary(start, length: p - start)
}

/// Whether a number ends before `byte`.
@inline(__always)
private func endsNumber(_ byte: UInt8, _ delimiter: UInt8) -> Bool {
  isBlank(byte) || byte == newline || byte == delimiter
}

/// significand := the digits at `p` appended to it, modulo 2^64. Returns the end of the digits.
@inline(__always)
private func accumulateDigits(_ start: UnsafePointer<UInt8>, _ significand: inout UInt64)
  -> UnsafePointer<UInt8>
{
  var p = start
  // Eight at a time as long as all eight are digits.
  while true {
    let word = UInt64(littleEndian: UnsafeRawPointer(p).loadUnaligned(as: UInt64.self))
    guard areDigits(word) else { break }
    significand = significand &* 100_000_000 &+ eightDigits(word)
    p += 8
  }
  var digit = p.pointee &- zero
  while digit < 10 {
    significand = significand &* 10 &+ UInt64(digit)
    p += 1
    digit = p.pointee &- zero
  }
  return p
}

/// Whether all bytes of `word` are digits: those from 0x30 to 0x3f that stay below 0x40 when 6 is added.
@inline(__always)
private func areDigits(_ word: UInt64) -> Bool {
  let high: UInt64 = 0xf0f0_f0f0_f0f0_f0f0
  return word & high | (word &+ 0x0606_0606_0606_0606) & high >> 4 == 0x3333_3333_3333_3333
}

/// The number that eight digits write, the first in the lowest byte: neighbours joined to pairs, pairs to
/// fours, fours to the whole, three multiplications in all.
@inline(__always)
private func eightDigits(_ word: UInt64) -> UInt64 {
  let digits = word &- 0x3030_3030_3030_3030
  let pairs = (digits &* 10 &+ digits >> 8) & 0x00ff_00ff_00ff_00ff
  let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_ffff_0000_ffff
  return (fours &* 10_000 &+ fours >> 32) & 0xffff_ffff
}

/// The exponent at `p`, its letter included, limited to what decides between zero and infinity.
@inline(__always)
private func scanExponent(_ cursor: inout UnsafePointer<UInt8>) -> Int? {
  var p = cursor + 1
  let isNegative = p.pointee == minus
  if isNegative || p.pointee == plus { p += 1 }
  let firstDigit = p
  var value = 0
  while p.pointee &- zero < 10 {
    value = min(value * 10 + Int(p.pointee &- zero), 1 << 30)
    p += 1
  }
  guard p > firstDigit else { return nil }
  cursor = p
  return isNegative ? -value : value
}

/// The correctly rounded significand * 10^exponent, or nil where 128 bits do not settle it.
@inline(__always)
private func exactly<R: RealScalar>(_ significand: UInt64, timesTenTo exponent: Int, as: R.Type) -> R? {
  if significand == 0 { return 0 }
  // 5^10 < 2^24 and 5^22 < 2^53: the powers of ten below are exact, so that one operation rounds once.
  let limit = R.kind == .float ? 10 : 22
  if significand >> UInt64(R.significandBitCount + 1) == 0, exponent.magnitude <= limit {
    let power = R(powersOfTen[Int(truncatingIfNeeded: exponent.magnitude)])
    return exponent < 0 ? R(significand) / power : R(significand) * power
  }
  guard PowerOfTen.range.contains(exponent) else { return nil }
  let shift = significand.leadingZeroBitCount
  let power = PowerOfTen(exponent)
  let normalized = significand << UInt64(shift)
  // The first 128 of the product's 192 bits. Neither the power's last bit nor those left out change them by
  // more than one.
  var (high, low) = normalized.multipliedFullWidth(by: power.high)
  let (sum, carry) = low.addingReportingOverflow(normalized.multipliedFullWidth(by: power.low).high)
  low = sum
  if carry { high &+= 1 }
  let zeros = high.leadingZeroBitCount
  let precision = R.significandBitCount + 1
  let excess = UInt64(truncatingIfNeeded: 64 - zeros - precision)
  let half: UInt64 = 1 << (excess - 1)
  let tail = high & (half << 1 - 1)
  // So near to the middle between two numbers that the error could decide.
  if tail == half && low <= 1 || tail == half - 1 && low == .max { return nil }
  var kept = high >> excess + (tail >= half ? 1 : 0)
  // The number is kept * 2^binary.
  var binary = PowerOfTen.exponent(exponent) + 1 - shift + Int(truncatingIfNeeded: excess)
  if kept >> UInt64(precision) != 0 {
    kept >>= 1
    binary += 1
  }
  let bias = (1 << (R.exponentBitCount - 1)) - 1
  let biased = binary + precision - 1 + bias
  guard biased > 0, biased < 2 * bias + 1 else { return nil }
  return R(
    sign: .plus, exponentBitPattern: R.RawExponent(truncatingIfNeeded: biased),
    significandBitPattern: R.RawSignificand(truncatingIfNeeded: kept))
}

/// `nan`, `inf` or `infinity` in any case at `word`; moves the cursor behind it.
@inline(never)
private func scanSpecial<R: RealScalar>(
  _ word: UnsafePointer<UInt8>, _ isNegative: Bool, _ delimiter: UInt8,
  _ cursor: inout UnsafePointer<UInt8>
) -> R? {
  for (name, value) in [("nan", R.nan), ("inf", R.infinity), ("infinity", R.infinity)] {
    var p = word
    for letter in name.utf8 {
      // A mismatch ends the comparison, so that nothing behind the newline is read.
      guard p.pointee | 0x20 == letter else { break }
      p += 1
    }
    if p - word == name.utf8.count, endsNumber(p.pointee, delimiter) {
      cursor = p
      return isNegative ? -value : value
    }
  }
  return nil
}

/// The number in text that has been found valid, by strtod or strtof, which round correctly.
@inline(never)
private func convertByLibrary<R: RealScalar>(_ text: UnsafePointer<UInt8>, length: Int) -> R {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { copy in
    for k in 0..<length {
      let isFortranExponent = text[k] | 0x20 == UInt8(ascii: "d")
      copy[k] = CChar(bitPattern: isFortranExponent ? UInt8(ascii: "e") : text[k])
    }
    copy[length] = 0
    guard let start = copy.baseAddress else { return .nan }
    return R.kind == .float ? R(strtof(start, nil)) : R(strtod(start, nil))
  }
}

private let zero = UInt8(ascii: "0")
private let plus = UInt8(ascii: "+")
private let minus = UInt8(ascii: "-")
private let point = UInt8(ascii: ".")

private let powersOfTen: [Double] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
  1e19, 1e20, 1e21, 1e22,
]
