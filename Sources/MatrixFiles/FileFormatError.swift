// What is wrong with a file, where, and what was expected there: one line for a person, a kind for a
// program that chooses its exit code.

/// A file that cannot be read or written as asked.
public struct FileFormatError: Error, Equatable, Sendable {
  /// The family of an error; a command line maps each to one exit code.
  public enum Kind: Sendable, Hashable, CaseIterable {
    /// The arguments make no sense, whatever the file holds: an unknown format, say.
    case usage
    /// The input is missing, is not a file, or may not be read.
    case noInput
    /// The input is not what its format says, or does not fit what was asked.
    case badData
    /// The output cannot be created.
    case cannotCreate
    /// The system failed while reading or writing.
    case inputOutput
  }

  /// A place in a file.
  public enum Position: Sendable, Hashable {
    /// The file as a whole.
    case none
    /// A line and a column, counted from one; columns count bytes.
    case line(Int, column: Int)
    /// A byte, counted from zero: of a compressed file, a decompressed one, unless it is the compression
    /// that is damaged.
    case byte(Int)
  }

  /// What somebody who reads a file can say of it, so that it can be read.
  public enum Remedy: Sendable, Hashable, CaseIterable {
    /// Which of several matrices is meant.
    case member
    /// The format.
    case format
    /// What stands between the fields of a table.
    case delimiter
    /// Whether the first line of a table names the columns.
    case headerRow
  }

  /// The family of the error.
  public let kind: Kind
  /// The path as it was given; "standard input" or "standard output" for `-`.
  public let file: String
  /// Where in the file.
  public let position: Position
  /// What was expected and what was found instead.
  public let message: String
  /// What would help to be told; nil where nothing would.
  public let remedy: Remedy?

  /// An error of `kind` at `position` of `file`.
  public init(
    _ kind: Kind, file: String, at position: Position = .none, _ message: String, remedy: Remedy? = nil
  ) {
    self.kind = kind
    self.file = file
    self.position = position
    self.message = message
    self.remedy = remedy
  }

  /// Bad data at `position`: `expected` should stand there.
  init(file: String, at position: Position, expected: String, found: String, remedy: Remedy? = nil) {
    self.init(
      .badData, file: file, at: position, "expected \(expected), found \(found)", remedy: remedy)
  }
}

extension FileFormatError: CustomStringConvertible {
  /// One line: `A.mtx:17:5: expected a row index in 1...10, found "11"`.
  public var description: String {
    let name = printable(file.utf8, limit: .max)
    return switch position {
    case .none: "\(name): \(message)"
    case .line(let line, let column): "\(name):\(line):\(column): \(message)"
    case .byte(let offset): "\(name): byte \(offset): \(message)"
    }
  }
}

/// A piece of a file in quotation marks, cut after 40 bytes, what does not print as `\xNN`.
func quoted(_ bytes: some Collection<UInt8>) -> String {
  "\"" + printable(bytes, limit: 40) + (bytes.count > 40 ? "..." : "") + "\""
}

/// The bytes as one line of text: UTF-8 where it is valid, control characters as `\xNN`.
private func printable(_ bytes: some Collection<UInt8>, limit: Int) -> String {
  func hexadecimal(_ byte: UInt8) -> String { "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }
  var text = ""
  for character in String(decoding: bytes.prefix(limit), as: UTF8.self).unicodeScalars {
    switch character.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .format:
      text += String(character).utf8.map(hexadecimal).joined()
    default: text.unicodeScalars.append(character)
    }
  }
  return text
}
