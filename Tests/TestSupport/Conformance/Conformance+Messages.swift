// Messages between two workers: order, tags, posted operations that cross, any source, oneself, refusals.

import TesseraCommunication
import TesseraLocalMatrices

extension Conformance {
  func messages(count: Int, bytes: Int) throws {
    try oneself()
    try refusals()
    try tagsApart()
    try longTagsApart(bytes: bytes)
    try crossing(bytes: bytes)
    try outOfOrder(bytes: bytes)
    try stream(count)
    try anySource()
  }

  /// A message to oneself is posted, since a send may wait for its receiver.
  private func oneself() throws {
    let sent = try end.postSend("to \(rank)", to: rank, tag: Tag(20))
    expect(try end.receive(String.self, from: rank, tag: Tag(20)) == "to \(rank)", "a value to oneself")
    try sent.wait()
    let numbers = vector(5, of: Double.self, by: rank)
    var received = [Double](repeating: 0, count: 5)
    try numbers.withUnsafeBufferPointer { buffer in
      let sent = try end.postSend(numbers: buffer, to: rank, tag: Tag(20))
      let source = try received.withUnsafeMutableBufferPointer {
        try end.receive(into: $0, from: .rank(rank), tag: Tag(20))
      }
      try sent.wait()
      expect(source == rank, "the source of numbers to oneself")
    }
    expect(received == numbers, "numbers to oneself")
  }

  private func refusals() throws {
    for stranger in [-1, size, .max, .min] {
      let refusal = CommunicationError.noSuchRank(rank: stranger, size: size)
      func refuses(_ what: String, _ body: () throws -> Void) {
        do {
          try body()
          expect(false, "\(what) rank \(stranger) is not refused")
        } catch { expect(error as? CommunicationError == refusal, "\(what) rank \(stranger): \(error)") }
      }
      refuses("sending to") { try end.send(1, to: stranger, tag: Tag(20)) }
      refuses("posting a send to") { _ = try end.postSend(1, to: stranger, tag: Tag(20)) }
      refuses("receiving from") { _ = try end.receive(Int.self, from: stranger, tag: Tag(20)) }
      refuses("posting a receive from") {
        _ = try end.postReceive(Int.self, from: .rank(stranger), tag: Tag(20))
      }
      refuses("broadcasting from") { _ = try end.broadcast(1, from: stranger) }
    }
  }

  /// Taken in another order than sent.
  private func tagsApart() throws {
    let first = try end.postSend(1, to: next, tag: Tag(21))
    let second = try end.postSend(2, to: next, tag: Tag(22))
    let third = try end.postSend(3, to: next, tag: Tag(21))
    expect(try end.receive(Int.self, from: previous, tag: Tag(22)) == 2, "the message of tag 22")
    expect(try end.receive(Int.self, from: previous, tag: Tag(21)) == 1, "the first message of tag 21")
    expect(try end.receive(Int.self, from: previous, tag: Tag(21)) == 3, "the second message of tag 21")
    for posted in [first, second, third] { try posted.wait() }
  }

  /// Long messages of two tags, values and numbers, taken in the order of sending and in the other one.
  private func longTagsApart(bytes: Int) throws {
    let tags = [Tag(21), Tag(22)]
    let (count, zero) = (bytes / 32, [Double](repeating: 0, count: bytes / 32))
    func numbers(_ rank: Int, _ tag: Int) -> [Double] { vector(count, by: rank * 2 + tag) }
    for order in [[0, 1], [1, 0]] {
      let sent = try [0, 1].map { try end.postSend(Numbers(numbers(rank, $0)), to: next, tag: tags[$0]) }
      for k in order {
        let value = try end.receive(Numbers<Double>.self, from: previous, tag: tags[k])
        expect(value.elements == numbers(previous, k), "the long value of tag \(k), taken in order \(order)")
      }
      for posted in sent { try posted.wait() }
    }
    let mine = [numbers(rank, 0), numbers(rank, 1)]
    try mine[0].withUnsafeBufferPointer { first in
      try mine[1].withUnsafeBufferPointer { second in
        for order in [[0, 1], [1, 0]] {
          let sent = try zip([first, second], tags).map { try end.postSend(numbers: $0, to: next, tag: $1) }
          for k in order {
            var received = zero
            _ = try received.withUnsafeMutableBufferPointer {
              try end.receive(into: $0, from: .rank(previous), tag: tags[k])
            }
            expect(received == numbers(previous, k), "long numbers of tag \(k), taken in order \(order)")
          }
          for posted in sent { try posted.wait() }
        }
      }
    }
  }

  /// Long messages in both directions at once, receives posted before and after.
  private func crossing(bytes: Int) throws {
    let mine = vector(bytes / 8, of: Double.self, by: rank)
    var fromPrevious = [Double](repeating: 0, count: mine.count)
    try mine.withUnsafeBufferPointer { mine in
      try fromPrevious.withUnsafeMutableBufferPointer { incoming in
        let early = try end.postReceive(into: incoming, from: .rank(previous), tag: Tag(23))
        let sent = [
          try end.postSend(numbers: mine, to: next, tag: Tag(23)),
          try end.postSend(numbers: mine, to: previous, tag: Tag(24)),
        ]
        expect(try early.wait() == previous, "the source of long numbers")
        let scratch = UnsafeMutableBufferPointer<Double>.allocate(capacity: mine.count)
        defer { scratch.deallocate() }
        _ = try end.receive(into: scratch, from: .rank(next), tag: Tag(24))
        expect(Array(scratch) == vector(mine.count, by: next), "long numbers from the next rank")
        for posted in sent { try posted.wait() }
      }
    }
    expect(fromPrevious == vector(mine.count, by: previous), "long numbers from the previous rank")

    let early = try end.postReceive(Numbers<Double>.self, from: .rank(previous), tag: Tag(23))
    let sent = [
      try end.postSend(Numbers(mine), to: next, tag: Tag(23)),
      try end.postSend(Numbers(mine), to: previous, tag: Tag(24)),
    ]
    expect(
      try end.receive(Numbers<Double>.self, from: next, tag: Tag(24)).elements
        == vector(mine.count, by: next),
      "a long value from the next rank")
    expect(
      try early.wait().value.elements == vector(mine.count, by: previous),
      "a long value from the previous rank")
    for posted in sent { try posted.wait() }
  }

  /// Long messages of two ranks with one tag, the later receive waited for first: the sender of the other sends only
  /// when that has come.
  private func outOfOrder(bytes: Int) throws {
    guard size > 2, rank < 3 else { return }
    let mine = Numbers(vector(bytes / 8, of: Double.self, by: rank))
    switch rank {
    case 0:
      let first = try end.postReceive(Numbers<Double>.self, from: .rank(1), tag: Tag(28))
      let second = try end.postReceive(Numbers<Double>.self, from: .rank(2), tag: Tag(28))
      expect(try second.wait().value.elements == vector(bytes / 8, by: 2), "the later of two long values")
      try end.send(1, to: 1, tag: Tag(29))
      expect(try first.wait().value.elements == vector(bytes / 8, by: 1), "the earlier of two long values")
    case 1:
      _ = try end.receive(Int.self, from: 0, tag: Tag(29))
      try end.send(mine, to: 0, tag: Tag(28))
    default: try end.send(mine, to: 0, tag: Tag(28))
    }
  }

  /// Many short messages, all in order; values and numbers mixed.
  private func stream(_ count: Int) throws {
    var sent: [Posted<Void>] = []
    var isOrdered = true
    for k in 0..<count {
      sent.append(try end.postSend(k, to: next, tag: Tag(25)))
      isOrdered = try end.receive(Int.self, from: previous, tag: Tag(25)) == k && isOrdered
    }
    for posted in sent { try posted.wait() }
    expect(isOrdered, "\(count) messages around the ring arrive in order")
    // One way only, with sends that may wait; the last of an odd number of ranks looks on.
    isOrdered = true
    if rank % 2 == 0, rank + 1 < size {
      for k in 0..<count { try end.send(k, to: rank + 1, tag: Tag(25)) }
    } else if rank % 2 == 1 {
      for k in 0..<count {
        isOrdered = try end.receive(Int.self, from: rank - 1, tag: Tag(25)) == k && isOrdered
      }
    }
    expect(isOrdered, "\(count) messages to one receiver arrive in order")
  }

  /// Everybody's messages at rank 0, in the order of each sender.
  private func anySource() throws {
    let rounds = 50
    if rank > 0 {
      for k in 0..<rounds { try end.send(rank * 1000 + k, to: 0, tag: Tag(26)) }
      for k in 0..<rounds {
        try vector(5, of: Double.self, by: rank + k).withUnsafeBufferPointer {
          try end.send(numbers: $0, to: 0, tag: Tag(27))
        }
      }
      return
    }
    var expected = [Int](repeating: 0, count: size)
    for round in 0..<rounds * (size - 1) {
      let message =
        round % 2 == 0
        ? try end.receive(Int.self, from: .any, tag: Tag(26))
        : try end.postReceive(Int.self, from: .any, tag: Tag(26)).wait()
      let (source, value) = (message.source, message.value)
      expect(value == source * 1000 + expected[source], "message \(value) of anybody, from \(source)")
      expected[source] += 1
    }
    expect(expected.dropFirst().allSatisfy { $0 == rounds }, "everybody's messages have come: \(expected)")
    expected = [Int](repeating: 0, count: size)
    for round in 0..<rounds * (size - 1) {
      var numbers = [Double](repeating: 0, count: 5)
      let source = try numbers.withUnsafeMutableBufferPointer {
        round % 2 == 0
          ? try end.receive(into: $0, from: .any, tag: Tag(27))
          : try end.postReceive(into: $0, from: .any, tag: Tag(27)).wait()
      }
      expect(numbers == vector(5, by: source + expected[source]), "anybody's numbers, from \(source)")
      expected[source] += 1
    }
    expect(expected.dropFirst().allSatisfy { $0 == rounds }, "everybody's numbers have come: \(expected)")
  }
}
