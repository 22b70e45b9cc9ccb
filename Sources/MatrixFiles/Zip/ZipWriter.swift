// Zip archives for writing (PKWARE, APPNOTE.TXT 6.3.10): members deflated one after the other, sizes and
// checksums behind each and in the directory at the end, always in their 64-bit form, so that members of any
// size go out as they come. Archives carry no time: equal matrices give equal files.

internal import CZlib

/// Writes the members of one archive.
final class ZipWriter {
  private let output: CountedSink
  private let name: String
  private var directory: [UInt8] = []
  private var members = 0

  /// An archive that goes to `sink`.
  init(_ sink: any ByteSink, name: String) {
    output = CountedSink(sink)
    self.name = name
  }

  /// Writes a member of the bytes that `body` sends.
  func append(_ member: String, _ body: (any ByteSink) throws(FileFormatError) -> Void)
    throws(FileFormatError)
  {
    let headerOffset = output.count
    let memberName = Array(member.utf8)
    // Version 4.5, sizes behind the data, deflated, no time; sizes of the 64-bit kind.
    let common = little(0x2d, 2) + little(0x808, 2) + little(8, 2) + little(0, 2) + little(0x21, 2)
    try send(
      little(0x0403_4b50, 4) + common + little(0, 4) + little(0xffff_ffff, 4) + little(0xffff_ffff, 4)
        + little(memberName.count, 2) + little(20, 2) + memberName + little(1, 2) + little(16, 2)
        + little(0, 16))
    let start = output.count
    let packer = ChecksumSink(try DeflateSink(output, as: .raw, name: name))
    try body(packer)
    try packer.finish()
    let packedSize = output.count - start
    let checksum = little(Int(packer.checksum), 4)
    try send(little(0x0807_4b50, 4) + checksum + little(packedSize, 8) + little(packer.count, 8))
    directory +=
      little(0x0201_4b50, 4) + little(0x32d, 2) + common + checksum + little(0xffff_ffff, 4)
      + little(0xffff_ffff, 4) + little(memberName.count, 2) + little(28, 2) + little(0, 6)
      + little(0o100644 << 16, 4) + little(0xffff_ffff, 4) + memberName + little(1, 2) + little(24, 2)
      + little(packer.count, 8) + little(packedSize, 8) + little(headerOffset, 8)
    members += 1
  }

  /// Writes the directory and completes the archive.
  func finish() throws(FileFormatError) {
    let start = output.count
    try send(directory)
    let end = output.count
    let counts = little(members, 8) + little(members, 8) + little(end - start, 8) + little(start, 8)
    try send(
      little(0x0606_4b50, 4) + little(44, 8) + little(0x32d, 2) + little(0x2d, 2) + little(0, 8) + counts)
    try send(little(0x0706_4b50, 4) + little(0, 4) + little(end, 8) + little(1, 4))
    try send(
      little(0x0605_4b50, 4) + little(0, 4) + little(0xffff, 2) + little(0xffff, 2)
        + little(0xffff_ffff, 4) + little(0xffff_ffff, 4) + little(0, 2))
    try output.base.finish()
  }

  private func send(_ bytes: [UInt8]) throws(FileFormatError) { try output.send(bytes) }
}

/// The lowest `size` bytes of a number, the lowest first.
private func little(_ value: Int, _ size: Int) -> [UInt8] {
  (0..<size).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
}

/// Counts bytes on their way. To finish it finishes nothing: the archive goes on.
private final class CountedSink: ByteSink {
  let base: any ByteSink
  private(set) var count = 0

  init(_ base: any ByteSink) { self.base = base }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileFormatError) {
    try base.write(bytes)
    count += bytes.count
  }

  func finish() {}
}

/// Counts and checks bytes on their way.
private final class ChecksumSink: ByteSink {
  private let base: any ByteSink
  private(set) var count = 0
  private(set) var checksum = crc32(0, nil, 0)

  init(_ base: any ByteSink) { self.base = base }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileFormatError) {
    try base.write(bytes)
    count += bytes.count
    checksum = crc32(checksum, bytes)
  }

  func finish() throws(FileFormatError) { try base.finish() }
}

/// The checksum `checksum`, with `bytes` added.
func crc32(_ checksum: UInt, _ bytes: UnsafeRawBufferPointer) -> UInt {
  var (checksum, rest) = (checksum, bytes)
  // zlib takes 32-bit lengths.
  while !rest.isEmpty {
    let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
    checksum = crc32(
      checksum, piece.baseAddress?.assumingMemoryBound(to: UInt8.self),
      UInt32(truncatingIfNeeded: piece.count))
    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
  }
  return checksum
}
