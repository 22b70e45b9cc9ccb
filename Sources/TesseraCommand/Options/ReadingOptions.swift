// Options about what a matrix file does not say of itself, for every subcommand that reads one.

import ArgumentParser
import Tessera

extension MatrixReadOptions.HeaderRow: ExpressibleByArgument {}

/// How to read the input.
struct ReadingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Character between the fields of a .csv or .tsv file, \\t for a tab (default: comma, tab).",
      valueName: "character"))
  var delimiter: String?

  @Option(
    help: ArgumentHelp(
      "Whether the first line of a .csv or .tsv file names the columns: auto (if no field begins like a number), present, absent.",
      valueName: "when"))
  var headerRow: MatrixReadOptions.HeaderRow = .auto

  @Flag(help: "The columns of an svmlight file count from zero.")
  var zeroBased = false

  @Option(
    help: ArgumentHelp(
      "Number of columns of an svmlight file (default: its largest).", valueName: "count"))
  var featureColumns: Int?

  @Option(help: ArgumentHelp("Which matrix of an .npz, .tar.gz or .h5 file to read.", valueName: "name"))
  var member: String?

  func validate() throws {
    if delimiter != nil {
      // What may stand in a number would cut it.
      guard let byte = delimiterByte, !Array("\n\r\"#+-.0123456789deijDEIJ".utf8).contains(byte) else {
        throw ValidationError(
          "--delimiter takes one ASCII character (\\t is a tab) that is no part of a number, and no line end, "
            + "quotation mark or #")
      }
    }
    if let featureColumns, featureColumns < 0 {
      throw ValidationError("--feature-columns cannot be negative")
    }
  }

  private var delimiterByte: UInt8? {
    if delimiter == "\\t" { return UInt8(ascii: "\t") }
    return delimiter.flatMap { $0.utf8.count == 1 ? $0.utf8.first : nil }
  }

  /// The options as the library takes them.
  var options: MatrixReadOptions {
    MatrixReadOptions(
      delimiter: delimiterByte, headerRow: headerRow, isZeroBased: zeroBased,
      columns: featureColumns, member: member)
  }
}
