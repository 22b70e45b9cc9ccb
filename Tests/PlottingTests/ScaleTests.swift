import Testing

@testable import TesseraPlotting

@Suite struct ScaleTests {
  @Test func linearTicksAreRoundedAndCoverTheRange() {
    #expect(Scale.linear(0, 4.7).ticks.map(\.label) == ["0", "1", "2", "3", "4", "5"])
    #expect(Scale.linear(-0.03, 0.05).ticks.map(\.label) == ["-0.04", "-0.02", "0", "0.02", "0.04", "0.06"])
    #expect(Scale.linear(0, 3, ticks: 10, whole: true).ticks.map(\.label) == ["0", "1", "2", "3"])
  }

  @Test(arguments: [
    (0.0, 0.0), (5, 5), (-1e300, 1e300), (-1.7e308, 1.7e308), (0, 5e-300), (1e15, 1e15),
    (1, 1.000000000000001),
  ])
  func linearTicksAscendFromEndToEnd(lower: Double, upper: Double) {
    let scale = Scale.linear(lower, upper)
    #expect(scale.lower <= lower && scale.upper >= upper && scale.lower < scale.upper)
    #expect((2...14).contains(scale.ticks.count))
    #expect(zip(scale.ticks, scale.ticks.dropFirst()).allSatisfy { $0.value < $1.value })
    for tick in scale.ticks { #expect((0...1).contains(scale.position(tick.value))) }
  }

  @Test func logarithmicTicksAreDecades() {
    #expect(
      Scale.logarithmic(2e-4, 30).ticks.map(\.label) == ["10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰", "10¹", "10²"])
    #expect(Scale.logarithmic(1, 9).ticks.map(\.label) == ["10⁰", "2·10⁰", "5·10⁰", "10¹"])
    #expect(Scale.logarithmic(1e-15, 1).ticks.map(\.label).first == "10⁻¹⁶")
  }

  @Test(
    arguments: [(1e-300, 1e300), (Double.leastNonzeroMagnitude, 1), (1e-5, 1e-5), (3, 1.7e308)]
      as [(Double, Double)])
  func logarithmicTicksAscendAtAnyMagnitude(lower: Double, upper: Double) {
    let scale = Scale.logarithmic(lower, upper)
    #expect((2...14).contains(scale.ticks.count))
    #expect(zip(scale.ticks, scale.ticks.dropFirst()).allSatisfy { $0.value < $1.value })
    #expect((0...1).contains(scale.position(lower)) && (0...1).contains(scale.position(upper)))
    #expect(scale.position(lower) <= scale.position(upper))
  }

  @Test func indicesNameTheFirstAndRoundNumbers() {
    #expect(Scale.indices(12, base: 1).ticks.map(\.label) == ["1", "2", "4", "6", "8", "10", "12"])
    #expect(Scale.indices(12, base: 0).ticks.map(\.label) == ["0", "2", "4", "6", "8", "10"])
    #expect(
      Scale.indices(1_000_000, base: 1).ticks.map(\.label) == ["1", "200k", "400k", "600k", "800k", "1M"])
    #expect(Scale.indices(0, base: 1).ticks.isEmpty)
    #expect(Scale.indices(.max, base: 0).ticks.map(\.label) == ["0", "2E", "4E", "6E", "8E"])
  }
}
