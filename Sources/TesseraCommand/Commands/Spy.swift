// tessera spy FILE [OUT.svg]: a picture of where the entries are.

import ArgumentParser
import Foundation
import Tessera

struct Spy: AsyncParsableCommand {
  /// What the cuts are those of.
  enum Layout: String, CaseIterable, ExpressibleByArgument {
    case row, block
  }

  static let configuration = CommandConfiguration(
    abstract: "Draw the pattern of a matrix, in the terminal or as SVG.",
    discussion: """
      Large matrices are binned: the darker a cell, the more entries, on a logarithmic scale. With --partition the cuts \
      are drawn: row, between slabs of nearly equally many nonzeros; block, between the blocks of a grid that is balanced \
      in both directions. (The chunks of a coordinate matrix lie anywhere: there is nothing to draw.)
      """)

  @Argument(help: "The matrix file, or - for standard input.", completion: .file())
  var file: String

  @Argument(
    help: ArgumentHelp(
      "The picture to write, or - for standard output; the terminal when absent.", valueName: "out.svg"),
    completion: .file())
  var picture: String?

  @Option(help: ArgumentHelp("Draw the cuts of a row or block matrix: row, block.", valueName: "layout"))
  var partition: Layout?

  @Option(
    name: [.customLong("parts"), .customLong("partitions")],
    parsing: .unconditional, help: ArgumentHelp("In how many slabs or blocks (default: 4).", valueName: "n"))
  var parts: Int?

  @Option(
    help: ArgumentHelp(
      "Format of the file, where its name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @OptionGroup var reading: ReadingOptions

  @Option(
    help: ArgumentHelp(
      "Show progress on standard error: auto (on a terminal), always, never.", valueName: "when"))
  var progress: ProgressBar.Mode = .auto

  func validate() throws {
    if let parts, parts < 1 || parts > 10_000 {
      throw ValidationError("--parts is \(parts), expected 1 to 10000.")
    }
  }

  func run() async throws {
    try await Report.errors {
      try checkPicture(picture)
      try checkOutputs([picture], input: file)
      // Real numbers lose nothing as complex ones, and only the pattern counts.
      let (_, contents) = try readMatrix(
        file, as: Complex<Double>.self, format: format, options: reading.options, progress: progress)
      var plot: SpyPlot
      switch contents {
      case .triplets(let triplets): plot = SpyPlot(triplets: triplets, title: file)
      case .dense(let dense): plot = SpyPlot(matrix: .dense(dense), title: file)
      }
      if partition != nil || parts != nil {
        let matrix = try LocalMatrix(contents)
        let (rowParts, columnParts) =
          partition == .block ? squarestGrid(parts ?? 4, matrix.shape) : (parts ?? 4, 1)
        plot.rowBoundaries = inner(matrix.slabCuts(parts: rowParts))
        plot.columnBoundaries = inner(matrix.transposed().slabCuts(parts: columnParts))
      }
      if let picture {
        try plot.svg().write(toFile: StandardOutput.opened(picture))
        try Report.written(picture, plot.summary, json: nil)
      } else {
        let (width, height) = terminalSize()
        // It ends its own last line.
        try Report.result(String(plot.braille(width: width, height: height).dropLast()))
      }
    }
  }

  private func inner(_ cuts: Cuts) -> [Int] { Array(cuts.bounds.dropFirst().dropLast()) }

  /// Columns and lines of the terminal, or 80 by 24 where there is none.
  private func terminalSize() -> (width: Int, height: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }
}
