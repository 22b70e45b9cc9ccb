import Foundation
import Testing

@testable import TesseraPlotting

@Suite struct LinePlotTests {
  @Test func cumulativeShareUsesTheGivenTotal() {
    var plot = ScreePlot(singularValues: [4, 2, 2])
    let shares: [Double] = [16.0 / 24, 20.0 / 24, 1]
    #expect(plot.cumulativeShares().map(\.element) == shares)
    plot.frobeniusNorm = 8
    #expect(plot.cumulativeShares().map(\.element) == [0.25, 0.3125, 0.375])
    plot.singularValues = [3e200, 1e-200]
    plot.frobeniusNorm = nil
    #expect(plot.cumulativeShares().map(\.element) == [1, 1])
  }

  @Test(arguments: [
    [], [2.5], [0, 0], [.nan], [5, 4, 3], [1e3, 1e-9, 0], [.infinity, 1], [1e300, 1e-300], [-1, -2],
  ])
  func everyScreeIsAValidPicture(values: [Double]) throws {
    for total in [nil, 0, 1e6, .nan] {
      let plot = ScreePlot(singularValues: values, frobeniusNorm: total, title: "a < b")
      let picture = try #require(Picture(plot.svg().description))
      #expect(picture.texts.contains("a < b"))
    }
  }

  @Test func zerosStandAtTheFloorAndAreNamed() throws {
    let picture = try #require(Picture(ScreePlot(singularValues: [1e3, 1, 0, 0]).svg().description))
    #expect(picture.texts.contains("2 zeros drawn at the floor of the axis"))
    let hollow = picture.elements("circle").filter { $0["fill"] == Palette.background }
    #expect(hollow.count == 2)
    #expect(Set(hollow.compactMap { $0["cy"] }).count == 1)
  }

  @Test func everyConvergenceIsAValidPicture() throws {
    for residuals in [
      [], [1.0], [0, 0], [1e-3, .nan, 1e-5, 1e-7], [.infinity], [1, .leastNonzeroMagnitude],
      [1, .leastNonzeroMagnitude, 0],
    ] {
      let plot = ConvergencePlot(
        series: [.init(name: "x & y", residuals: residuals), .init(name: "z", residuals: [])],
        tolerance: 1e-6)
      let picture = try #require(Picture(plot.svg().description))
      #expect(picture.texts.contains("x & y") && picture.texts.contains("tolerance 1.00e-06"))
    }
  }

  @Test func aResidualThatIsNotFiniteInterruptsItsLine() throws {
    let plot = ConvergencePlot(series: [.init(name: "x", residuals: [1, 0.1, .nan, 0.01, 0.001])])
    let picture = try #require(Picture(plot.svg().description))
    #expect(picture.elements("polyline").count == 2)
  }

  @Test func nothingIsDrawnOutsideThePicture() throws {
    let series = (0..<9).map { k in
      ConvergencePlot.Series(
        name: String(repeating: "name ", count: k),
        residuals: (0..<30).map { pow(0.1 * Double(k + 1), Double($0)) })
    }
    let picture = try #require(Picture(ConvergencePlot(series: series).svg().description))
    let width = try #require(picture.elements("svg").first?["width"].flatMap(Double.init))
    let height = try #require(picture.elements("svg").first?["height"].flatMap(Double.init))
    for text in picture.elements("text") + picture.elements("circle") {
      let x = try #require((text["x"] ?? text["cx"]).flatMap(Double.init))
      let y = try #require((text["y"] ?? text["cy"]).flatMap(Double.init))
      #expect((0...width).contains(x) && (0...height).contains(y))
    }
  }

  @Test func picturesAreWrittenWhole() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).svg").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let picture = ScreePlot(singularValues: [2, 1]).svg()
    try picture.write(toFile: path)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == picture.description)
  }
}
