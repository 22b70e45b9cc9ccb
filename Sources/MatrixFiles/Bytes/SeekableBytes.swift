// Bytes that can be read at any place: a file's from the disk, a stream's from memory.

import TesseraLocalMatrices

/// A file or the whole content of a stream.
struct SeekableBytes {
  /// The name for messages.
  let name: String
  /// Number of bytes.
  let count: Int
  private let file: FileSource?
  private let bytes: [UInt8]

  /// The bytes of `source`, of which nothing has been read. A stream is taken into memory.
  ///
  /// - Throws: `badData` for a stream of more than a quarter of this machine's memory; what the source throws.
  init(_ source: any ByteSource) throws(FileFormatError) {
    name = source.name
    if let file = source as? FileSource, let size = file.seekableSize {
      (self.file, count, bytes) = (file, size, [])
      return
    }
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    let limit = MemoryGuard.physicalBytes / 4
    while true {
      let taken = try source.read(into: buffer)
      if taken == 0 { break }
      bytes += buffer[..<taken]
      guard bytes.count <= limit else {
        throw FileFormatError(
          file: name, at: .byte(limit), expected: "an archive that fits memory, or a file on a disk",
          found: "more bytes")
      }
    }
    (file, count, self.bytes) = (nil, bytes.count, bytes)
  }

  /// Fills all of `buffer` with the bytes from `offset` on.
  ///
  /// - Precondition: the bytes are within the file.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) {
    precondition(offset >= 0 && buffer.count <= count - offset)
    if let file {
      try file.read(at: offset, into: buffer)
    } else {
      buffer.copyBytes(from: bytes[offset..<offset + buffer.count])
    }
  }

  /// The bytes of `range` as an array.
  ///
  /// - Throws: `badData` when the range is not within the file: `what` should be there.
  func bytes(_ range: Range<Int>, of what: String) throws(FileFormatError) -> [UInt8] {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw FileFormatError(
        file: name, at: .byte(max(0, min(range.lowerBound, count))), expected: what,
        found: "the end of the file")
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(range.count, 1), alignment: 1)
    defer { buffer.deallocate() }
    let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<range.count])
    try read(at: range.lowerBound, into: wanted)
    return [UInt8](wanted)
  }
}

extension SeekableBytes {
  /// How many newlines stand before `place`.
  func newlines(before place: Int) throws(FileFormatError) -> Int {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    var (count, from) = (0, 0)
    while from < place {
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, place - from)])
      try read(at: from, into: piece)
      count += newlineCount(UnsafeRawBufferPointer(piece))
      from += piece.count
    }
    return count
  }
}

/// The bytes of a range, one after the other.
final class SeekableRange: ByteSource {
  let name: String
  private let bytes: SeekableBytes
  private var rest: Range<Int>

  /// - Precondition: the range is within the bytes.
  init(_ bytes: SeekableBytes, _ range: Range<Int>, name: String) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    self.bytes = bytes
    self.name = name
    rest = range
  }

  var progress: ReadProgress { ReadProgress(bytesRead: rest.lowerBound, totalBytes: bytes.count) }
  var remainingBytes: Int? { rest.count }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) -> Int {
    let count = min(buffer.count, rest.count)
    try bytes.read(at: rest.lowerBound, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
    rest = rest.lowerBound + count..<rest.upperBound
    return count
  }
}
