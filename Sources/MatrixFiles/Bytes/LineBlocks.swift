// A stream of bytes cut into blocks of whole lines, each with the number of its first line, so that blocks
// can be parsed without knowing each other. One buffer of 1 MiB, more only for a longer line and as long as that is
// there: half as much again while the buffer grows. Every byte is copied once, of a long line twice. A buffer can be
// exchanged for another, so that blocks are parsed while the next is read.

import TesseraLocalMatrices

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whole lines, each ended by a newline, the last one too, and `slack` readable bytes behind them. Valid
/// until the next block is asked for.
///
/// `@unchecked Sendable`: bytes that nobody writes as long as the block is valid.
struct LineBlock: @unchecked Sendable {
  /// How many bytes behind the last newline can be read, whatever they are: eight digits are looked at at
  /// once.
  static let slack = 8

  /// The lines; never empty, and the last byte is a newline.
  let bytes: UnsafeRawBufferPointer
  /// The number of the first line, counted from one.
  let firstLine: Int
  /// Whether nothing stands before the first line.
  let beginsFile: Bool
  /// Whether it is a line that only a row can be: one is enough at a time.
  var isLong: Bool { bytes.count > LineBlocks.longestEntry }
}

/// Cuts a source into blocks of whole lines.
///
/// A comment line may have any length: what does not fit the buffer is dropped unseen. For any other line there is a
/// limit, because a small compressed file may unpack to a line that does not end.
final class LineBlocks {
  /// What a line is.
  enum Line {
    /// An entry of Matrix Market's, and a comment behind %: 16 MiB at most.
    case entry
    /// A row of a table or of an svmlight file, and a comment behind #: 256 MiB at most, ten million numbers. In a file
    /// on a disk, which cannot grow by being read, whatever a quarter of this machine's memory holds.
    case row
  }

  /// The bytes of the longest line that is no row.
  fileprivate static let longestEntry = 1 << 24
  /// The bytes of the longest row of what is unpacked or piped.
  static let longestStreamedRow = 1 << 28
  /// The size of a block where nobody asks for another.
  static let blockSize = 1 << 20

  /// Where the lines come from.
  let source: any ByteSource
  private let longestLine: Int
  /// What a comment line begins with.
  private let comment: UInt8
  private let blockSize: Int
  /// Holds a block, one more newline where the last line has none, and the slack.
  private var buffer: UnsafeMutableRawBufferPointer
  /// The bytes of `buffer` that have been read and not yet handed out.
  private var pending = 0..<0
  private var sourceEnded = false
  /// The number of the line that the next block starts with; after the last block, one beyond the last line.
  private(set) var nextLine: Int
  /// Whether the next block is the first of its file.
  private var beginsFile: Bool
  /// Looks at the first line, if nothing stands before it.
  private var start: TextStart?
  /// How many bytes the blocks handed out so far, and what was dropped, take in the source; one more behind a
  /// last line without a newline.
  private(set) var consumedBytes = 0

  /// - Parameters:
  ///   - line: what a line is.
  ///   - blockSize: the bytes of a block, unless a line has more.
  ///   - firstLine: the number of the source's first line.
  ///   - beginsFile: whether nothing stands before it.
  init(
    _ source: any ByteSource, of line: Line, blockSize: Int = LineBlocks.blockSize, firstLine: Int = 1,
    beginsFile: Bool = true
  ) {
    self.source = source
    self.beginsFile = beginsFile
    start = beginsFile ? TextStart() : nil
    nextLine = firstLine
    self.blockSize = blockSize
    switch line {
    case .entry: (longestLine, comment) = (LineBlocks.longestEntry, percent)
    case .row:
      longestLine = max(
        LineBlocks.longestStreamedRow, min(source.remainingBytes ?? 0, MemoryGuard.physicalBytes / 4))
      comment = hash
    }
    buffer = LineBlocks.buffer(blockSize)
  }

  deinit { LineBlocks.release(buffer) }

  /// A buffer for blocks of `size` bytes: zeros, because the slack is read before anything is written there; they
  /// cost nothing where nobody writes. To be given to `release`.
  static func buffer(_ size: Int) -> UnsafeMutableRawBufferPointer {
    let count = max(size, 1) + 1 + LineBlock.slack
    guard let start = calloc(count, 1) else { preconditionFailure("no memory for \(count) bytes of lines") }
    return UnsafeMutableRawBufferPointer(start: start, count: count)
  }

  /// Frees a buffer.
  static func release(_ buffer: UnsafeMutableRawBufferPointer) { free(buffer.baseAddress) }

  /// Gives away the buffer of the block that was handed out last, and goes on in `replacement`, which is then
  /// its own.
  func exchangeBuffer(for replacement: UnsafeMutableRawBufferPointer) -> UnsafeMutableRawBufferPointer {
    var next = replacement
    if next.count < pending.count + 2 + LineBlock.slack {
      LineBlocks.release(next)
      next = LineBlocks.buffer(2 * pending.count)
    }
    next.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[pending]))
    pending = 0..<pending.count
    swap(&next, &buffer)
    return next
  }

  /// Bytes of the buffer that lines may take.
  private var room: Int { buffer.count - 1 - LineBlock.slack }

  /// The next block, or nil at the end.
  ///
  /// - Throws: what the source throws; `badData` for a line that is too long, and for a file that `TextStart` refuses.
  func next() throws(FileFormatError) -> LineBlock? {
    moveToFront()
    var searched = pending.upperBound
    while true {
      if let end = lastNewline(in: searched..<pending.upperBound) { return take(upTo: end + 1) }
      searched = pending.upperBound
      if pending.upperBound >= room {
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
    if room > LineBlocks.longestEntry, pending.count < blockSize {
      // A long line has gone, and those behind it may be short again.
      var small = LineBlocks.buffer(blockSize)
      small.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[pending]))
      swap(&small, &buffer)
      LineBlocks.release(small)
    } else {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[pending]))
    }
    pending = 0..<pending.count
  }

  /// Reads behind the pending bytes, no more than a block, leaving room for one newline. Returns how many bytes came.
  private func readMore() throws(FileFormatError) -> Int {
    guard !sourceEnded else { return 0 }
    let end = min(room, pending.upperBound + max(blockSize, 1))
    let new = UnsafeMutableRawBufferPointer(rebasing: buffer[pending.upperBound..<end])
    let count = try source.read(into: new)
    if start?.hasEnded == false {
      try start?.look(at: UnsafeRawBufferPointer(rebasing: new[..<count]), file: source.name)
    }
    sourceEnded = count == 0
    pending = 0..<pending.upperBound + count
    return count
  }

  /// The buffer is full of one unfinished line: drops it if it is a comment, grows otherwise.
  private func makeRoom() throws(FileFormatError) {
    // Matrix Market's first line is no comment, though it begins like one.
    if nextLine > 1 || comment != percent, buffer[pending].first(where: { !isBlank($0) }) == comment {
      try skipToNextLine()
    } else if pending.count >= longestLine {
      let isStreamed = longestLine == LineBlocks.longestStreamedRow
      throw FileFormatError(
        file: source.name, at: .line(nextLine, column: longestLine),
        expected: "a line of at most \(longestLine >> 20) MiB"
          + (isStreamed ? " (longer ones only in a file on a disk, not compressed)" : ""),
        found: "a longer one")
    } else if pending.count >= LineBlocks.longestEntry,
      let zero = place(of: 0, in: UnsafeRawBufferPointer(rebasing: buffer[pending]))
    {
      // No row: what a file claims to be long by, but does not hold, reads as zeros.
      throw FileFormatError(
        file: source.name, at: .line(nextLine, column: zero + 1), expected: "text", found: "a NUL")
    } else {
      let larger = LineBlocks.buffer(min(2 * room, longestLine))
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[pending]))
      LineBlocks.release(buffer)
      buffer = larger
    }
  }

  /// Drops everything up to the next newline.
  private func skipToNextLine() throws(FileFormatError) {
    while true {
      consumedBytes += pending.count
      pending = 0..<0
      guard try readMore() > 0 else { return }
      if let end = buffer[pending].firstIndex(of: newline) {
        consumedBytes += end + 1
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
    consumedBytes += end
    nextLine += newlineCount(lines)
    defer { beginsFile = false }
    return LineBlock(bytes: lines, firstLine: firstLine, beginsFile: beginsFile)
  }
}

/// How many bytes are newlines: eight at a time, because counting must cost little beside parsing.
func newlineCount(_ bytes: UnsafeRawBufferPointer) -> Int {
  let ones: UInt64 = 0x0101_0101_0101_0101
  var count = 0
  var place = 0
  while place + 8 <= bytes.count {
    let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self) ^ (ones &* UInt64(newline))
    // A zero byte has its high bit set below, and no other has (Warren, Hacker's Delight, 6-1).
    let low7: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
    count += (~((word & low7 &+ low7) | word | low7)).nonzeroBitCount
    place += 8
  }
  while place < bytes.count {
    if bytes[place] == newline { count += 1 }
    place += 1
  }
  return count
}

let newline = UInt8(ascii: "\n")
let percent = UInt8(ascii: "%")
let hash = UInt8(ascii: "#")

/// Whether a byte separates words within a line. A carriage return does: lines may end in CR LF.
@inline(__always)
func isBlank(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
}
