// What a file of text is not, told by its beginning: UTF-16, and lines that a carriage return alone ends. Both would be
// blamed for something odd further on. Where it is neither, only the first line is looked at, once.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Looks at a text, as its bytes come, until the first line has ended.
struct TextStart {
  /// How many bytes have been looked at.
  private var count = 0
  private var first: UInt8 = 0
  /// The column of a carriage return that was the last byte so far.
  private var returnColumn: Int?
  private(set) var hasEnded = false

  /// Looks at the bytes that come next.
  ///
  /// - Throws: `badData` for UTF-16 and for a first line that ends in a carriage return alone.
  mutating func look(at bytes: UnsafeRawBufferPointer, file: String) throws(FileFormatError) {
    var next = 0
    while next < bytes.count, !hasEnded {
      let byte = bytes[next]
      if count == 1, (first, byte) == (0xff, 0xfe) || (first, byte) == (0xfe, 0xff) {
        throw FileFormatError(
          .badData, file: file, at: .line(1, column: 1), "the file is UTF-16 text; convert it to UTF-8")
      }
      if count == 0 { first = byte }
      if let column = returnColumn {
        guard byte == newline || byte == carriageReturn else {
          throw FileFormatError(
            .badData, file: file, at: .line(1, column: column),
            "the lines end in CR alone, as those of old Macintosh files; convert them to end in LF or CR LF")
        }
        hasEnded = true
      } else if byte == newline {
        hasEnded = true
      } else if byte == carriageReturn {
        returnColumn = count + 1
      }
      count += 1
      next += 1
      // Behind the two bytes of a mark only the end of the line matters.
      guard count >= 2, returnColumn == nil, !hasEnded else { continue }
      let rest = UnsafeRawBufferPointer(rebasing: bytes[next...])
      let line = UnsafeRawBufferPointer(rebasing: rest[..<(place(of: newline, in: rest) ?? rest.count)])
      let skipped = place(of: carriageReturn, in: line) ?? line.count
      count += skipped
      next += skipped
    }
  }
}

/// Where the first `byte` stands among `bytes`.
func place(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
  guard let start = bytes.baseAddress, let found = memchr(start, Int32(byte), bytes.count) else { return nil }
  return start.distance(to: UnsafeRawPointer(found))
}

private let carriageReturn = UInt8(ascii: "\r")
