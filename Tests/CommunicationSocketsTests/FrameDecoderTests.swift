// What is sent is decoded at every split; what is not a frame is refused, never trapped on, and costs no
// memory.

import TesseraCommunication
import TesseraTestSupport
import Testing

@testable import TesseraCommunicationSockets

/// A frame as its receiver sees it.
private struct Decoded: Equatable {
  var header: FrameHeader
  var payload: [UInt8] = []
  var isWhole = false
}

/// The bytes of one frame.
private func frame(
  _ kind: FrameKind, _ payload: [UInt8] = [], sequence: UInt64, isChecksummed: Bool,
  channel: Channel = Channel(purpose: 3, group: 5)
) -> [UInt8] {
  let header = FrameHeader(
    kind: kind, channel: channel, length: payload.count, sequence: sequence, isChecksummed: isChecksummed)
  let bytes = encoded(header) + payload
  guard isChecksummed else { return bytes }
  return bytes + payload.withUnsafeBytes { withUnsafeBytes(of: Checksum.of($0).littleEndian) { Array($0) } }
}

/// The bytes of a header.
private func encoded(_ header: FrameHeader) -> [UInt8] {
  var bytes = [UInt8](repeating: 0xAA, count: FrameHeader.size)
  bytes.withUnsafeMutableBytes { header.encode(to: $0) }
  return bytes
}

/// Frames of every kind.
private let sampleFrames: [(FrameKind, [UInt8])] = [
  (.value, [1, 2, 3]), (.numbers, Array(0..<24)), (.heartbeat, []), (.value, []),
  (.numbers, [UInt8](repeating: 7, count: 100)), (.close, Array("enough".utf8)), (.goodbye, []),
]

/// The stream of them.
private func sampleStream(isChecksummed: Bool) -> [UInt8] {
  sampleFrames.enumerated().flatMap { index, each in
    frame(each.0, each.1, sequence: UInt64(index), isChecksummed: isChecksummed)
  }
}

/// Decodes pieces of a stream one after the other.
private func decode(_ pieces: [ArraySlice<UInt8>], isChecksummed: Bool, longestMessage: Int = 1 << 40)
  throws -> [Decoded]
{
  var decoder = FrameDecoder(isChecksummed: isChecksummed, longestMessage: longestMessage)
  var frames: [Decoded] = []
  for piece in pieces {
    let result = piece.withUnsafeBytes { bytes in
      Result { () throws(CommunicationError) in
        var input = bytes
        while let event = try decoder.next(&input) {
          switch event {
          case .begin(let header): frames.append(Decoded(header: header))
          case .payload(let bytes): frames[frames.count - 1].payload += bytes
          case .end: frames[frames.count - 1].isWhole = true
          }
        }
      }
    }
    try result.get()
  }
  return frames
}

@Suite(.timeLimit(.minutes(30))) struct FrameDecoderTests {
  @Test(arguments: [false, true]) func everySplitOfAStreamGivesTheSameFrames(isChecksummed: Bool) throws {
    let stream = sampleStream(isChecksummed: isChecksummed)
    let whole = try decode([stream[...]], isChecksummed: isChecksummed)
    #expect(whole.map(\.header.kind) == [.value, .numbers, .heartbeat, .value, .numbers, .close, .goodbye])
    #expect(whole.allSatisfy { $0.isWhole && $0.payload.count == $0.header.length })
    #expect(whole[1].payload == Array(0..<24) && whole[5].payload == Array("enough".utf8))
    for first in 0...stream.count {
      for second in [first, min(first + 1, stream.count), (first + stream.count) / 2] {
        let pieces = [stream[..<first], stream[first..<second], stream[second...]]
        #expect(try decode(pieces, isChecksummed: isChecksummed) == whole)
      }
    }
    let bytes = stream.indices.map { stream[$0...$0] }
    #expect(try decode(bytes, isChecksummed: isChecksummed) == whole)
  }

  @Test func everyBitFlipInAChecksummedFrameIsFound() {
    let payload = (0..<50).map { UInt8($0) }
    let bytes = frame(.numbers, payload, sequence: 0, isChecksummed: true)
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << bit
        #expect(throws: CommunicationError.self, "byte \(index), bit \(bit)") {
          _ = try decode([damaged[...]], isChecksummed: true)
        }
      }
    }
  }

  @Test func everyOtherKindIsRefused() {
    for kind in UInt8.min...UInt8.max where FrameKind(rawValue: kind) == nil {
      var bytes = frame(.heartbeat, sequence: 0, isChecksummed: false)
      bytes[4] = kind
      bytes.repairHeader()
      #expect(throws: CommunicationError.self) { _ = try decode([bytes[...]], isChecksummed: false) }
    }
  }

  @Test func framesOutOfOrderAreRefused() {
    let frames = (0..<3).map { frame(.value, [UInt8($0)], sequence: UInt64($0), isChecksummed: false) }
    for order in [[0, 0], [0, 2], [1], [0, 1, 0], [0, 1, 1]] {
      let stream = order.flatMap { frames[$0] }
      #expect(throws: CommunicationError.self) { _ = try decode([stream[...]], isChecksummed: false) }
    }
  }

  @Test func aPayloadWithoutTheAgreedChecksumIsRefused() {
    for isChecksummed in [false, true] {
      let bytes = frame(.value, [1], sequence: 0, isChecksummed: isChecksummed)
      #expect(throws: CommunicationError.self) { _ = try decode([bytes[...]], isChecksummed: !isChecksummed) }
    }
  }

  @Test(arguments: [-1, .min, .max, 1 << 62, (1 << 40) + 1])
  func impossibleLengthsAreRefused(length: Int) {
    let header = FrameHeader(
      kind: .value, channel: .none, length: length, sequence: 0, isChecksummed: false)
    #expect(throws: CommunicationError.self) { _ = try decode([encoded(header)[...]], isChecksummed: false) }
  }

  @Test func controlFramesHaveShortPayloads() {
    for (kind, length) in [(FrameKind.heartbeat, 1), (.goodbye, 1), (.close, 1025)] {
      let header = FrameHeader(kind: kind, channel: .none, length: length, sequence: 0, isChecksummed: false)
      #expect(throws: CommunicationError.self) {
        _ = try decode([encoded(header)[...]], isChecksummed: false)
      }
    }
  }

  /// A million frames, each alone, so that none is hidden behind another that is refused. Most are refused,
  /// some are decoded; a payload with its right checksum is what was sent.
  @Test func mutatedFramesAreDecodedOrRefused() throws {
    var generator = SeededGenerator(seed: 18)
    let samples = [false, true].map { isChecksummed in
      sampleFrames.map {
        (payload: $0.1, bytes: frame($0.0, $0.1, sequence: 0, isChecksummed: isChecksummed))
      }
    }
    var (refused, whole, differing) = (0, 0, 0)
    for round in 0..<1_000_000 {
      let isChecksummed = round % 2 == 1
      let sample = samples[round % 2][round / 2 % sampleFrames.count]
      var bytes = sample.bytes
      bytes.mutate(using: &generator)
      // Half of the time the header's own checksum is right, so that what lies behind it is reached.
      if generator.next() % 2 == 0 { bytes.repairHeader() }
      let cut = Int(generator.next() % UInt64(bytes.count + 1))
      guard let frames = try? decode([bytes[..<cut], bytes[cut...]], isChecksummed: isChecksummed) else {
        refused += 1
        continue
      }
      guard frames.first?.isWhole == true else { continue }
      whole += 1
      if isChecksummed, frames[0].payload != sample.payload { differing += 1 }
    }
    #expect(refused > 500_000 && whole > 10_000 && differing == 0, "\(refused) \(whole) \(differing)")
  }

  @Test func memoryGrowsAsBytesCome() throws {
    for length in [0, 1, 1 << 31 - 1, 1 << 32 - 1, 1 << 40, Int.max] {
      let bytes = ReceivedBytes(length: length)
      #expect(try bytes.room(limit: 1 << 30).count == min(length, 1 << 20))
      try [UInt8](repeating: 9, count: min(length, 10)).withUnsafeBytes { try bytes.add($0) }
      #expect(bytes.bytes.elementsEqual([UInt8](repeating: 9, count: min(length, 10))))
    }
    let bytes = ReceivedBytes(length: 5_000_000)
    let piece = [UInt8](0..<250)
    for _ in 0..<20_000 { try piece.withUnsafeBytes { try bytes.add($0) } }
    #expect(bytes.bytes.indices.allSatisfy { bytes.bytes[$0] == $0 % 250 })
    #expect(try bytes.room(limit: 10).isEmpty)
  }
}

extension [UInt8] {
  /// Gives the first header its right checksum.
  fileprivate mutating func repairHeader() {
    guard count >= FrameHeader.size else { return }
    withUnsafeMutableBytes { bytes in
      let checksum = Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[..<36]))
      bytes.storeBytes(of: checksum.littleEndian, toByteOffset: 36, as: UInt32.self)
    }
  }
}
