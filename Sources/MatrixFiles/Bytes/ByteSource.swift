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
  /// Fills the front of `buffer`, which is not empty, and returns how many bytes; zero only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) -> Int
}

extension ByteSource {
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

/// The bytes of the file at `path`, decompressed when they begin as gzip does; standard input for `-`.
///
/// - Throws: `noInput` when there is no such readable file.
func openSource(_ path: String) throws(FileFormatError) -> any ByteSource {
  let source = BufferedStart(try FileSource(path))
  return try source.start(2).elementsEqual([0x1f, 0x8b]) ? try InflateSource(source, as: .gzip) : source
}

/// A source whose first bytes can be looked at before they are read.
final class BufferedStart: ByteSource {
  private let source: any ByteSource
  private var pending: [UInt8] = []

  init(_ source: any ByteSource) { self.source = source }

  var name: String { source.name }
  var progress: ReadProgress { source.progress }
  var remainingBytes: Int? { source.remainingBytes.map { $0 + pending.count } }

  /// The first `count` bytes, fewer when the stream is shorter. To be called before the first `read`.
  func start(_ count: Int) throws(FileFormatError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: FileFormatError?
    let filled = bytes.withUnsafeMutableBytes { target -> Int in
      let held = min(pending.count, count)
      target.copyBytes(from: pending.prefix(held))
      do throws(FileFormatError) {
        return held + (try source.fill(UnsafeMutableRawBufferPointer(rebasing: target[held...])))
      } catch {
        failure = error
        return held
      }
    }
    if let failure { throw failure }
    bytes.removeSubrange(filled...)
    if bytes.count > pending.count { pending = bytes }
    return bytes
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) -> Int {
    guard !pending.isEmpty else { return try source.read(into: buffer) }
    let count = min(pending.count, buffer.count)
    buffer.copyBytes(from: pending.prefix(count))
    pending.removeFirst(count)
    return count
  }
}
