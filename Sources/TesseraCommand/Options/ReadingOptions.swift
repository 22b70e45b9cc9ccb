// Options about what a matrix file does not say of itself, for every subcommand that reads one.

import ArgumentParser
import Tessera

extension MatrixReadOptions.HeaderRow: ExpressibleByArgument {}

/// How to read the input.
struct ReadingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Character between the fields of a .csv or .tsv file that is read, \\t for a tab (default: comma, tab).",
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
    parsing: .unconditional,
    help: ArgumentHelp(
      "Number of columns of an svmlight file (default: its largest).", valueName: "count"))
  var featureColumns: Int?

  @Option(help: ArgumentHelp("Which matrix of an .npz, .tar.gz or .h5 file to read.", valueName: "name"))
  var member: String?

  func validate() throws {
    try checkDelimiter(delimiter, option: "--delimiter")
    if let featureColumns, featureColumns < 0 {
      throw ValidationError("--feature-columns cannot be negative")
    }
  }

  /// The options as the library takes them.
  var options: MatrixReadOptions {
    MatrixReadOptions(
      delimiter: delimiter.flatMap(delimiterByte), headerRow: headerRow, isZeroBased: zeroBased,
      columns: featureColumns, member: member)
  }
}

/// The byte that an option about delimiters names; nil for what is none.
func delimiterByte(_ text: String) -> UInt8? {
  text == "\\t" ? UInt8(ascii: "\t") : text.utf8.count == 1 ? text.utf8.first : nil
}

/// Checks the value of an option about delimiters, if it was given.
func checkDelimiter(_ text: String?, option: String) throws {
  guard let text else { return }
  // What may stand in a number would cut it.
  guard let byte = delimiterByte(text), !Array("\n\r\"#+-.0123456789deijDEIJ".utf8).contains(byte) else {
    throw ValidationError(
      "\(option) takes one ASCII character (\\t is a tab) that is no part of a number, and no line end, "
        + "quotation mark or #")
  }
}
