// Options about two files that are read: what is said of how to read one is said of both, where it fits.

import ArgumentParser
import Tessera

struct InputPair: ParsableArguments {
  @Argument(help: "The file of the matrix A, or - for standard input.", completion: .file())
  var left: String

  @Argument(help: "The file of the matrix B, or - for standard input.", completion: .file())
  var right: String

  @Option(
    help: ArgumentHelp(
      "Format to read of each input whose name does not tell: \(MatrixFileFormat.names).", valueName: "format"
    ))
  var inputFormat: MatrixFileFormat?

  @OptionGroup var reading: ReadingOptions

  /// What the options mean for two files, for help.
  static let discussion = """
    What is said of how to read a file, as --delimiter or --member, is said of both files, where it fits; \
    `tessera convert` makes a file of one of several matrices in another.
    """

  func validate() throws { try checkInputs(left, right) }

  /// The format to read `path` in; nil where its name tells.
  func format(of path: String) -> MatrixFileFormat? { formatOfOne(path, told: inputFormat) }

  /// The narrowest scalar that holds what both files hold, double precision for what can be read only once.
  func scalar() throws(FileFormatError) -> ScalarKind {
    var kind = ScalarKind.float
    for path in [left, right] {
      kind = kind.wider(
        try scalarOfFile(path, format: format(of: path), options: reading.options) ?? .double)
    }
    return kind
  }
}
