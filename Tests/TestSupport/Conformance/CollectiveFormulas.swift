// What the headers in Sources/Communication/Collectives say that each worker sends and receives, for P
// workers: how many messages, and of how many words each.

import TesseraCommunication
import TesseraInstrumentation

/// Messages in one direction.
struct Flow: Equatable {
  var messages: Int
  var words: Int

  /// Messages of values of so many words each, none among them.
  init(values lengths: [Int] = []) {
    messages = lengths.count
    words = lengths.reduce(0, +)
  }

  /// Messages of so many numbers each: nothing is sent for none.
  init(numbers lengths: [Int]) { self.init(values: lengths.filter { $0 > 0 }) }

  /// What a ledger has counted.
  init(_ traffic: Traffic) {
    messages = traffic.messages
    words = traffic.words
  }

  static func + (a: Flow, b: Flow) -> Flow {
    var sum = a
    sum.messages += b.messages
    sum.words += b.words
    return sum
  }
}

/// What one worker moves.
struct Moved: Equatable, CustomStringConvertible {
  var sent = Flow()
  var received = Flow()

  static func + (a: Moved, b: Moved) -> Moved {
    Moved(sent: a.sent + b.sent, received: a.received + b.received)
  }

  /// The other way around.
  var backwards: Moved { Moved(sent: received, received: sent) }

  var description: String {
    "\(sent.messages) messages of \(sent.words) words out, \(received.messages) of \(received.words) in"
  }
}

/// The formulas as one worker sees them.
struct CollectiveFormulas {
  let rank: Int
  let size: Int

  private var others: [Int] { (0..<size).filter { $0 != rank } }
  private var next: Int { (rank + 1) % size }

  /// How far from the root.
  private func place(_ root: Int) -> Int { (rank - root + size) % size }

  /// The powers of two below a number.
  private func powers(below limit: Int) -> [Int] {
    (0..<Int.bitWidth - 2).map { 1 << $0 }.filter { $0 < limit }
  }

  /// The places of a binomial tree at and below one.
  private func below(_ place: Int) -> Range<Int> {
    place..<min(size, place == 0 ? size : place + place & -place)
  }

  /// The children of a place of a binomial tree.
  private func children(_ place: Int) -> [Int] {
    powers(below: place == 0 ? size : place & -place).map { place + $0 }.filter { $0 < size }
  }

  /// n numbers in pieces that differ by one at most.
  func cut(_ n: Int) -> [Int] { (0..<size).map { n / size + ($0 < n % size ? 1 : 0) } }

  private func sum(_ counts: [Int], places: Range<Int>, root: Int) -> Int {
    places.reduce(0) { $0 + counts[($1 + root) % size] }
  }

  // MARK: both kinds

  /// Down a binomial tree: everybody but the root receives once.
  func downTheTree(_ n: Int, from root: Int) -> Moved {
    let children = children(place(root)).map { _ in n }
    return Moved(sent: Flow(values: children), received: Flow(values: rank == root ? [] : [n]))
  }

  /// Recursive doubling: a worker receives in each round in which the other half of its block has a rank, from
  /// the one that has the same place in it, counted around where that half is short.
  func doubling(_ n: Int) -> Moved {
    var moved = Moved()
    for span in powers(below: size) {
      let start = rank / span * span
      let other = (rank / span ^ 1) * span
      guard other < size else { continue }
      let (count, otherCount) = (min(span, size - start), min(span, size - other))
      let listeners = (0..<otherCount).count { $0 % count == rank - start }
      moved =
        moved
        + Moved(
          sent: Flow(values: [Int](repeating: n, count: listeners)), received: Flow(values: [n]))
    }
    return moved
  }

  // MARK: values

  /// Dissemination: a message of no words in each of ceil(log2 P) rounds.
  var barrier: Moved {
    let rounds = Flow(values: powers(below: size).map { _ in 0 })
    return Moved(sent: rounds, received: rounds)
  }

  /// Everybody's value of `lengths[k]` words straight to the root.
  func gatherValues(_ lengths: [Int], to root: Int) -> Moved {
    rank == root
      ? Moved(received: Flow(values: others.map { lengths[$0] })) : Moved(sent: Flow(values: [lengths[rank]]))
  }

  /// Everybody's value straight to everybody.
  func allGatherValues(_ lengths: [Int]) -> Moved {
    Moved(
      sent: Flow(values: others.map { _ in lengths[rank] }),
      received: Flow(values: others.map { lengths[$0] }))
  }

  // MARK: numbers

  /// The root's pieces, counted from it, and the ring from the root to the worker before it.
  func broadcastPieces(_ n: Int, from root: Int) -> Moved {
    let (pieces, place) = (cut(n), place(root))
    guard place > 0 else {
      return Moved(sent: Flow(numbers: Array(pieces[1...]) + [pieces[0]] + pieces[2...]))
    }
    let passed = place == size - 1 ? [] : (0..<size).filter { $0 != place + 1 }.map { pieces[$0] }
    return Moved(sent: Flow(numbers: passed), received: Flow(numbers: pieces))
  }

  /// Up a binomial tree, whose inner workers pass on what is below them.
  func gatherAlongTree(_ counts: [Int], to root: Int) -> Moved {
    let place = place(root)
    return Moved(
      sent: Flow(numbers: place == 0 ? [] : [sum(counts, places: below(place), root: root)]),
      received: Flow(numbers: children(place).map { sum(counts, places: below($0), root: root) }))
  }

  /// Everybody's straight to the root.
  func gatherDirectly(_ counts: [Int], to root: Int) -> Moved {
    rank == root
      ? Moved(received: Flow(numbers: others.map { counts[$0] })) : Moved(sent: Flow(numbers: [counts[rank]]))
  }

  /// Bruck: in the round of 1, 2, 4, ... held pieces as many go to the rank so far before, as long as it lacks any.
  func allGatherByDoubling(_ counts: [Int]) -> Moved {
    let rounds = powers(below: size).map { (held: $0, moved: min($0, size - $0)) }
    return Moved(
      sent: Flow(numbers: rounds.map { sum(counts, places: 0..<$0.moved, root: rank) }),
      received: Flow(numbers: rounds.map { sum(counts, places: $0.held..<$0.held + $0.moved, root: rank) }))
  }

  /// The ring: everybody's pieces come by, but one's own; all go on, but the next one's own.
  func allGatherAround(_ counts: [Int]) -> Moved {
    Moved(
      sent: Flow(numbers: (0..<size).filter { size > 1 && $0 != next }.map { counts[$0] }),
      received: Flow(numbers: others.map { counts[$0] }))
  }

  /// Bruck: m words for every d < P that has the bit of the round.
  func allToAllByBits(_ m: Int) -> Moved {
    let rounds = Flow(numbers: powers(below: size).map { bit in m * (0..<size).count { $0 & bit != 0 } })
    return Moved(sent: rounds, received: rounds)
  }

  /// Everybody's parts straight to everybody: `counts[j]` to j, `receivedCounts[i]` from i.
  func allToAllDirectly(_ counts: [Int], _ receivedCounts: [Int]) -> Moved {
    Moved(
      sent: Flow(numbers: others.map { counts[$0] }),
      received: Flow(numbers: others.map { receivedCounts[$0] }))
  }

  /// Up the tree of rank 0, and from there to another root.
  func reduceAlongTree(_ n: Int, to root: Int) -> Moved {
    let last = root == 0 ? [] : [n]
    let moved = downTheTree(n, from: 0).backwards
    return Moved(
      sent: moved.sent + Flow(values: rank == 0 ? last : []),
      received: moved.received + Flow(values: rank == root ? last : []))
  }

  /// Everybody's version of piece k straight to rank k, `limit` numbers of it at a time.
  func combinePieces(_ counts: [Int], limit: Int = .max) -> Moved {
    func rounds(_ n: Int) -> [Int] {
      stride(from: 0, to: n, by: limit).map { min(limit, n - $0) }
    }
    return Moved(
      sent: Flow(numbers: others.flatMap { rounds(counts[$0]) }),
      received: Flow(numbers: others.flatMap { _ in rounds(counts[rank]) }))
  }
}
