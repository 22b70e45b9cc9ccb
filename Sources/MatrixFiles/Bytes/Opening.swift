// Files by their names: compressed ones are unpacked and packed on the way, which their bytes or their name tell.

/// The bytes of the file at `path`, decompressed when they begin as gzip does; standard input for `-`.
///
/// - Throws: `noInput` when there is no such readable file.
func openSource(_ path: String) throws(FileFormatError) -> any ByteSource {
  let source = BufferedStart(try FileSource(path))
  return try source.start(2).elementsEqual([0x1f, 0x8b]) ? try InflateSource(source, as: .gzip) : source
}

/// A sink for the file at `path`, compressed when its name ends in `.gz` or `.tgz`; standard output for `-`.
///
/// - Throws: `cannotCreate`.
func openSink(_ path: String) throws(FileFormatError) -> any ByteSink {
  let file = try OutputFile(path)
  return [".gz", ".tgz"].contains(where: path.lowercased().hasSuffix)
    ? try DeflateSink(file, as: .gzip, name: path) : file
}
