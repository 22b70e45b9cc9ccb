// tessera spy FILE [OUT.svg]: a picture of where the entries are.

import ArgumentParser
import Foundation
import Tessera

struct Spy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw the pattern of a matrix, in the terminal or as SVG.",
    discussion: """
      Large matrices are binned: the darker a cell, the more entries, on a logarithmic scale. With --partitions the \
      cuts between the slabs of a row matrix are drawn.
      """)

  @Argument(help: "The matrix file, or - for standard input.")
  var file: String

  @Argument(help: ArgumentHelp("The picture to write; the terminal when absent.", valueName: "out.svg"))
  var picture: String?

  @Option(help: ArgumentHelp("Draw the cuts of a row matrix in this many slabs.", valueName: "n"))
  var partitions: Int?

  @Option(
    help: ArgumentHelp("Format of the file, where its name does not tell: mtx, npy.", valueName: "format"))
  var format: MatrixFileFormat?

  @Option(
    help: ArgumentHelp(
      "Show progress on standard error: auto (on a terminal), always, never.", valueName: "when"))
  var progress: ProgressBar.Mode = .auto

  func validate() throws {
    if let partitions, partitions < 1 || partitions > 10_000 {
      throw ValidationError("--partitions is \(partitions), expected 1 to 10000.")
    }
  }

  func run() async throws {
    try await Report.errors {
      try checkPicture(picture)
      try checkOutputs([picture], input: file)
      // Real numbers lose nothing as complex ones, and only the pattern counts.
      let (_, contents) = try readMatrix(
        file, as: Complex<Double>.self, format: format, progress: progress)
      var plot: SpyPlot
      switch contents {
      case .triplets(let triplets): plot = SpyPlot(triplets: triplets, title: file)
      case .dense(let dense): plot = SpyPlot(matrix: .dense(dense), title: file)
      }
      if let partitions {
        let cuts = try LocalMatrix(contents).slabCuts(parts: partitions)
        plot.rowBoundaries = Array(cuts.bounds.dropFirst().dropLast())
      }
      if let picture {
        try plot.svg().write(toFile: picture)
        try Report.result("\(picture): \(plot.summary)")
      } else {
        let (width, height) = terminalSize()
        try Report.result(plot.braille(width: width, height: height))
      }
    }
  }

  /// Columns and lines of the terminal, or 80 by 24 where there is none.
  private func terminalSize() -> (width: Int, height: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }
}
