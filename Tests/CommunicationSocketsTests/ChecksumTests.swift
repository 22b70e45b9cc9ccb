// A CRC32C that is wrong somewhere finds no damage there.

import CChecksum
import TesseraTestSupport
import Testing

@Suite struct ChecksumTests {
  /// RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.
  @Test func knownBytesHaveTheirKnownChecksums() {
    let vectors: [([UInt8], UInt32)] = [
      ([], 0),
      (Array("123456789".utf8), 0xE306_9283),
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      (Array(0..<32), 0x46DD_794E),
      ((0..<32).reversed(), 0x113F_DB5C),
    ]
    for (bytes, expected) in vectors {
      #expect(tessera_crc32c(0, bytes, bytes.count) == expected)
      #expect(tessera_crc32c_by_table(0, bytes, bytes.count) == expected)
    }
  }

  @Test func theInstructionAgreesWithTheTableAtEveryLengthAndInPieces() {
    var generator = SeededGenerator(seed: 1)
    let bytes = (0..<60_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    bytes.withUnsafeBytes { bytes in
      let lengths = Array(0..<300) + [4095, 4096, 12_287, 12_288, 12_289, 24_576, 36_865, 59_000]
      for length in lengths {
        let start = Int.random(in: 0...1000, using: &generator)
        let part = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
        let whole = tessera_crc32c(0, part.baseAddress, length)
        #expect(whole == tessera_crc32c_by_table(0, part.baseAddress, length), "length \(length)")
        let cut = Int.random(in: 0...length, using: &generator)
        let first = tessera_crc32c(0, part.baseAddress, cut)
        #expect(tessera_crc32c(first, part.baseAddress.map { $0 + cut }, length - cut) == whole)
      }
    }
  }
}
