// Options about what a matrix does not say of the file that it becomes, for subcommands that turn files into others; and
// what becomes of the names of a table's columns.

import ArgumentParser
import Tessera

/// How to write the output.
struct WritingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Character between the fields of a .csv or .tsv file that is written, \\t for a tab (default: comma, tab).",
      valueName: "character"))
  var outputDelimiter: String?

  func validate() throws { try checkDelimiter(outputDelimiter, option: "--output-delimiter") }

  /// The options as the library takes them, for an output in `format`. Names of the input's columns that have no place
  /// there are left out, with a note.
  func options(columnNames: [String], of input: String, to format: MatrixFileFormat) -> MatrixWriteOptions {
    let isTable = format == .csv || format == .tsv
    if !isTable, !columnNames.isEmpty {
      Report.note(
        "tessera: \(input): the names of the columns are left out: there are none in the format \(format.rawValue)"
      )
    }
    return MatrixWriteOptions(
      delimiter: outputDelimiter.flatMap(delimiterByte), columnNames: isTable ? columnNames : [])
  }
}
