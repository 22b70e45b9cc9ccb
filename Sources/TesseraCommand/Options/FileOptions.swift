// Options about files that several subcommands share.

import ArgumentParser
import Tessera

extension MatrixFileFormat: ExpressibleByArgument {}

extension ScalarKind: ExpressibleByArgument {}

extension ProgressBar.Mode: ExpressibleByArgument {}

/// How to show a result and its progress.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print the result as one JSON object.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Show progress on standard error: auto (on a terminal), always, never.", valueName: "when"))
  var progress: ProgressBar.Mode = .auto
}

/// Reads the matrix in `path` with a progress bar.
func readMatrix<S: Scalar>(
  _ path: String, as scalar: S.Type, format: MatrixFileFormat?, progress: ProgressBar.Mode
) throws(FileFormatError) -> (header: MatrixFileHeader, contents: MatrixContents<S>) {
  var bar: ProgressBar?
  defer { bar?.finish() }
  return try MatrixFile.read(path, as: S.self, format: format) { state in
    if bar == nil {
      bar = ProgressBar(
        label: "reading \(path)", total: state.totalBytes, unit: .bytes, mode: progress)
    }
    bar?.advance(to: state.bytesRead)
  }
}

/// Writes `contents` to `path` with a progress bar.
func writeMatrix<S: Scalar>(
  _ contents: MatrixContents<S>, to path: String, format: MatrixFileFormat? = nil,
  symmetry: MatrixSymmetry = .general, progress: ProgressBar.Mode
) throws(FileFormatError) {
  let bar = ProgressBar(label: "writing \(path)", total: nil, unit: .bytes, mode: progress)
  defer { bar.finish() }
  try MatrixFile.write(contents, to: path, format: format, symmetry: symmetry) { bar.advance(to: $0) }
}
