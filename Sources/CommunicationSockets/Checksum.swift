// CRC32C of bytes that come in pieces.

import CChecksum

/// The CRC32C of the bytes so far.
struct Checksum {
  private(set) var value: UInt32 = 0

  /// Adds bytes after those so far.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    value = tessera_crc32c(value, bytes.baseAddress, bytes.count)
  }

  /// Of these bytes alone.
  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    tessera_crc32c(0, bytes.baseAddress, bytes.count)
  }
}
