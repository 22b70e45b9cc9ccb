// Blocks on disk, in the wire format, each with its checksum. The file belongs to one worker and has a name
// only while it is being created: nobody else can open it, and it is gone with the worker's process, however
// that ends.
//
// New blocks go where blocks have left enough room, else at the end: first fit in a list of gaps. O(gaps) per
// block beside the bytes.

import CChecksum
import Glibc
import TesseraCommunication

/// A file that a worker keeps blocks in. Not thread-safe.
struct SpillFile: ~Copyable {
  /// Where a block lies.
  struct Extent {
    fileprivate let offset: Int
    let count: Int
    fileprivate let checksum: UInt32
  }

  /// The folder of temporary files: `TMPDIR`, or /tmp.
  static var folder: String {
    getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
  }

  private let folder: String
  /// -1 until the first block comes.
  private var descriptor: Int32 = -1
  private var end = 0
  private var gaps: [Range<Int>] = []

  /// A file in `folder` that is created when the first block comes.
  init(folder: String) { self.folder = folder }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends a message; nil when there is no file, or no room on the disk.
  mutating func write(_ message: WireWriter) -> Extent? {
    guard isOpen() else { return nil }
    let bytes = message.contiguous()
    let place = gaps.firstIndex { $0.count >= bytes.count }
    let offset = place.map { gaps[$0].lowerBound } ?? end
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        pwrite(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written, offset + written)
      }
      if count > 0 { written += count } else if count == 0 || errno != EINTR { return nil }
    }
    if let place {
      gaps[place] = offset + bytes.count..<gaps[place].upperBound
      if gaps[place].isEmpty { gaps.remove(at: place) }
    } else {
      end += bytes.count
    }
    return Extent(offset: offset, count: bytes.count, checksum: Self.checksum(bytes))
  }

  /// The message that was written; nil when it cannot be read as it was.
  func read(_ extent: Extent) -> WireReader? {
    let bytes = [UInt8](unsafeUninitializedCapacity: extent.count) { buffer, count in
      while count < extent.count {
        let read = pread(
          descriptor, buffer.baseAddress.map { $0 + count }, extent.count - count, extent.offset + count)
        if read > 0 { count += read } else if read == 0 || errno != EINTR { break }
      }
    }
    guard bytes.count == extent.count, Self.checksum(bytes) == extent.checksum else { return nil }
    return WireReader(bytes)
  }

  /// Lets others have the room; neighbouring gaps become one.
  mutating func free(_ extent: Extent) {
    var gap = extent.offset..<extent.offset + extent.count
    gaps.removeAll { other in
      guard other.upperBound == gap.lowerBound || gap.upperBound == other.lowerBound else { return false }
      gap = min(gap.lowerBound, other.lowerBound)..<max(gap.upperBound, other.upperBound)
      return true
    }
    if gap.upperBound < end {
      gaps.append(gap)
    } else {
      end = gap.lowerBound
      ftruncate(descriptor, end)
    }
  }

  private mutating func isOpen() -> Bool {
    if descriptor >= 0 { return true }
    let name = "\(folder)/tessera-\(UInt64.random(in: 0...(.max)))-\(UInt64.random(in: 0...(.max))).spill"
    descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    if descriptor >= 0 { unlink(name) }
    return descriptor >= 0
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { tessera_crc32c(0, $0.baseAddress, $0.count) }
  }
}
