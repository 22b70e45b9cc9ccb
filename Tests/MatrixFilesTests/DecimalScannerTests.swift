// Every tier of the number scanner agrees with the C library, which rounds correctly.

import Foundation
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

@testable import TesseraMatrixFiles

@Suite struct DecimalScannerTests {
  private func scan<R: RealScalar>(_ text: String, as: R.Type) -> R? {
    Array((text + "\n        ").utf8).withUnsafeBufferPointer { bytes in
      bytes.baseAddress.flatMap { start in
        var cursor = start
        return scanReal(&cursor, as: R.self, integral: false)
      }
    }
  }

  private func check(_ text: String) {
    let (double, single) = (scan(text, as: Double.self), scan(text, as: Float.self))
    #expect(double?.bitPattern == strtod(text, nil).bitPattern, "\(text)")
    #expect(single?.bitPattern == strtof(text, nil).bitPattern, "\(text)")
  }

  @Test func numbersOfAnyLengthRoundAsTheLibraryDoes() {
    var random = SeededGenerator(seed: 20)
    for _ in 0..<20_000 {
      let digits = String(
        (0..<Int.random(in: 1...24, using: &random)).map { _ in
          "0123456789".randomElement(using: &random) ?? "0"
        })
      let point = digits.index(digits.startIndex, offsetBy: Int.random(in: 0...digits.count, using: &random))
      let exponent = Int.random(in: -30...30, using: &random)
      check("-\(digits[..<point]).\(digits[point...])e\(exponent)")
      check(digits)
    }
  }

  @Test func everyNumberIsReadBackFromItsShortestDigits() {
    var random = SeededGenerator(seed: 21)
    for _ in 0..<20_000 {
      let bits = random.next()
      let (double, single) = (Double(bitPattern: bits), Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
      if double.isFinite { #expect(scan("\(double)", as: Double.self) == double) }
      if single.isFinite { #expect(scan("\(single)", as: Float.self) == single) }
    }
  }

  /// Across all exponents, near the ends of the table and of the scalar's range too.
  @Test func numbersOfAnySizeRoundAsTheLibraryDoes() {
    var random = SeededGenerator(seed: 22)
    for exponent in -360...330 {
      for _ in 0..<20 {
        let significand = random.next() >> UInt64.random(in: 1..<64, using: &random)
        check("\(min(significand, 9_999_999_999_999_999_999))e\(exponent)")
      }
    }
    // Next to the middle between two numbers, with as many digits as are looked at.
    for _ in 0..<5_000 {
      let scale = pow(2, Double.random(in: -60..<60, using: &random).rounded())
      let x = Double.random(in: 1..<2, using: &random) * scale
      check(String(format: "%.18e", x + x.ulp / 2))
    }
  }

  @Test func numbersAreWrittenInTheFewestDigits() {
    func written<R: RealScalar>(_ value: R) -> String {
      let kept = Kept()
      try? kept.send { text in text.append(value) }
      return String(decoding: kept.bytes, as: UTF8.self)
    }
    func withoutPoint(_ text: String) -> String { text.hasSuffix(".0") ? String(text.dropLast(2)) : text }
    func check(_ bits: UInt64) {
      let (double, single) = (Double(bitPattern: bits), Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
      if !double.isNaN { #expect(written(double) == withoutPoint("\(double)")) }
      if !single.isNaN { #expect(written(single) == withoutPoint("\(single)")) }
    }
    var random = SeededGenerator(seed: 23)
    for _ in 0..<10_000 {
      check(random.next())
      check(Double.random(in: -1...1, using: &random).bitPattern)
      check(UInt64(Float.random(in: -1000...1000, using: &random).bitPattern))
      check((Double(random.next() >> 20) / 1000).bitPattern)
    }
    for exponent in UInt64(0)..<2048 {
      // Powers of two, whose neighbours are not equally far, and numbers beside them.
      check(exponent << 52)
      check(exponent << 52 | 1)
      check((exponent << 52) &- 1)
    }
    for exponent in UInt64(0)..<256 { for d in [0, 1, 2] as [UInt64] { check((exponent << 23 | d) &- 1) } }
    for text in ["0.1", "1e23", "9007199254740994", "18014398509481988", "1e-4", "9.9999e-5", "5e-324"] {
      if let value = Double(text) { check(value.bitPattern) }
    }
  }

  @Test func tiesGoToTheEvenNeighbour() {
    for text in [
      "9007199254740993", "9007199254740995", "9007199254740993.0000000000000000000001", "16777217",
      "16777219", "16777217.0000001", "1.00000017881393432617187499", "1.000000178813934326171875",
      "0.5000000000000000555111512312578270", "18446744073709551615", "9999999999999999999e19",
      "9999999999999999999e-19", "5e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
      "1.7976931348623158e308", "1.7976931348623159e308", "3.4028235677973366e38", "1e-45", "7e-46",
      "0e999999", "-0", "0.000000000000000000000000000000000000000000001e45",
      "100000000000000000000000000000000000000000e-41",
    ] { check(text) }
  }
}
