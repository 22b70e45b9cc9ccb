// Decimal text to the nearest Float or Double, ties to even, in three tiers: the quotient or product of
// two exact numbers (Clinger, How to read floating point numbers accurately, PLDI 1990); the same in
// 128-bit integers, rounded once; the C library's strtod or strtof for the rest. About 20 ns for the first
// two. The process keeps the C locale (nothing here or above calls setlocale), so the point is a point.

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
/// - Precondition: a newline ends the text.
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
  var digit = p.pointee &- zero
  while digit < 10 {
    significand = significand &* 10 &+ UInt64(digit)
    p += 1
    digit = p.pointee &- zero
  }
  return p
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
  guard exponent.magnitude <= 19 else { return nil }
  let shift = significand.leadingZeroBitCount
  let normalized = significand << UInt64(shift)
  let power = integerPowersOfTen[Int(truncatingIfNeeded: exponent.magnitude)]
  if exponent >= 0 {
    let (high, low) = normalized.multipliedFullWidth(by: power)
    let lost = high.leadingZeroBitCount
    return rounded(
      high << UInt64(lost) | low >> UInt64(64 - lost), isInexact: low << UInt64(lost) != 0,
      exponent: 64 - lost - shift)
  }
  // Half of the normalized significand, times 2^64, over the normalized power has 63 or 64 bits.
  let powerShift = power.leadingZeroBitCount
  let (quotient, remainder) = (power << UInt64(powerShift)).dividingFullWidth(
    (normalized >> 1, normalized << 63))
  return rounded(quotient, isInexact: remainder != 0, exponent: powerShift - shift - 63)
}

/// (bits, and a little more if inexact) * 2^exponent to the nearest number, ties to even.
///
/// - Precondition: `bits` at least 2^62, the result a normal number of `R`.
@inline(__always)
private func rounded<R: RealScalar>(_ bits: UInt64, isInexact: Bool, exponent: Int) -> R {
  let excess = 64 - bits.leadingZeroBitCount - (R.significandBitCount + 1)
  let half: UInt64 = 1 << UInt64(excess - 1)
  let tail = bits & (half << 1 - 1)
  var kept = bits >> UInt64(excess)
  if tail > half || tail == half && (isInexact || kept & 1 == 1) { kept += 1 }
  // Both factors and the product are exact in Double, and the product in R.
  let scale = Double(bitPattern: UInt64(truncatingIfNeeded: 1023 + exponent + excess) << 52)
  return R(Double(kept) * scale)
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

private let integerPowersOfTen: [UInt64] = [
  1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
  10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
  1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000,
  1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
]
