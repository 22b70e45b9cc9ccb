// What this machine does, in about a second for each figure: dense products, reading, messages. Short runs, for a
// diagnosis and a model; measurements beside their limits are in Benchmarks.

import Foundation
import Synchronization
import Tessera

/// Rates of this machine.
enum MachineProbe {
  /// Floating-point operations a second of the product of two matrices of order `order`, in one process with
  /// `threads` threads: the median of five.
  static func productRate(threads: Int, order: Int = 1024) throws -> Double {
    let before = BLASThreads.count
    BLASThreads.set(threads)
    defer { BLASThreads.set(before) }
    let a: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(order, order), seed: 1)
    var times: [Double] = []
    for _ in 0...5 {
      let start = ContinuousClock.now
      let product = try a * a
      times.append(seconds(since: start))
      withExtendedLifetime(product) {}
    }
    // The first warms up.
    return 2 * Double(order) * Double(order) * Double(order) / times.dropFirst().sorted()[2]
  }

  /// Bytes a second that `threads` threads read together, each `megabytes` of its own that no cache holds: the
  /// median of five.
  static func readingRate(threads: Int, megabytes: Int = 128) -> Double {
    let count = megabytes << 17
    let buffer = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: threads * count)
    defer { buffer.deallocate() }
    // Threads share no word: each has a part of its own.
    nonisolated(unsafe) let words = buffer
    let sum = Atomic<UInt64>(0)
    var times: [Double] = []
    for round in 0...5 {
      let start = ContinuousClock.now
      DispatchQueue.concurrentPerform(iterations: threads) { thread in
        let part = UnsafeMutableBufferPointer(rebasing: words[thread * count..<(thread + 1) * count])
        if round == 0 {
          part.initialize(repeating: 1)
        } else {
          var mine: UInt64 = 0
          for word in part { mine &+= word }
          sum.wrappingAdd(mine, ordering: .relaxed)
        }
      }
      times.append(seconds(since: start))
    }
    precondition(sum.load(ordering: .relaxed) == UInt64(5 * threads * count), "what was read is used")
    return Double(8 * threads * count) / times.dropFirst().sorted()[2]
  }

  /// Rank 0 of a group of two measures messages; rank 1 answers.
  ///
  /// - Throws: `CommunicationError`.
  static func messages(_ end: any Communicator, longBytes: Int = 16 << 20) throws -> MessageRates? {
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: longBytes)
    buffer.initialize(repeating: 1)
    defer { buffer.deallocate() }
    // There with so many bytes, back with 8.
    func turn(_ bytes: Int) throws {
      let (long, short) = (
        UnsafeMutableBufferPointer(rebasing: buffer[..<bytes]),
        UnsafeMutableBufferPointer(rebasing: buffer[..<8])
      )
      if end.rank == 0 {
        try end.send(numbers: UnsafeBufferPointer(long), to: 1, tag: .tiles)
        _ = try end.receive(into: short, from: .rank(1), tag: .tiles)
      } else {
        _ = try end.receive(into: long, from: .rank(0), tag: .tiles)
        try end.send(numbers: UnsafeBufferPointer(short), to: 0, tag: .tiles)
      }
    }
    func roundTrip(_ bytes: Int, repeats: Int) throws -> Double {
      var times: [Double] = []
      for _ in 0...5 {
        let start = ContinuousClock.now
        for _ in 0..<repeats { try turn(bytes) }
        times.append(seconds(since: start) / Double(repeats))
      }
      return times.dropFirst().sorted()[2]
    }
    let short = try roundTrip(8, repeats: 500)
    let long = try roundTrip(longBytes, repeats: 4)
    guard end.rank == 0 else { return nil }
    return MessageRates(latency: short / 2, bandwidth: Double(longBytes) / max(long - short / 2, 1e-9))
  }

  /// The rates of a pair whose other end is another thread's.
  static func messages(between ends: (any Communicator, any Communicator)) throws -> MessageRates {
    let other = ends.1
    // Ends when it has answered everything, or when this end is closed.
    let thread = Thread { _ = try? messages(other) }
    thread.start()
    defer { ends.0.close(reason: "measured") }
    guard let rates = try messages(ends.0) else { preconditionFailure("the first of a pair has rank 0") }
    return rates
  }
}

/// What messages between two workers cost.
struct MessageRates: Codable {
  /// Seconds one way of 8 bytes.
  let latency: Double
  /// Bytes a second of 16 MiB.
  let bandwidth: Double
}
