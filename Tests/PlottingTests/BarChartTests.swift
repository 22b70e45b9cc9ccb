import Foundation
import Testing

@testable import TesseraPlotting

@Suite struct BarChartTests {
  private func chart(_ values: [Double], hatched: Double = 0) -> BarChart {
    BarChart(
      panels: [
        .init(
          title: "a < b",
          bars: values.enumerated().map {
            .init(label: "bar \($0)", series: $0 % 2, value: $1, hatched: hatched, note: "note \($0)")
          })
      ],
      seriesNames: ["x & y", "z"], hatchedName: "waiting", axisName: "ms", title: "Bars")
  }

  /// The widths of the filled rectangles of the bars: those as high as a bar.
  private func widths(_ picture: Picture) -> [Double] {
    picture.elements("rect").filter { $0["height"] == "16" && $0["fill"] != "none" }
      .compactMap { $0["width"].flatMap { Double($0) } }
  }

  @Test(arguments: [
    [], [1], [0, 0], [.nan], [.infinity, 1], [-1, 2], [1e-300, 1e300], [3, 2, 1],
  ])
  func everyChartIsAValidPicture(values: [Double]) throws {
    for hatched in [0, 1, .nan, 1e9] {
      let picture = try #require(Picture(chart(values, hatched: hatched).svg().description))
      for text in ["Bars", "a < b", "x & y", "z", "waiting", "ms"] { #expect(picture.texts.contains(text)) }
      for k in values.indices {
        #expect(picture.texts.contains("bar \(k)") && picture.texts.contains("note \(k)"))
      }
    }
  }

  @Test func lengthsAreInProportionAndTheAxisBeginsAtZero() throws {
    let found = widths(try #require(Picture(chart([4, 2, 1, 0]).svg().description)))
    #expect(found.count == 4)
    #expect(abs(found[0] - 2 * found[1]) < 0.02 && abs(found[1] - 2 * found[2]) < 0.02 && found[3] == 0)
  }

  @Test func theHatchedPartIsTakenFromTheEndOfTheBar() throws {
    let whole = widths(try #require(Picture(chart([4]).svg().description)))
    let picture = try #require(Picture(chart([4], hatched: 1).svg().description))
    let solid = widths(picture)
    #expect(abs(solid[0] - 0.75 * whole[0]) < 0.02)
    let rest = picture.elements("rect").filter { $0["height"] == "16" && $0["fill"] == "none" }
    #expect(rest.count == 1)
    #expect(rest.first?["width"].flatMap { Double($0) }.map { abs($0 - 0.25 * whole[0]) < 0.02 } == true)
  }

  @Test func strokesStayInsideTheirRectangle() throws {
    let picture = try #require(Picture(chart([7, 3], hatched: 2.3).svg().description))
    let numbers = picture.elements("path").compactMap { $0["d"] }.flatMap { data in
      data.split { "ML ".contains($0) }.compactMap { Double($0) }
    }
    #expect(!numbers.isEmpty && numbers.count % 4 == 0)
    let frames = picture.elements("rect").filter { $0["fill"] == "none" && $0["stroke"] != nil }.map { rect in
      ["x", "y", "width", "height"].map { rect[$0].flatMap { Double($0) } ?? .nan }
    }
    for k in stride(from: 0, to: numbers.count, by: 2) {
      let (x, y) = (numbers[k], numbers[k + 1])
      #expect(
        frames.contains { frame in
          frame[0] - 0.02...frame[0] + frame[2] + 0.02 ~= x
            && frame[1] - 0.02...frame[1] + frame[3] + 0.02 ~= y
        })
    }
  }
}
