// A set of positions of the inner dimension: the columns of A that store something in some rows, the rows of B
// that do. One bit a position in memory; on the wire the runs of members where that is shorter. Counting
// the members before a position, their rank, is O(1) after O(extent / 64) for the counts of words: a cell that
// has fetched only the members works with their ranks.

import TesseraCommunication

/// A set of positions below `extent`.
struct PositionSet: Hashable, Sendable {
  /// One past the largest position that can be a member.
  let extent: Int
  private var words: [UInt64]

  /// The empty set.
  init(extent: Int) {
    self.extent = extent
    words = [UInt64](repeating: 0, count: (extent + 63) / 64)
  }

  /// The positions of `range`.
  init(_ range: Range<Int>, extent: Int) {
    self.init(extent: extent)
    insert(range)
  }

  /// Number of members. O(extent / 64).
  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Whether `position` is a member.
  ///
  /// - Precondition: `0 <= position < extent`.
  @inline(__always)
  func contains(_ position: Int) -> Bool { words[position >> 6] >> UInt64(position & 63) & 1 == 1 }

  @inline(__always)
  mutating func insert(_ position: Int) { words[position >> 6] |= 1 << UInt64(position & 63) }

  /// Inserts all of `range`. O(length / 64).
  mutating func insert(_ range: Range<Int>) {
    forEachWord(of: range) { word, mask in words[word] |= mask }
  }

  /// Number of members in `range`. O(length / 64).
  func count(in range: Range<Int>) -> Int {
    var sum = 0
    forEachWord(of: range) { word, mask in sum += (words[word] & mask).nonzeroBitCount }
    return sum
  }

  /// Members of either.
  ///
  /// - Precondition: equal extents.
  mutating func formUnion(_ other: PositionSet) {
    precondition(extent == other.extent)
    for k in words.indices { words[k] |= other.words[k] }
  }

  /// Members of both.
  ///
  /// - Precondition: equal extents.
  func intersection(_ other: PositionSet) -> PositionSet {
    precondition(extent == other.extent)
    var both = self
    for k in words.indices { both.words[k] &= other.words[k] }
    return both
  }

  /// The members in `range`, ascending.
  func forEach(in range: Range<Int>, _ body: (Int) -> Void) {
    forEachWord(of: range) { word, mask in
      var bits = words[word] & mask
      while bits != 0 {
        body(word << 6 + bits.trailingZeroBitCount)
        bits &= bits - 1
      }
    }
  }

  /// The ranks of all positions.
  var ranks: Ranks { Ranks(self) }

  /// How many members come before a position.
  struct Ranks {
    let set: PositionSet
    private let before: [Int32]

    fileprivate init(_ set: PositionSet) {
      self.set = set
      var sum: Int32 = 0
      var before: [Int32] = []
      before.reserveCapacity(set.words.count)
      for word in set.words {
        before.append(sum)
        sum += Int32(word.nonzeroBitCount)
      }
      self.before = before
    }

    /// Members below `position`. O(1).
    ///
    /// - Precondition: `0 <= position <= extent`.
    @inline(__always)
    subscript(position: Int) -> Int {
      guard position < set.extent else { return set.extent == 0 ? 0 : self[set.extent - 1] + last }
      let below = (1 as UInt64) << UInt64(position & 63) - 1
      return Int(before[position >> 6]) + (set.words[position >> 6] & below).nonzeroBitCount
    }

    /// The ranks of the members in `range`.
    func range(_ range: Range<Int>) -> Range<Int> { self[range.lowerBound]..<self[range.upperBound] }

    private var last: Int { self.set.contains(self.set.extent - 1) ? 1 : 0 }
  }

  /// The words of `range`, each with the bits that are meant.
  @inline(__always)
  private func forEachWord(of range: Range<Int>, _ body: (Int, UInt64) -> Void) {
    Self.forEachWord(of: range, body)
  }

  @inline(__always)
  private static func forEachWord(of range: Range<Int>, _ body: (Int, UInt64) -> Void) {
    guard !range.isEmpty else { return }
    let (first, last) = (range.lowerBound >> 6, (range.upperBound - 1) >> 6)
    for word in first...last {
      var mask = UInt64.max
      if word == first { mask &= .max << UInt64(range.lowerBound & 63) }
      if word == last { mask &= .max >> UInt64(63 - (range.upperBound - 1) & 63) }
      body(word, mask)
    }
  }
}

extension PositionSet: WireCodable {
  /// First and one past the last position of every run of members.
  private var runs: [Int] {
    var bounds: [Int] = []
    forEach(in: 0..<extent) { position in
      if bounds.last == position {
        bounds[bounds.count - 1] = position + 1
      } else {
        bounds += [position, position + 1]
      }
    }
    return bounds
  }

  /// Numbers that the set takes on the wire, beside its extent and form. O(members).
  var encodedCount: Int { min(runs.count, words.count) }

  /// Writes the extent, and the runs or the words. They say where things go, like the bounds of cuts: they
  /// are of the message's header.
  func encode(to writer: inout WireWriter) {
    writer.write(extent)
    let runs = runs
    writer.write(runs.count < words.count ? 0 : 1)
    (runs.count < words.count ? runs : words.map { Int(bitPattern: UInt($0)) }).encode(to: &writer)
  }

  /// Reads a set back, checking that nothing lies beyond the extent.
  init(from reader: inout WireReader) throws(CommunicationError) {
    let extent = try reader.readInt(in: 0...Int(Int32.max), "an extent")
    let isInRuns = try reader.readInt(in: 0...1, "a form") == 0
    let numbers = try [Int](from: &reader)
    if isInRuns {
      guard numbers.areSpans(within: extent) else { throw .malformed(expected: "runs below \(extent)") }
      self.init(extent: extent)
      for k in stride(from: 0, to: numbers.count, by: 2) { insert(numbers[k]..<numbers[k + 1]) }
    } else {
      let words = numbers.map { UInt64(UInt(bitPattern: $0)) }
      guard words.count == (extent + 63) / 64,
        extent % 64 == 0 || words[words.count - 1] >> UInt64(extent % 64) == 0
      else { throw .malformed(expected: "a bit for each of \(extent) positions") }
      self.init(extent: extent)
      self.words = words
    }
  }
}
