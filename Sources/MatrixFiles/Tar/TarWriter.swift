// A tar archive of one member, as the SuiteSparse collection has it: `name/name.mtx`. The header stands before
// the content and holds its length, so the writer is run twice, once to count. O(bytes), nothing kept.

/// Writes archives of one matrix.
enum TarWriter {
  /// Writes the archive of the member `name/name.mtx` to the sink that `open` returns; `body` writes the same
  /// content to the sink that it gets each time.
  ///
  /// - Throws: what `body` and the sinks throw.
  static func write(
    name: String, open: () throws(FileFormatError) -> any ByteSink,
    _ body: (any ByteSink) throws(FileFormatError) -> Void
  ) throws(FileFormatError) {
    let counter = Counter()
    try body(counter)
    let sink = try open()
    try sink.send(header(name + "/" + name + ".mtx", size: counter.count))
    try body(Unfinished(sink))
    // The content is filled to whole blocks, and two blocks of zeros end the archive.
    try sink.send([UInt8](repeating: 0, count: -counter.count & 511 + 1024))
    try sink.finish()
  }

  /// The name of the matrix in an archive called `path`: `west0067` for `data/west0067.tar.gz`.
  static func matrixName(of path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? ""
    let name = [".tar.gz", ".tgz", ".tar"].first { file.lowercased().hasSuffix($0) }
      .map { String(file.dropLast($0.count)) }
    // A header of this kind has room for 100 bytes of path.
    let short = String((name ?? file).prefix(40))
    return short.isEmpty || short == "-" || short.utf8.count > 47 ? "matrix" : short
  }

  private static func header(_ path: String, size: Int) -> [UInt8] {
    func octal(_ value: Int, _ digits: Int) -> [UInt8] {
      let text = String(value, radix: 8)
      return [UInt8](repeating: UInt8(ascii: "0"), count: max(0, digits - text.count)) + text.utf8 + [0]
    }
    // Eleven octal digits hold 8 GiB; beyond stands a binary number.
    let sizeField: [UInt8] =
      size < 1 << 33
      ? octal(size, 11)
      : [0x80, 0, 0, 0] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
    var block = Array(path.utf8) + [UInt8](repeating: 0, count: 100 - path.utf8.count)
    block += octal(0o644, 7) + octal(0, 7) + octal(0, 7) + sizeField + octal(0, 11)
    block += [UInt8](repeating: UInt8(ascii: " "), count: 8) + [UInt8(ascii: "0")]
    block +=
      [UInt8](repeating: 0, count: 100) + Array("ustar".utf8) + [0, UInt8(ascii: "0"), UInt8(ascii: "0")]
    block += [UInt8](repeating: 0, count: 512 - block.count)
    let sum = block.reduce(0) { $0 + Int($1) }
    block.replaceSubrange(148..<156, with: octal(sum, 6) + [UInt8(ascii: " ")])
    return block
  }
}

/// Counts bytes and drops them.
private final class Counter: ByteSink {
  private(set) var count = 0
  func write(_ bytes: UnsafeRawBufferPointer) { count += bytes.count }
  func finish() {}
}

/// Passes bytes on to a sink that is not to be finished yet.
private final class Unfinished: ByteSink {
  private let base: any ByteSink
  init(_ base: any ByteSink) { self.base = base }
  func write(_ bytes: UnsafeRawBufferPointer) throws(FileFormatError) { try base.write(bytes) }
  func finish() {}
}
