// Zip archives (PKWARE, APPNOTE.TXT 6.3.10) for reading: the directory at the end of the file, with the 64-bit
// fields that large archives have, and its members stored or deflated. Nothing is ever unpacked to the disk, so
// a member's name is a name and no path. O(members) to open.

/// The members of a zip archive.
struct ZipArchive {
  /// A file in the archive, as the directory describes it.
  struct Member {
    let name: String
    /// Bytes in the archive, and when unpacked.
    fileprivate(set) var packedSize: Int
    fileprivate(set) var size: Int
    fileprivate let method: Int
    fileprivate let flags: Int
    fileprivate let checksum: UInt32
    fileprivate(set) var headerOffset: Int
  }

  /// More members than any archive of arrays has.
  static let mostMembers = 1 << 20

  /// All members, in the directory's order.
  let members: [Member]
  private let bytes: SeekableBytes

  /// Reads the directory.
  ///
  /// - Throws: `badData` for what is not a zip archive, or one in several volumes.
  init(_ bytes: SeekableBytes) throws(FileFormatError) {
    self.bytes = bytes
    let (start, size, count) = try ZipArchive.directory(of: bytes)
    guard count <= ZipArchive.mostMembers else {
      throw FileFormatError(
        file: bytes.name, at: .byte(start), expected: "at most \(ZipArchive.mostMembers) members",
        found: "\(count)")
    }
    let (end, overflow) = start.addingReportingOverflow(size)
    guard !overflow, end <= bytes.count else {
      throw FileFormatError(
        file: bytes.name, at: .byte(start), expected: "a directory of \(size) bytes",
        found: "the end of the file")
    }
    var fields = Fields(try bytes.bytes(start..<end, of: "the directory"), offset: start, file: bytes.name)
    var members: [Member] = []
    for _ in 0..<count { members.append(try fields.takeMember()) }
    self.members = members
  }

  /// The bytes of `member`, unpacked.
  ///
  /// - Throws: `badData` for an encrypted member, a method of compression other than deflate, and a member
  ///   that is not where the directory says.
  func source(of member: Member) throws(FileFormatError) -> any ByteSource {
    let name = bytes.name + ":" + member.name
    guard member.flags & 1 == 0 else {
      throw FileFormatError(.badData, file: name, "the member is encrypted")
    }
    let offset = member.headerOffset
    guard offset >= 0, offset <= bytes.count - 30 else {
      throw FileFormatError(
        file: bytes.name, at: .byte(bytes.count), expected: "\(quoted(member.name.utf8)) at byte \(offset)",
        found: "the end of the file")
    }
    var header = Fields(
      try bytes.bytes(offset..<offset + 30, of: "a member"), offset: offset, file: bytes.name)
    try header.expect(0x0403_4b50, "a member's header")
    header.skip(22)
    let start = offset + 30 + (try header.take(2)) + (try header.take(2))
    guard start <= bytes.count, member.packedSize <= bytes.count - start else {
      throw FileFormatError(
        file: bytes.name, at: .byte(min(start, bytes.count)),
        expected: "\(member.packedSize) bytes of \(quoted(member.name.utf8))", found: "the end of the file")
    }
    let packed = SeekableRange(bytes, start..<start + member.packedSize, name: name)
    let unpacked: any ByteSource
    switch member.method {
    case 0: unpacked = packed
    case 8: unpacked = try InflateSource(packed, as: .raw)
    default:
      throw FileFormatError(
        file: name, at: .byte(offset + 8), expected: "a member that is stored or deflated",
        found: "method \(member.method)")
    }
    return CheckedSource(unpacked, size: member.size, checksum: member.checksum)
  }

  /// Where the directory is, how long it is and how many members it lists.
  private static func directory(of bytes: SeekableBytes) throws(FileFormatError) -> (
    start: Int, size: Int, count: Int
  ) {
    // The end record has 22 bytes and a comment of at most 65,535.
    let tailStart = max(0, bytes.count - 65_557)
    let tail = try bytes.bytes(tailStart..<bytes.count, of: "the end of a zip archive")
    let signature: [UInt8] = [0x50, 0x4b, 0x05, 0x06]
    guard tail.count >= 22,
      let place = (0...tail.count - 22).last(where: { tail[$0..<$0 + 4].elementsEqual(signature) })
    else {
      throw FileFormatError(
        file: bytes.name, at: .byte(bytes.count), expected: "the end record of a zip archive",
        found: "the end of the file")
    }
    let offset = tailStart + place
    var end = Fields(Array(tail[place..<place + 22]), offset: offset, file: bytes.name)
    end.skip(4)
    let (disk, firstDisk) = (try end.take(2), try end.take(2))
    end.skip(2)
    let (count, size, start) = (try end.take(2), try end.take(4), try end.take(4))
    guard count == 0xffff || size == 0xffff_ffff || start == 0xffff_ffff else {
      guard disk == 0, firstDisk == 0 else {
        throw FileFormatError(
          .badData, file: bytes.name, at: .byte(offset + 4), "the archive is one of several volumes")
      }
      return (start, size, count)
    }
    guard offset >= 20 else { return (start, size, count) }
    var locator = Fields(
      try bytes.bytes(offset - 20..<offset, of: "a locator"), offset: offset - 20, file: bytes.name)
    // Without a locator the fields mean what they say.
    guard try locator.take(4) == 0x0706_4b50 else { return (start, size, count) }
    locator.skip(4)
    let place64 = try locator.take(8)
    guard place64 <= bytes.count - 56 else {
      throw FileFormatError(
        file: bytes.name, at: .byte(offset - 12), expected: "the place of the 64-bit end record",
        found: "\(place64)")
    }
    var end64 = Fields(
      try bytes.bytes(place64..<place64 + 56, of: "the 64-bit end record"), offset: place64,
      file: bytes.name)
    try end64.expect(0x0606_4b50, "the 64-bit end record")
    end64.skip(28)
    let count64 = try end64.take(8)
    let (size64, start64) = (try end64.take(8), try end64.take(8))
    return (start64, size64, count64)
  }
}

/// Little-endian fields, one after the other.
private struct Fields {
  private let bytes: [UInt8]
  private let offset: Int
  private let file: String
  private var place = 0

  init(_ bytes: [UInt8], offset: Int, file: String) {
    self.bytes = bytes
    self.offset = offset
    self.file = file
  }

  mutating func skip(_ count: Int) { place += count }

  /// The next number of `size` bytes.
  ///
  /// - Throws: `badData` at the end, and for a number above 2^63-1.
  mutating func take(_ size: Int) throws(FileFormatError) -> Int {
    let field = try takeBytes(size)
    let value = field.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let number = Int(exactly: value) else {
      throw FileFormatError(
        file: file, at: .byte(offset + place - size), expected: "a size below 2^63", found: "\(value)")
    }
    return number
  }

  mutating func takeBytes(_ count: Int) throws(FileFormatError) -> ArraySlice<UInt8> {
    guard place <= bytes.count, count <= bytes.count - place else {
      throw FileFormatError(
        file: file, at: .byte(offset + bytes.count),
        expected: "\(count) bytes more of a zip archive's header",
        found: "its end")
    }
    place += count
    return bytes[place - count..<place]
  }

  mutating func expect(_ signature: Int, _ what: String) throws(FileFormatError) {
    let start = place
    guard try take(4) == signature else {
      throw FileFormatError(
        file: file, at: .byte(offset + start), expected: what, found: quoted(bytes[start..<start + 4]))
    }
  }

  /// The next entry of the directory.
  mutating func takeMember() throws(FileFormatError) -> ZipArchive.Member {
    try expect(0x0201_4b50, "an entry of the directory")
    skip(4)
    let (flags, method) = (try take(2), try take(2))
    skip(4)
    let checksum = UInt32(truncatingIfNeeded: try take(4))
    let (packedSize, size) = (try take(4), try take(4))
    let (nameLength, extraLength, commentLength) = (try take(2), try take(2), try take(2))
    skip(8)
    let headerOffset = try take(4)
    let name = String(decoding: try takeBytes(nameLength), as: UTF8.self)
    var member = ZipArchive.Member(
      name: name, packedSize: packedSize, size: size, method: method, flags: flags, checksum: checksum,
      headerOffset: headerOffset)
    let extra = Array(try takeBytes(extraLength))
    try widen(&member, extra)
    skip(commentLength)
    return member
  }

  /// Replaces the fields that did not fit 32 bits by those of the 64-bit extra field.
  private func widen(_ member: inout ZipArchive.Member, _ extra: [UInt8]) throws(FileFormatError) {
    var fields = Fields(extra, offset: offset + place - extra.count, file: file)
    while fields.place + 4 <= extra.count {
      let (tag, length) = (try fields.take(2), try fields.take(2))
      let next = fields.place + length
      if tag == 1 {
        if member.size == 0xffff_ffff { member.size = try fields.take(8) }
        if member.packedSize == 0xffff_ffff { member.packedSize = try fields.take(8) }
        if member.headerOffset == 0xffff_ffff { member.headerOffset = try fields.take(8) }
      }
      fields.place = next
    }
  }
}
