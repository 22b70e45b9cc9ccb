// A sink that tells how many bytes have gone into it: the progress of writing.

/// Counts the bytes on their way to another sink, in pieces of at most 1 MiB.
final class CountingSink: ByteSink {
  private let base: any ByteSink
  private let progress: (Int) -> Void
  private var written = 0

  init(_ base: any ByteSink, progress: @escaping (Int) -> Void) {
    self.base = base
    self.progress = progress
  }

  var unfinishedPath: String? { base.unfinishedPath }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileFormatError) {
    var rest = bytes
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 20))
      try base.write(piece)
      written += piece.count
      progress(written)
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
    }
  }

  func finish() throws(FileFormatError) { try base.finish() }
}
