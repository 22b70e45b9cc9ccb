// Every collective with the longest messages that a run can afford: each rank holds, or the root or everybody
// gets, `count` numbers. They repeat after a short while, so that they are made and compared as fast as
// memory is read. Of collective c, scalar s takes its turn on transport t when (c + s + t) mod 4 is 0; all do
// in the full tests.
//
// Memory: at most six times `count` numbers on 3 ranks together (the all-to-alls), 8 MiB of scratch each.

import Glibc
import TesseraCommunication
import TesseraLocalMatrices
import TesseraPartitioning

extension Conformance {
  func volume(_ count: Int, turn: Int) throws {
    try volume(Float.self, count, turn: turn)
    try volume(Double.self, count, turn: turn + 1)
    try volume(ComplexFloat.self, count, turn: turn + 2)
    try volume(ComplexDouble.self, count, turn: turn + 3)
  }

  private func volume<S: Scalar>(_ type: S.Type, _ count: Int, turn: Int) throws {
    let collectives =
      [
        longBroadcast, longGather, longScatter, longAllGather, longAllToAll, longUnevenAllToAll, longReduce,
        longAllReduce, longReduceScatter, longValueBroadcast, longValueGather, longValueScatter,
        longValueAllGather, longValueAllToAll, longValueReduce, longValueAllReduce,
      ] as [(S.Type, Int) throws -> Void]
    for (place, collective) in collectives.enumerated()
    where isFullTest || (place + turn) % 4 == 0 {
      try collective(type, count)
    }
  }

  // MARK: numbers

  private func longBroadcast<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    var numbers = Repeating<S>(by: rank).numbers(count)
    try end.broadcast(numbers: &numbers, from: size - 1)
    expect(Repeating<S>(by: size - 1).is(numbers, count), "broadcast of \(count) \(S.kind)")
  }

  private func longGather<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    let counts = cut(count)
    let all = try end.gather(numbers: Repeating<S>(by: rank).numbers(counts[rank]), counts: counts)
    expect(arePieces(all, rank == 0 ? counts : []) { Repeating(by: $0) }, "gather of \(count) \(S.kind)")
  }

  private func longScatter<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    let counts = cut(count)
    let all = rank == 0 ? pieces(counts) { Repeating<S>(by: $0) } : []
    let mine = try end.scatter(numbers: all, counts: counts)
    expect(Repeating<S>(by: rank).is(mine, counts[rank]), "scatter of \(count) \(S.kind)")
  }

  private func longAllGather<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    let counts = cut(count)
    let all = try end.allGather(numbers: Repeating<S>(by: rank).numbers(counts[rank]), counts: counts)
    expect(arePieces(all, counts) { Repeating(by: $0) }, "all-gather of \(count) \(S.kind)")
  }

  private func longAllToAll<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    let counts = [Int](repeating: count / size, count: size)
    let received = try end.allToAll(numbers: pieces(counts) { Repeating<S>(by: rank * 10 + $0) })
    expect(
      arePieces(received, counts) { Repeating(by: $0 * 10 + rank) }, "all-to-all of \(count) \(S.kind)")
  }

  /// From i to j, 10 (i + j) more or less than the same for all.
  private func longUnevenAllToAll<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    let counts = (0..<size).map { count / size + 10 * (rank + $0 - size) }
    let received = try end.allToAll(
      numbers: pieces(counts) { Repeating<S>(by: rank * 10 + $0) }, counts: counts, receivedCounts: counts)
    expect(
      arePieces(received, counts) { Repeating(by: $0 * 10 + rank) },
      "uneven all-to-all of \(count) \(S.kind)")
  }

  private func longReduce<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    var numbers = Repeating<S>(roughBy: rank).numbers(count)
    try end.reduce(numbers: &numbers, .sum, to: size - 1)
    let isRight = rank < size - 1 || Repeating<S>(roughSumOf: size).is(numbers, count)
    expect(isRight, "reduce of \(count) \(S.kind)")
  }

  private func longAllReduce<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    var numbers = Repeating<S>(roughBy: rank).numbers(count)
    try end.allReduce(numbers: &numbers, .sum)
    expect(Repeating<S>(roughSumOf: size).is(numbers, count), "all-reduce of \(count) \(S.kind)")
  }

  private func longReduceScatter<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    let counts = cut(count)
    let part = try end.reduceScatter(
      numbers: Repeating<S>(roughBy: rank).numbers(count), counts: counts, .sum)
    let isRight = Repeating<S>(roughSumOf: size).is(
      part, counts[rank], from: counts[..<rank].reduce(0, +))
    expect(isRight, "reduce-scatter of \(count) \(S.kind)")
  }

  // MARK: values

  private func longValueBroadcast<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    let value = try end.broadcast(rank == 0 ? Numbers(Repeating<S>(by: 0).numbers(count)) : nil)
    expect(Repeating<S>(by: 0).is(value.elements, count), "broadcast of a value of \(count) \(S.kind)")
  }

  private func longValueGather<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    let all = try end.gather(value(by: rank, S.self, count))
    expect(rank > 0 || areValues(all ?? [], count) { Repeating<S>(by: $0) }, "gather of values of \(S.kind)")
  }

  private func longValueScatter<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    let values = (0..<size).map { value(by: $0, S.self, count) }
    let mine = try end.scatter(rank == 0 ? values : nil)
    expect(Repeating<S>(by: rank).is(mine.elements, count / size), "scatter of values of \(S.kind)")
  }

  private func longValueAllGather<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    let all = try end.allGather(value(by: rank, S.self, count))
    expect(areValues(all, count) { Repeating<S>(by: $0) }, "all-gather of values of \(S.kind)")
  }

  private func longValueAllToAll<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    let received = try end.allToAll((0..<size).map { value(by: rank * 10 + $0, S.self, count) })
    expect(
      areValues(received, count) { Repeating<S>(by: $0 * 10 + rank) }, "all-to-all of values of \(S.kind)")
  }

  private func longValueReduce<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    let mine = Numbers(Repeating<S>(roughBy: rank).numbers(count))
    let sum = try end.reduce(mine) { added($0, $1) }
    let isRight = rank > 0 || Repeating<S>(roughSumOf: size).is(sum?.elements ?? [], count)
    expect(isRight, "reduce of values of \(count) \(S.kind)")
  }

  private func longValueAllReduce<S: Scalar>(_ type: S.Type, _ count: Int) throws {
    let mine = Numbers(Repeating<S>(roughBy: rank).numbers(count))
    let sum = try end.allReduce(mine) { added($0, $1) }
    expect(
      Repeating<S>(roughSumOf: size).is(sum.elements, count), "all-reduce of values of \(count) \(S.kind)")
  }

  // MARK: pieces

  private func cut(_ count: Int) -> [Int] {
    (0..<size).map { count / size + ($0 < count % size ? 1 : 0) }
  }

  /// The P-th part of `count` numbers as a value.
  private func value<S: Scalar>(by rank: Int, _ type: S.Type, _ count: Int) -> Numbers<S> {
    Numbers(Repeating<S>(by: rank).numbers(count / size))
  }

  private func areValues<S: Scalar>(_ values: [Numbers<S>], _ count: Int, _ whose: (Int) -> Repeating<S>)
    -> Bool
  {
    values.count == size && values.indices.allSatisfy { whose($0).is(values[$0].elements, count / size) }
  }

  private func pieces<S: Scalar>(_ counts: [Int], _ whose: (Int) -> Repeating<S>) -> [S] {
    [S](unsafeUninitializedCapacity: counts.reduce(0, +)) { buffer, initialized in
      for (k, count) in counts.enumerated() {
        whose(k).fill(UnsafeMutableBufferPointer(rebasing: buffer[initialized..<initialized + count]))
        initialized += count
      }
    }
  }

  private func arePieces<S: Scalar>(_ all: [S], _ counts: [Int], _ whose: (Int) -> Repeating<S>) -> Bool {
    guard all.count == counts.reduce(0, +) else { return false }
    var first = 0
    return all.withUnsafeBufferPointer { all in
      counts.enumerated().allSatisfy { k, count in
        defer { first += count }
        return whose(k).is(UnsafeBufferPointer(rebasing: all[first..<first + count]))
      }
    }
  }

  private func added<S: Scalar>(_ a: Numbers<S>, _ b: Numbers<S>) -> Numbers<S> {
    var sum = a.elements
    sum.withUnsafeMutableBufferPointer { sum in
      b.elements.withUnsafeBufferPointer { Elementwise<S>.sum.combine(sum, $0) }
    }
    return Numbers(sum)
  }
}

/// Numbers that repeat after some thousands.
private struct Repeating<S: Scalar> {
  private let block: [S]

  private init(period: Int, _ number: (Int) -> S) {
    let once = (0..<period).map(number)
    block = (0..<1 + 8192 / period).flatMap { _ in once }
  }

  /// Those of worker `rank` (`number`).
  init(by rank: Int) { self.init(period: 101 * 13) { number($0, by: rank) } }

  /// The rough ones of worker `rank` (`roughNumber`).
  init(roughBy rank: Int) { self.init(period: 21) { roughNumber($0, by: rank) } }

  /// The sum of everybody's rough ones along the tree over the ranks.
  init(roughSumOf size: Int) {
    self.init(period: 21) { treeSum($0, below: ReductionNode(root: size)) }
  }

  func fill(_ buffer: UnsafeMutableBufferPointer<S>) {
    for start in stride(from: 0, to: buffer.count, by: block.count) {
      let part = buffer[start..<min(start + block.count, buffer.count)]
      _ = part.initialize(fromContentsOf: block[..<part.count])
    }
  }

  func numbers(_ count: Int) -> [S] {
    [S](unsafeUninitializedCapacity: count) { buffer, initialized in
      fill(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
      initialized = count
    }
  }

  /// Whether these are the first of the numbers, or those from place `first` on, bit for bit.
  func `is`(_ numbers: UnsafeBufferPointer<S>, from first: Int = 0) -> Bool {
    block.withUnsafeBytes { block in
      let bytes = UnsafeRawBufferPointer(numbers)
      var (place, offset) = (0, first * MemoryLayout<S>.stride % block.count)
      while place < bytes.count {
        let length = min(block.count - offset, bytes.count - place)
        let part = UnsafeRawBufferPointer(rebasing: bytes[place..<place + length])
        let other = UnsafeRawBufferPointer(rebasing: block[offset..<offset + length])
        guard let mine = part.baseAddress, let its = other.baseAddress, memcmp(mine, its, length) == 0
        else { return false }
        place += length
        offset = 0
      }
      return true
    }
  }

  func `is`(_ numbers: [S], _ count: Int, from first: Int = 0) -> Bool {
    numbers.count == count && numbers.withUnsafeBufferPointer { self.is($0, from: first) }
  }
}
