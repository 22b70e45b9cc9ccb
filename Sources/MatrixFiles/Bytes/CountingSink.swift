// A sink that tells how many bytes have gone into it: the progress of writing.

/// Counts the bytes on their way to another sink.
final class CountingSink: ByteSink {
  private let base: any ByteSink
  private let progress: (Int) -> Void
  private var written = 0

  init(_ base: any ByteSink, progress: @escaping (Int) -> Void) {
    self.base = base
    self.progress = progress
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileFormatError) {
    try base.write(bytes)
    written += bytes.count
    progress(written)
  }

  func finish() throws(FileFormatError) { try base.finish() }
}
