// What counting a message of 1 KiB costs, at both its ends together, beside the message itself. The cost is
// measured over a communicator that moves nothing, where it is nearly all there is: as a difference of two
// times of real messages it would drown in their noise.

import BenchSupport
import Foundation
import Tessera

/// A communicator whose sends do nothing, and whose receives find what they ask for.
private struct Nowhere<Message: WireCodable>: Communicator {
  let message: Message
  var rank: Int { 0 }
  var size: Int { 2 }
  /// As on threads: the transport keeps account of its waiting.
  var waitingTime: Int? { 0 }

  func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag) throws(CommunicationError) {}

  func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Received<Value>
  {
    guard let value = message as? Value else {
      throw .unexpectedMessage(expected: "\(type)", found: "\(Message.self)")
    }
    return Received(value, from: 1)
  }

  func send<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
  ) throws(CommunicationError) {}

  func receive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  ) throws(CommunicationError) -> Int { 1 }

  func close(reason: String) {}
}

/// The cost of the ledger of a message as a matrix and as numbers, beside as many numbers on their way
/// between threads and between processes.
func measureLedger(_ effort: Effort) throws -> [Comparison] {
  let matrix = DenseMatrix<Double>(zeros: 128, 1)
  let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: 128)
  buffer.initialize(repeating: 1)
  defer { buffer.deallocate() }
  let nowhere: any Communicator = Nowhere(message: matrix)
  let measured: any Communicator = MeasuredCommunicator(nowhere)
  func sendMatrix(_ end: any Communicator) throws {
    try end.send(matrix, to: 1, tag: .tiles)
    _ = try end.receive(DenseMatrix<Double>.self, from: 1, tag: .tiles)
  }
  func sendNumbers(_ end: any Communicator) throws {
    try end.send(numbers: UnsafeBufferPointer(buffer), to: 1, tag: .tiles)
    _ = try end.receive(into: buffer, from: .rank(1), tag: .tiles)
  }
  func cost(_ message: (any Communicator) throws -> Void) throws -> Double {
    let times = try medians(
      effort, ours: { try seconds($0) { try message(measured) } },
      reference: { try seconds($0) { try message(nowhere) } })
    let cost = times.ours - times.reference
    // Below nothing the times vary by more than it costs: that is not measured.
    return cost > 0 ? cost : .nan
  }
  let costs = [("a 1 KiB matrix", try cost(sendMatrix)), ("1 KiB of numbers", try cost(sendNumbers))]
  let messages = [
    ("1 KiB between threads", try oneWayBetweenThreads(effort, bytes: 1024)),
    ("1 KiB over a Unix-domain socket", try oneWayOverSocket(effort, bytes: 1024)),
  ]
  return costs.flatMap { name, cost in
    messages.map { message, time in
      .times("ledger of " + name, (cost, time), against: message, limit: .atMost(0.01))
    }
  }
}

/// The time of one way of numbers between two threads.
private func oneWayBetweenThreads(_ effort: Effort, bytes: Int) throws -> Double {
  let ends = InProcessCommunicator.group(size: 2)
  @Sendable func turn(_ end: InProcessCommunicator, _ buffer: UnsafeMutableBufferPointer<UInt8>) throws {
    let other = 1 - end.rank
    if end.rank == 0 { try end.send(numbers: UnsafeBufferPointer(buffer), to: other, tag: .tiles) }
    _ = try end.receive(into: buffer, from: .rank(other), tag: .tiles)
    if end.rank == 1 { try end.send(numbers: UnsafeBufferPointer(buffer), to: other, tag: .tiles) }
  }
  @Sendable func withBuffer<Result>(_ body: (UnsafeMutableBufferPointer<UInt8>) throws -> Result) rethrows
    -> Result
  {
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes)
    buffer.initialize(repeating: 1)
    defer { buffer.deallocate() }
    return try body(buffer)
  }
  // Ends when the group is closed.
  Thread.detachNewThread { withBuffer { buffer in while (try? turn(ends[1], buffer)) != nil {} } }
  defer { ends[0].close(reason: "measured") }
  return try withBuffer { buffer in
    try median(of: effort) { repeats in try seconds(repeats) { try turn(ends[0], buffer) } / 2 }
  }
}

/// The time of one way of numbers between two processes.
private func oneWayOverSocket(_ effort: Effort, bytes: Int) throws -> Double {
  let group = try PeerGroup(size: 2, .unix)
  let time = try median(of: effort) { try group.roundTrip(bytes: bytes, answer: bytes, repeats: $0) / 2 }
  try group.stop()
  return time
}

private func median(of effort: Effort, _ run: (_ repeats: Int) throws -> Double) rethrows -> Double {
  try medians(effort, ours: run, reference: { _ in 0 }).ours
}
