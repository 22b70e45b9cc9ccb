// Split: one group becomes several, each with ranks of its own.
//
//   before   0: red 1   1: blue 0   2: red 0   3: nil   4: blue 0        (color, key)
//   after    red: 0 = worker 2, 1 = worker 0        blue: 0 = worker 1, 1 = worker 4
//
// Workers agree on the parts' number, which every message of a part carries in its tag, so that two groups
// that share workers never take each other's: the largest that any of them proposes, each one above all that
// it has ever used. Parts of one split have the same number; no worker is in two of them.
//
// One all-gather of three integers: P (P - 1) messages without payload, which is what words are counted of.
// Source: MPI: A Message-Passing Interface Standard, section 6.4.2 (MPI_Comm_split).

import Synchronization

extension Communicator {
  /// Divides the group: workers that pass the same `color` become a group of their own, ranked by `key`, then
  /// by rank. A worker that passes nil joins none and gets nil. Closing a part closes the whole.
  public func split(color: Int?, key: Int, tag: Tag) throws(CommunicationError) -> (any Communicator)? {
    guard let part = try partition(color: color, key: key, tag: tag) else { return nil }
    return Subgroup(self, ranks: part.ranks, number: part.number)
  }

  /// Divides the group: workers that pass the same `color` become a group of their own, ranked by `key`, then
  /// by rank. A worker that passes nil joins none and gets nil.
  ///
  /// - Throws: what `send` and `receive` throw.
  public func split(color: Int?, key: Int = 0) throws(CommunicationError) -> (any Communicator)? {
    try split(color: color, key: key, tag: .collective)
  }

  /// The ranks, in this group, of the part that this worker is to be in, by their new ranks, and the part's
  /// number.
  func partition(color: Int?, key: Int, tag: Tag) throws(CommunicationError) -> (ranks: [Int], number: Int)? {
    let proposals = try allGather(
      Proposal(color: color, key: key, number: GroupNumbers.next()), tag: tag)
    let number = proposals.reduce(0) { max($0, $1.number) }
    guard number <= Tag.maximumGroup else {
      throw .tooLong(what: "the number of a group", length: number, limit: Tag.maximumGroup)
    }
    GroupNumbers.use(number)
    guard let color else { return nil }
    let members = proposals.indices.filter { proposals[$0].color == color }
    return (members.sorted { (proposals[$0].key, $0) < (proposals[$1].key, $1) }, number)
  }
}

/// What a worker says when its group is divided.
private struct Proposal: WireCodable {
  let color: Int?
  let key: Int
  let number: Int

  init(color: Int?, key: Int, number: Int) {
    self.color = color
    self.key = key
    self.number = number
  }

  func encode(to writer: inout WireWriter) {
    color.encode(to: &writer)
    writer.write(key)
    writer.write(number)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    color = try Int?(from: &reader)
    key = try reader.readInt()
    number = try reader.readInt(in: 1...Tag.maximumGroup + 1, "a group's number")
  }
}

/// The largest group number in use in this process. Numbers only have to be new to the workers they mean
/// something to, all of which may be threads of this process.
private enum GroupNumbers {
  private static let largest = Atomic(0)

  /// A number that no group here has; one too large for a tag when all are used.
  static func next() -> Int { largest.load(ordering: .relaxed) + 1 }

  /// Makes all later numbers larger than `number`.
  static func use(_ number: Int) { largest.max(number, ordering: .relaxed) }
}
