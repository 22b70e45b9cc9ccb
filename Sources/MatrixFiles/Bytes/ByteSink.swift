// Where bytes go: a file, standard output, a gzip stream around either. Nothing of it is there before `finish`.

/// Where bytes go.
protocol ByteSink: AnyObject {
  /// A name by which a library that writes by itself can open the file that gets the bytes; nil for what takes bytes
  /// only.
  var unfinishedPath: String? { get }
  /// Takes all of `bytes`.
  func write(_ bytes: UnsafeRawBufferPointer) throws(FileFormatError)
  /// Completes the output. Without this call there is none.
  func finish() throws(FileFormatError)
}

extension ByteSink {
  var unfinishedPath: String? { nil }

  /// Takes the bytes of all `elements`, numbers, as they lie in memory.
  func send<T>(_ elements: [T]) throws(FileFormatError) {
    var failure: FileFormatError?
    elements.withUnsafeBytes { bytes in
      do throws(FileFormatError) { try write(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
