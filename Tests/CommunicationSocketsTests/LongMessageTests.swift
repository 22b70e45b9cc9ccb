// What is longer than a 31-bit count, and more on offer than a receiver takes: `make test-full` holds the
// figures, `make test` the same with less.

import Foundation
import Glibc
import Synchronization
import TesseraCommunication
import TesseraTestSupport
import Testing

@testable import TesseraCommunicationSockets

@Suite(.timeLimit(.minutes(30)), .serialized) struct LongMessageTests {
  /// More than 2^31 bytes in full.
  private static let count = isFullTest ? 1 << 28 + 1000 : 1 << 22 + 1000

  @Test(arguments: Wire.plain) func numbersOfMoreThan31BitsArrive(wire: Wire) throws {
    let right = try onThreads(try wire.group(size: 2)) { end in
      let numbers = UnsafeMutableBufferPointer<Double>.allocate(capacity: Self.count)
      defer { numbers.deallocate() }
      if end.rank == 0 {
        for index in numbers.indices { numbers.initializeElement(at: index, to: Double(index)) }
        try end.send(numbers: UnsafeBufferPointer(numbers), to: 1, tag: .tiles)
        return true
      }
      _ = try end.receive(into: numbers, from: .rank(0), tag: .tiles)
      return numbers.indices.allSatisfy { numbers[$0] == Double($0) }
    }
    #expect(right == [true, true])
  }

  @Test(arguments: Wire.plain) func aValueOfMoreThan31BitsArrives(wire: Wire) throws {
    let right = try onThreads(try wire.group(size: 2)) { end in
      if end.rank == 0 {
        try end.send(Words((0..<Self.count).map { Double($0) }), to: 1, tag: .tiles)
        return true
      }
      let elements = try end.receive(Words.self, from: 0, tag: .tiles).elements
      return elements.count == Self.count && elements.indices.allSatisfy { elements[$0] == Double($0) }
    }
    #expect(right == [true, true])
  }

  /// Numbers go from where they lie: what has been sent, and is not in the kernel, is what the receiver keeps.
  @Test(arguments: Wire.plain) func aSleepingReceiverKeepsLittleOfWhatIsOnOffer(wire: Wire) throws {
    let (pieces, length) = isFullTest ? (64, 64 << 20) : (32, 8 << 20)
    var limits = SocketLimits()
    if !isFullTest { limits.mostBytesKept = 8 << 20 }
    let sent = Atomic(0)
    try withExtendedLifetime(sent) {
      let early = try onThreads(try wire.group(size: 2, limits: limits)) { end in
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: length)
        buffer.initialize(repeating: 1)
        defer { buffer.deallocate() }
        if end.rank == 0 {
          for _ in 0..<pieces {
            try end.send(numbers: UnsafeBufferPointer(buffer), to: 1, tag: .tiles)
            sent.add(1, ordering: .sequentiallyConsistent)
          }
          return 0
        }
        Thread.sleep(forTimeInterval: isFullTest ? 2 : 0.3)
        let early = sent.load(ordering: .sequentiallyConsistent) + 1
        for _ in 0..<pieces { _ = try end.receive(into: buffer, from: .rank(0), tag: .tiles) }
        return early * length
      }
      // A sixteenth of what is on offer: 256 MiB of 4 GiB.
      #expect(early[1] <= pieces * length / 16 + (isFullTest ? 0 : 32 << 20))
    }
  }
}
