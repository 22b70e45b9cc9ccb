// Where bytes come from: a file, standard input, a gzip stream around either. Read in pieces; no source
// holds more than its own small buffer.

/// A stream of bytes that is read once, from its beginning to its end.
protocol ByteSource: AnyObject {
  /// The name for messages.
  var name: String { get }
  /// How many bytes of the underlying file have been taken in, and its size where it is known.
  var progress: ReadProgress { get }
  /// The largest number of bytes that the stream can still deliver, where that is known.
  var remainingBytes: Int? { get }
  /// How many bytes the stream will still deliver, as far as it can be guessed: a guess is what room is made by.
  var likelyBytes: Int? { get }
  /// Fills the front of `buffer`, which is not empty, and returns how many bytes; zero only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) -> Int
}

extension ByteSource {
  var likelyBytes: Int? { remainingBytes }

  /// Fills all of `buffer` unless the stream ends before. Returns how many bytes were there.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      if count == 0 { break }
      filled += count
    }
    return filled
  }
}
