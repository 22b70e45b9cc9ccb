// Options about what a matrix file does not say of itself, for every subcommand that reads one.

import ArgumentParser
import Tessera

extension MatrixReadOptions.HeaderRow: ExpressibleByArgument {}

/// How to read the input.
struct ReadingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Character between the fields of a .csv or .tsv file (default: comma, tab).", valueName: "character"))
  var delimiter: String?

  @Option(
    help: ArgumentHelp(
      "Whether the first line of a .csv or .tsv file names the columns: auto (if it has no number), present, absent.",
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
    if let delimiter, delimiter.utf8.count != 1 || "\n\r\"#".contains(delimiter) {
      throw ValidationError("--delimiter takes one ASCII character, and no line end, quotation mark or #")
    }
    if let featureColumns, featureColumns < 0 {
      throw ValidationError("--feature-columns cannot be negative")
    }
  }

  /// The options as the library takes them.
  var options: MatrixReadOptions {
    MatrixReadOptions(
      delimiter: delimiter?.utf8.first, headerRow: headerRow, isZeroBased: zeroBased,
      columns: featureColumns, member: member)
  }
}
