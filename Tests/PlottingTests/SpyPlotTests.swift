import TesseraLocalMatrices
import Testing

@testable import TesseraPlotting

@Suite struct SpyPlotTests {
  @Test func brailleOfAnArrowMatrix() throws {
    let arrow = DenseMatrix<Double>(rows: 8, columns: 8) { i, j in i == j || i == 0 || j == 0 ? 1 : 0 }
    var plot = SpyPlot(matrix: LocalMatrix.dense(arrow))
    let expected = """
      ┌────┐
      │⡟⢍⠉⠉│
      │⡇⠀⠑⢄│
      └────┘
      8 × 8, 22 entries, density 0.344

      """
    #expect(plot.braille() == expected)
    plot.rowBoundaries = [4]
    plot.columnBoundaries = [4]
    #expect(plot.braille().hasPrefix("┌──┬─┐\n│⡟⢍⠉⠉│\n├⡇⠀⠑⢄┤\n└──┴─┘\n"))
  }

  @Test(arguments: [(1, 1), (8, 8), (1000, 1000), (3, 100_000), (100_000, 3), (0, 17), (17, 0)])
  func brailleStaysInsideItsLimits(rows: Int, columns: Int) {
    let plot = SpyPlot(rows: rows, columns: columns) { insert in
      for k in 0..<min(rows, columns) { insert(k, k) }
    }
    for (width, height) in [(80, 24), (20, 6), (3, 4), (1, 1)] {
      let lines = plot.braille(width: width, height: height).split(separator: "\n")
      #expect(lines.count <= max(4, height))
      #expect(lines.dropLast().allSatisfy { $0.count <= max(3, width) })
      #expect(Set(lines.dropLast().map(\.count)).count == 1)
    }
  }

  @Test func denseSparseAndTripletsDrawTheSamePattern() throws {
    var random = Random(seed: 3)
    let dense = DenseMatrix<Double>(rows: 40, columns: 25) { _, _ in
      Int.random(in: 0..<5, using: &random) == 0 ? 1 : 0
    }
    let picture = SpyPlot(matrix: LocalMatrix.dense(dense)).svg().description
    #expect(SpyPlot(matrix: LocalMatrix.sparse(dense.sparse())).svg().description == picture)
    #expect(SpyPlot(triplets: dense.triplets()).svg().description == picture)
  }

  @Test(arguments: [
    (0, 0), (0, 17), (17, 0), (1, 1), (1, 100_000), (100_000, 1), (12, 12), (321, 7),
    (2_000_000_000, 2_000_000_000), (.max, .max),
  ])
  func everyShapeIsAValidPicture(rows: Int, columns: Int) throws {
    var random = Random(seed: 4)
    for entries in [0, 1, 300] where entries == 0 || rows > 0 && columns > 0 {
      for base in 0...1 {
        var plot = SpyPlot(rows: rows, columns: columns, title: "<a & \"b\">\u{1}") { insert in
          for _ in 0..<entries {
            insert(Int.random(in: 0..<rows, using: &random), Int.random(in: 0..<columns, using: &random))
          }
        }
        plot.indexBase = base
        plot.rowBoundaries = [0, rows / 2, rows]
        plot.columnBoundaries = [columns / 3]
        let picture = try #require(Picture(plot.svg().description))
        #expect(picture.texts.contains("<a & \"b\">\u{FFFD}"))
        #expect(picture.texts.contains(plot.summary))
        #expect(picture.texts.contains("no entries") == (entries == 0))
        #expect((picture.elements("svg").count == 2) == (entries > 0))
      }
    }
  }

  @Test func strokesCoverExactlyTheOccupiedCells() throws {
    var random = Random(seed: 5)
    var grid = SpyPlot.emptyGrid(rows: 60, columns: 45)
    for _ in 0..<900 {
      grid.insert(Int.random(in: 0..<60, using: &random), Int.random(in: 0..<45, using: &random))
    }
    var covered = Set<[Int]>()
    for path in grid.paths(colors: 6) {
      var (x, y) = (0, 0)
      for stroke in path.split(separator: "m") {
        let parts = stroke.split { $0 == " " || $0 == "h" }.map { $0.replacing(".5", with: "") }
        let numbers = try parts.map { try #require(Int($0)) }
        (x, y) = (x + numbers[0], y + numbers[1])
        for column in x..<(x + numbers[2]) {
          #expect(covered.insert([y, column]).inserted)
        }
        x += numbers[2]
      }
    }
    let occupied = (0..<60).flatMap { r in (0..<45).filter { grid[r, $0] > 0 }.map { [r, $0] } }
    #expect(covered == Set(occupied))
  }

  @Test func theWorstPatternStaysBelowAMegabyte() {
    var random = Random(seed: 6)
    var plot = SpyPlot(rows: 320_000, columns: 320_000) { insert in
      for r in 0..<320 {
        for c in 0..<320 {
          for _ in 0..<(1 << Int.random(in: 0..<6, using: &random)) { insert(r * 1000, c * 1000) }
        }
      }
    }
    plot.rowBoundaries = Array(0..<320_000)
    plot.columnBoundaries = Array(0..<320_000)
    #expect(plot.svg().description.utf8.count < 1_000_000)
  }

  @Test func anErrorOfTheSourceIsPassedOn() {
    struct Failure: Error {}
    #expect(throws: Failure.self) {
      try SpyPlot(rows: 2, columns: 2) { insert throws(Failure) in
        insert(0, 0)
        throw Failure()
      }
    }
  }
}
