// A source that must deliver a given number of bytes with a given checksum (CRC-32): a member of an archive
// that says so. Bytes beyond the number are an error as soon as they come, so that a small archive which
// unpacks to a huge member costs no more than it declares.

internal import CZlib

/// Checks the bytes of the source it wraps.
final class CheckedSource: ByteSource {
  private let source: any ByteSource
  private let size: Int
  private let expected: UInt32
  private var checksum: UInt
  private var taken = 0

  init(_ source: any ByteSource, size: Int, checksum expected: UInt32) {
    self.source = source
    self.size = size
    self.expected = expected
    checksum = crc32(0, nil, 0)
  }

  var name: String { source.name }
  var progress: ReadProgress { source.progress }
  /// What is declared need not be there: only the source knows.
  var remainingBytes: Int? { source.remainingBytes }
  var likelyBytes: Int? { source.likelyBytes }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) -> Int {
    let count = try source.read(into: buffer)
    taken += count
    guard taken <= size, count > 0 || taken == size else {
      throw FileFormatError(
        file: name, at: .byte(taken), expected: "a member of \(size) bytes, as the directory says",
        found: count > 0 ? "more bytes" : "its end")
    }
    if count > 0 {
      checksum = crc32(checksum, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
    } else if UInt32(truncatingIfNeeded: checksum) != expected {
      throw FileFormatError(
        .badData, file: name, "the checksum of the member is wrong: the archive is damaged")
    }
    return count
  }
}
