// A stream of bytes cut into blocks of whole lines, each with the number of its first line, so that blocks
// can be parsed without knowing each other. One buffer of 1 MiB, more only for a longer line; every byte
// is copied once.

/// Whole lines, each ended by a newline, the last one too. Valid until the next block is asked for.
struct LineBlock {
  /// The lines; never empty, and the last byte is a newline.
  let bytes: UnsafeRawBufferPointer
  /// The number of the first line, counted from one.
  let firstLine: Int
}

/// Cuts a source into blocks of whole lines.
///
/// A comment line (`%` first) may have any length: what does not fit the buffer is dropped unseen. Any other
/// line must fit `longestLine` bytes.
final class LineBlocks {
  static let longestLine = 1 << 24

  private let source: any ByteSource
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  /// The bytes of `buffer` that have been read and not yet handed out.
  private var pending = 0..<0
  private var sourceEnded = false
  /// The number of the line that the next block starts with; after the last block, one beyond the last line.
  private(set) var nextLine = 1

  init(_ source: any ByteSource) { self.source = source }

  deinit { buffer.deallocate() }

  /// The next block, or nil at the end.
  ///
  /// - Throws: what the source throws; `badData` for a line that is too long.
  func next() throws(FileFormatError) -> LineBlock? {
    moveToFront()
    var searched = pending.upperBound
    while true {
      if let end = lastNewline(in: searched..<pending.upperBound) { return take(upTo: end + 1) }
      searched = pending.upperBound
      if pending.upperBound + 1 == buffer.count {
        try makeRoom()
        searched = 0
      } else if try readMore() == 0 {
        guard !pending.isEmpty else { return nil }
        buffer[pending.upperBound] = newline
        pending = 0..<pending.upperBound + 1
      }
    }
  }

  private func moveToFront() {
    guard pending.lowerBound > 0 else { return }
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[pending]))
    pending = 0..<pending.count
  }

  /// Reads behind the pending bytes, leaving room for one newline. Returns how many bytes came.
  private func readMore() throws(FileFormatError) -> Int {
    guard !sourceEnded else { return 0 }
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer[pending.upperBound..<buffer.count - 1])
    let count = try source.read(into: room)
    sourceEnded = count == 0
    pending = 0..<pending.upperBound + count
    return count
  }

  /// The buffer is full of one unfinished line: drops it if it is a comment, grows otherwise.
  private func makeRoom() throws(FileFormatError) {
    if nextLine > 1, buffer[pending].first(where: { !isBlank($0) }) == percent {
      try skipToNextLine()
    } else if pending.count >= LineBlocks.longestLine {
      throw FileFormatError(
        file: source.name, at: .line(nextLine, column: LineBlocks.longestLine),
        expected: "a line of fewer than \(LineBlocks.longestLine) bytes", found: "a longer one")
    } else {
      let larger = UnsafeMutableRawBufferPointer.allocate(
        byteCount: min(2 * buffer.count, LineBlocks.longestLine + 1), alignment: 16)
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[pending]))
      buffer.deallocate()
      buffer = larger
    }
  }

  /// Drops everything up to the next newline.
  private func skipToNextLine() throws(FileFormatError) {
    while true {
      pending = 0..<0
      guard try readMore() > 0 else { return }
      if let end = buffer[pending].firstIndex(of: newline) {
        pending = end + 1..<pending.upperBound
        nextLine += 1
        moveToFront()
        return
      }
    }
  }

  private func lastNewline(in range: Range<Int>) -> Int? {
    var position = range.upperBound
    while position > range.lowerBound {
      position -= 1
      if buffer[position] == newline { return position }
    }
    return nil
  }

  private func take(upTo end: Int) -> LineBlock {
    let lines = UnsafeRawBufferPointer(rebasing: buffer[0..<end])
    let firstLine = nextLine
    pending = end..<pending.upperBound
    nextLine += lines.reduce(0) { $0 &+ ($1 == newline ? 1 : 0) }
    return LineBlock(bytes: lines, firstLine: firstLine)
  }
}

let newline = UInt8(ascii: "\n")
let percent = UInt8(ascii: "%")

/// Whether a byte separates words within a line. A carriage return does: lines may end in CR LF.
@inline(__always)
func isBlank(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
}
