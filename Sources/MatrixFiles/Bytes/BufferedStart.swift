// A source that can be looked at before it is read: how a format is told by its first bytes.

/// A source whose first bytes can be looked at before they are read.
final class BufferedStart: ByteSource {
  private let source: any ByteSource
  private var pending: [UInt8] = []

  init(_ source: any ByteSource) { self.source = source }

  var name: String { source.name }
  var progress: ReadProgress { source.progress }
  var remainingBytes: Int? { source.remainingBytes.map { $0 + pending.count } }
  var likelyBytes: Int? { source.likelyBytes.map { $0 + pending.count } }

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
