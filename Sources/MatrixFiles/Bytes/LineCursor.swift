// A place in a block of lines that knows its line and column, and walks from word to word.

/// What UTF-8 text may begin with, and nothing else.
let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

/// A cursor over the bytes of a block of lines.
///
/// Every walk stops at a newline at the latest, and the block ends with one, so none can leave the block.
struct LineCursor {
  var place: UnsafePointer<UInt8>
  private(set) var line: Int
  private var lineStart: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>

  /// A cursor at the beginning of `block`, or nil when the block has no bytes.
  init?(_ block: LineBlock) {
    guard let start = block.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
    precondition(block.bytes.last == newline)
    place = start
    lineStart = start
    end = start + block.bytes.count
    line = block.firstLine
    // Spreadsheets begin their tables so; columns count its bytes, as those of every other character.
    if block.beginsFile, block.bytes.starts(with: byteOrderMark) { place += byteOrderMark.count }
  }

  /// Whether the block is exhausted. To be asked at the beginning of a line.
  @inline(__always) var isAtEnd: Bool { place >= end }

  /// How many bytes of the block are left.
  var remaining: Int { end - place }

  /// Whether the line is: only blanks were left.
  @inline(__always) var isAtEndOfLine: Bool { place.pointee == newline }

  /// Line and column of the cursor.
  var position: FileFormatError.Position { .line(line, column: place - lineStart + 1) }

  @inline(__always)
  mutating func skipBlanks() {
    while isBlank(place.pointee) { place += 1 }
  }

  /// Moves to the next byte that is no blank, or to `delimiter`, which may be one.
  @inline(__always)
  mutating func skipBlanks(but delimiter: UInt8) {
    while isBlank(place.pointee), place.pointee != delimiter { place += 1 }
  }

  /// Moves to the beginning of the next line.
  @inline(__always)
  mutating func skipLine() {
    while place.pointee != newline { place += 1 }
    place += 1
    line += 1
    lineStart = place
  }

  /// Moves to the first word of the next line that holds more than blanks or a comment, which begins with the
  /// byte `comment`; false when the block has none. To be called at the beginning of a line.
  @inline(__always)
  mutating func skipToContent(comment: UInt8 = percent) -> Bool {
    while !isAtEnd {
      skipBlanks()
      if place.pointee != newline, place.pointee != comment { return true }
      skipLine()
    }
    return false
  }

  /// The word at the cursor, empty at the end of the line.
  var word: UnsafeBufferPointer<UInt8> {
    var p = place
    while p.pointee != newline, !isBlank(p.pointee) { p += 1 }
    return UnsafeBufferPointer(start: place, count: p - place)
  }

  /// Takes the word at the cursor and the blanks behind it.
  mutating func takeWord() -> UnsafeBufferPointer<UInt8> {
    let taken = word
    place += taken.count
    skipBlanks()
    return taken
  }

  /// Takes a nonnegative integer, optionally with `+`, that a blank or the end of the line ends, and the
  /// blanks behind it; nil, and the cursor stays, when there is none that fits 64 bits.
  @inline(__always)
  mutating func takeInteger() -> Int? {
    guard let value = takeInteger(before: newline) else { return nil }
    skipBlanks()
    return value
  }

  /// Takes a nonnegative integer, optionally with `+`, that a blank, the end of the line or `delimiter` ends;
  /// nil, and the cursor stays, when there is none that fits 64 bits.
  @inline(__always)
  mutating func takeInteger(before delimiter: UInt8) -> Int? {
    var p = place
    if p.pointee == UInt8(ascii: "+") { p += 1 }
    let firstDigit = p
    var value = 0
    var digit = p.pointee &- UInt8(ascii: "0")
    while digit < 10 {
      value = value &* 10 &+ Int(digit)
      p += 1
      digit = p.pointee &- UInt8(ascii: "0")
    }
    guard p > firstDigit, isBlank(p.pointee) || p.pointee == newline || p.pointee == delimiter else {
      return nil
    }
    // 18 digits always fit; more may have wrapped around.
    if p - firstDigit > 18 {
      guard let checked = checkedInteger(firstDigit, p) else { return nil }
      value = checked
    }
    place = p
    return value
  }

  /// The number that the digits write, nil beyond 64 bits.
  @inline(never)
  private func checkedInteger(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int? {
    var value = 0
    for digit in UnsafeBufferPointer(start: start, count: end - start) {
      let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, tooLargeSum) = tens.addingReportingOverflow(Int(digit &- UInt8(ascii: "0")))
      if tooLarge || tooLargeSum { return nil }
      value = sum
    }
    return value
  }

  /// The word at the cursor for a message.
  var found: String { isAtEndOfLine ? "the end of the line" : quoted(word) }
}
