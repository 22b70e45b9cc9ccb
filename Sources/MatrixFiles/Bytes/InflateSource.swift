// A deflated stream, decompressed by zlib as it is read: a gzip stream (RFC 1952), whose members may follow one
// another, or a raw one (RFC 1951), as zip archives have. Memory: a 256 KiB buffer and zlib's 32 KiB window.

internal import CZlib

/// Decompresses the source it wraps.
final class InflateSource: ByteSource {
  /// What stands around the compressed bytes.
  enum Wrapping {
    case gzip
    case raw
  }

  private let source: any ByteSource
  private let wrapping: Wrapping
  private var stream = z_stream()
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
  /// Bytes taken in and given out so far.
  private var (consumed, delivered) = (0, 0)
  private var isBetweenMembers = false
  private var sourceEnded = false

  /// - Throws: `inputOutput` when zlib cannot get its memory.
  init(_ source: any ByteSource, as wrapping: Wrapping) throws(FileFormatError) {
    self.source = source
    self.wrapping = wrapping
    let windowBits = wrapping == .gzip ? 16 + MAX_WBITS : -MAX_WBITS
    guard
      inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else {
      throw FileFormatError(.inputOutput, file: source.name, "no memory to decompress")
    }
  }

  deinit {
    inflateEnd(&stream)
    input.deallocate()
  }

  var name: String { source.name }
  var progress: ReadProgress {
    ReadProgress(bytesRead: consumed, totalBytes: source.progress.totalBytes)
  }
  var remainingBytes: Int? { nil }
  /// The rest of a stream is packed much like its beginning.
  var likelyBytes: Int? {
    guard consumed > 0, let rest = source.remainingBytes else { return nil }
    // A file of holes claims any length.
    return Int(min(Double(rest) + Double(stream.avail_in), 0x1p52) * (Double(delivered) / Double(consumed)))
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) -> Int {
    let wanted = UInt32(truncatingIfNeeded: min(buffer.count, 1 << 30))
    stream.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = wanted
    while stream.avail_out == wanted {
      if stream.avail_in == 0, !sourceEnded { try refill() }
      if sourceEnded, stream.avail_in == 0, isBetweenMembers { return 0 }
      if isBetweenMembers {
        guard wrapping == .gzip else { throw bad("the compressed stream ends before its bytes do") }
        inflateReset(&stream)
        isBetweenMembers = false
      }
      let before = stream.avail_in
      let status = inflate(&stream, Z_NO_FLUSH)
      consumed += Int(before - stream.avail_in)
      switch status {
      case Z_OK: break
      case Z_STREAM_END: isBetweenMembers = true
      case Z_BUF_ERROR where sourceEnded:
        throw bad("the \(streamName) is cut short")
      case Z_BUF_ERROR: break
      default:
        let reason = stream.msg.map { ": " + String(cString: $0) } ?? ""
        throw bad("not a valid \(streamName)" + reason)
      }
    }
    let count = Int(wanted - stream.avail_out)
    delivered += count
    return count
  }

  private func refill() throws(FileFormatError) {
    let count = try source.read(into: input)
    sourceEnded = count == 0
    stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_in = UInt32(truncatingIfNeeded: count)
  }

  private var streamName: String { wrapping == .gzip ? "gzip stream" : "deflated stream" }

  private func bad(_ message: String) -> FileFormatError {
    FileFormatError(.badData, file: name, at: .byte(consumed), message)
  }
}
