import Testing
import TesseraInstrumentation

@Suite struct TextTests {
  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (1_234_567, "1.23 MB"), (999_499, "999 kB"),
    (999_500, "1.00 MB"), (-1500, "-1.50 kB"), (.max, "9.22 EB"),
  ])
  func bytesHaveThreeDigitsAndAUnit(count: Int, text: String) {
    #expect(Text.bytes(count) == text)
  }

  @Test(arguments: [
    (0, "0 ns"), (999, "999 ns"), (12_300, "12.3 us"), (12_345_678, "12.3 ms"),
    (59_900_000_000, "59.9 s"), (59_960_000_000, "1 min 00 s"), (123_000_000_000, "2 min 03 s"),
    (3_599_600_000_000, "1 h 00 min"), (3_720_000_000_000, "1 h 02 min"),
  ])
  func durationsChangeUnitWithoutGaps(nanoseconds: Int, text: String) {
    #expect(Text.duration(nanoseconds: nanoseconds) == text)
  }

  @Test(arguments: [
    (0.0, "0"), (1, "1.00"), (9.996, "10.0"), (0.0123, "0.0123"), (789, "789"), (123_456, "123456"),
    (1.2e-7, "1.20e-07"), (9.999e9, "1.00e+10"), (Double.leastNonzeroMagnitude, "4.94e-324"),
    (-2.5e300, "-2.50e+300"),
    (.infinity, "inf"), (.nan, "nan"),
  ])
  func significantDigitsAreThreeAtAnyMagnitude(x: Double, text: String) {
    #expect(Text.significant(x) == text)
  }

  @Test func fixedRoundsAndKeepsItsDigits() {
    #expect(Text.fixed(1.005, 1) == "1.0")
    #expect(Text.fixed(-0.04, 1) == "0.0")
    #expect(Text.fixed(-12.36, 1) == "-12.4")
    #expect(Text.fixed(0.5, 3) == "0.500")
    #expect(Text.fixed(41.7, 0) == "42")
    #expect(Text.fixed(1e300, 2) == "1e+300")
  }

  @Test func countsAreGroupedOrCompact() {
    #expect(Text.grouped(0) == "0")
    #expect(Text.grouped(999) == "999")
    #expect(Text.grouped(-1_234_567) == "-1,234,567")
    #expect(Text.grouped(.min) == "-9,223,372,036,854,775,808")
    #expect(Text.compact(1_250_000) == "1.25M")
    #expect(Text.compact(999) == "999")
  }

  @Test func clocksShowHoursOnlyWhenThereAreSome() {
    #expect(Text.clock(nanoseconds: 7_000_000_000) == "0:07")
    #expect(Text.clock(nanoseconds: 754_000_000_000) == "12:34")
    #expect(Text.clock(nanoseconds: 3_723_000_000_000) == "1:02:03")
  }

  @Test func controlCharactersDoNotReachTheTerminal() {
    #expect(Text.printable("a\u{1B}[31mb\nc") == "a\u{FFFD}[31mb\u{FFFD}c")
    #expect(Text.printable("häß.mtx") == "häß.mtx")
  }
}
