// The matrix in an archive of the SuiteSparse collection: the member `name/name.mtx` of a tar archive (POSIX.1
// pax and ustar, GNU's long names), as it streams by. Right sides and coordinates beside it (`name/name_b.mtx`)
// are left out, nothing is unpacked to the disk; a second such matrix is refused, where nobody has said which one
// to read. O(bytes).

/// The bytes of one member of a tar archive.
final class TarSource: ByteSource {
  let name: String
  private let source: any ByteSource
  private var rest: Int
  private var archive: TarHeaders
  private let member: (name: String, size: Int)
  /// Whether somebody has to look for a second matrix when the first one has been read.
  private var isOnly: Bool

  /// Finds the matrix: the member called `wanted`, or else the first `name/name.mtx`.
  ///
  /// - Throws: `badData` for what is no tar archive, and one without such a member. That there is another one can only
  ///   be seen behind the first: `read` throws it at the end of that.
  init(_ source: any ByteSource, member wanted: String?) throws(FileFormatError) {
    var archive = TarHeaders(source)
    var seen: [String] = []
    while let member = try archive.next() {
      if TarSource.isMatrix(member.name, wanted) {
        name = source.name + ":" + member.name
        self.source = source
        rest = member.size
        (self.archive, self.member, isOnly) = (archive, member, wanted == nil)
        return
      }
      seen.append(member.name)
      try archive.skip(member.size)
    }
    let shown = seen.prefix(8).map { quoted($0.utf8) }.joined(separator: ", ")
    throw FileFormatError(
      file: source.name, at: .none,
      expected: wanted.map { "a member named \(quoted($0.utf8))" } ?? "a member name/name.mtx",
      found: seen.isEmpty ? "no member" : shown + (seen.count > 8 ? " and \(seen.count - 8) more" : ""),
      remedy: seen.isEmpty ? nil : .member)
  }

  private static func isMatrix(_ path: String, _ wanted: String?) -> Bool {
    let parts = path.split(separator: "/").filter { $0 != "." }
    if let wanted { return parts.joined(separator: "/") == wanted || parts.last.map(String.init) == wanted }
    guard parts.count >= 2, let file = parts.last else { return false }
    return file == parts[parts.count - 2] + ".mtx"
  }

  var progress: ReadProgress { source.progress }
  var remainingBytes: Int? { source.remainingBytes.map { min($0, rest) } }
  var likelyBytes: Int? { source.likelyBytes.map { min($0, rest) } }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) -> Int {
    guard rest > 0 else {
      if isOnly { try expectNoOther() }
      return 0
    }
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(rest))
    let count = try source.read(into: room)
    guard count > 0 else {
      throw FileFormatError(
        file: name, at: .none, expected: "\(rest) bytes more", found: "the end of the archive")
    }
    rest -= count
    return count
  }

  /// Looks at what follows the member.
  private func expectNoOther() throws(FileFormatError) {
    isOnly = false
    try archive.leave(member.size)
    while let other = try archive.next() {
      guard !TarSource.isMatrix(other.name, nil) else {
        throw FileFormatError(
          file: source.name, at: .none, expected: "one matrix name/name.mtx, or the name of the one to read",
          found: "\(quoted(member.name.utf8)), \(quoted(other.name.utf8))", remedy: .member)
      }
      try archive.skip(other.size)
    }
  }
}

/// The headers of a tar archive, one after the other.
private struct TarHeaders {
  private static let blockSize = 512
  /// No path or extended header comes near.
  private static let longestText = 1 << 20

  private let source: any ByteSource
  private var offset = 0

  init(_ source: any ByteSource) { self.source = source }

  /// The next file, its size in bytes; nil at the end.
  mutating func next() throws(FileFormatError) -> (name: String, size: Int)? {
    var longName: String?
    var longSize: Int?
    while true {
      guard let block = try takeBlock() else { return nil }
      guard !block.allSatisfy({ $0 == 0 }) else { return nil }
      try check(block)
      let size = try number(block[124..<136], "a size")
      switch block[156] {
      case UInt8(ascii: "L"): longName = text(try takeText(size)[...])
      case UInt8(ascii: "x"):
        let fields = records(try takeText(size))
        longName = fields["path"] ?? longName
        longSize = fields["size"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil } ?? longSize
      case UInt8(ascii: "0"), 0, UInt8(ascii: "7"):
        let prefix = block[257..<262].elementsEqual("ustar".utf8) ? text(block[345..<500]) : ""
        let name = text(block[0..<100])
        return (longName ?? (prefix.isEmpty ? name : prefix + "/" + name), longSize ?? size)
      default:
        // Folders, links and what a later pax may bring.
        try skip(size)
        (longName, longSize) = (nil, nil)
      }
    }
  }

  /// Goes to the block behind `size` bytes of content.
  mutating func skip(_ size: Int) throws(FileFormatError) {
    try pass(size)
    try pass(-size & (TarHeaders.blockSize - 1))
  }

  /// Goes to the block behind `size` bytes of content, which somebody else has read.
  mutating func leave(_ size: Int) throws(FileFormatError) {
    offset += size
    try pass(-size & (TarHeaders.blockSize - 1))
  }

  /// Goes `count` bytes on.
  private mutating func pass(_ count: Int) throws(FileFormatError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    var rest = count
    while rest > 0 {
      let taken = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(rest)))
      guard taken > 0 else { throw cut(rest) }
      rest -= taken
      offset += taken
    }
  }

  private mutating func takeBlock() throws(FileFormatError) -> [UInt8]? {
    var block = [UInt8](repeating: 0, count: TarHeaders.blockSize)
    var failure: FileFormatError?
    let filled = block.withUnsafeMutableBytes { buffer -> Int in
      do throws(FileFormatError) { return try source.fill(buffer) } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    if filled == 0, offset > 0 { return nil }
    guard filled == block.count else { throw cut(block.count - filled) }
    offset += filled
    return block
  }

  private mutating func takeText(_ size: Int) throws(FileFormatError) -> [UInt8] {
    guard size <= TarHeaders.longestText else {
      throw FileFormatError(
        file: source.name, at: .byte(offset), expected: "a header of at most \(TarHeaders.longestText) bytes",
        found: "\(size)")
    }
    let bytes = try source.bytes(size, of: "header", offset: offset)
    offset += size
    try pass(-size & (TarHeaders.blockSize - 1))
    return bytes
  }

  /// The sum of a header's bytes, its own field taken as blanks, stands in it.
  private func check(_ block: [UInt8]) throws(FileFormatError) {
    let blanks = 8 * Int(UInt8(ascii: " "))
    let sum = block.reduce(0) { $0 + Int($1) } - block[148..<156].reduce(0) { $0 + Int($1) } + blanks
    guard try number(block[148..<156], "a checksum") == sum else {
      throw FileFormatError(
        file: source.name, at: .byte(offset - block.count), expected: "the header of a tar archive",
        found: quoted(block.prefix(16)))
    }
  }

  /// An octal number, or, with the highest bit set, a binary one.
  private func number(_ field: ArraySlice<UInt8>, _ what: String) throws(FileFormatError) -> Int {
    let start = offset - TarHeaders.blockSize + field.startIndex
    if let first = field.first, first & 0x80 != 0 {
      let value = field.dropFirst().reduce((UInt64(first & 0x7f), false)) { sum, byte in
        (sum.0 << 8 | UInt64(byte), sum.1 || sum.0 >> 55 != 0)
      }
      guard !value.1, let number = Int(exactly: value.0) else {
        throw FileFormatError(file: source.name, at: .byte(start), expected: what, found: "one above 2^63-1")
      }
      return number
    }
    let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
    guard let number = Int(String(decoding: digits, as: UTF8.self), radix: 8), number >= 0 else {
      throw FileFormatError(
        file: source.name, at: .byte(start), expected: what + " in octal digits", found: quoted(field))
    }
    return number
  }

  private func text(_ field: ArraySlice<UInt8>) -> String {
    String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The records `length key=value\n` of an extended header.
  private func records(_ bytes: [UInt8]) -> [String: String] {
    var fields: [String: String] = [:]
    var rest = bytes[...]
    while let blank = rest.firstIndex(of: UInt8(ascii: " ")),
      let length = Int(String(decoding: rest[..<blank], as: UTF8.self)), length > blank - rest.startIndex,
      length <= rest.count
    {
      let record = rest[(blank + 1)..<(rest.startIndex + length)].dropLast()
      if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
        fields[String(decoding: record[..<equals], as: UTF8.self)] =
          String(decoding: record[(equals + 1)...], as: UTF8.self)
      }
      rest = rest[(rest.startIndex + length)...]
    }
    return fields
  }

  private func cut(_ missing: Int) -> FileFormatError {
    FileFormatError(
      file: source.name, at: .byte(offset), expected: "\(missing) bytes more of a tar archive",
      found: "the end of the file")
  }
}
