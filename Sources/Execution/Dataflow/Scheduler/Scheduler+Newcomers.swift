// Workers that join take over tiles that lie on others, so that a method that computes over the same tiles again and
// again has all its workers compute. A tile's way costs its bytes, once; that it stays costs the time of each task over
// it, which the newcomer could have computed meanwhile. A tile goes when it has stayed for as long as its way takes: so
// waiting costs at most twice what it would have cost to know how often the tile is still needed.
//
// Tiles that tasks read together go together, from a worker that keeps its share of the collection, to a newcomer that
// will not have more than its own.
//
// Cost: O(inputs) per task done, O(blocks of the collection) per tile's length of stay, when somebody has joined; none
// otherwise. Source: Karlin, Manasse, Rudolph, Sleator, Competitive Snoopy Caching, Algorithmica 3, 1988 (to rent or to
// buy).

extension Scheduler {
  /// Takes note that a task has computed over inputs where they lie, for so many nanoseconds.
  mutating func stayed(at worker: Int, for block: BlockID, _ duration: Int) {
    guard !newcomers.isEmpty else { return }
    let inputs = dependencies(of: block)
    for case .block(let input) in inputs where self[input].home == worker {
      // As long as a day, at most: what reports say has no end.
      self[input].stay = min(self[input].stay + min(duration, 1 << 46) / inputs.count, 1 << 46)
    }
  }

  /// The newcomer that is to take a task over from `holder`, which has its inputs, and the inputs with it.
  mutating func heir(of holder: Int, for block: BlockID, _ inputs: [Location]) -> Int? {
    guard !newcomers.isEmpty, let first = inputs.first?.block else { return nil }
    let able = newcomers.intersection(candidates(for: block)).subtracting([holder])
    if let heir = self[first].heir, able.contains(heir) { return heir }
    guard inputs.allSatisfy({ self[$0.block].home == holder }) else { return nil }
    let (stay, bytes) = inputs.reduce((0, 0)) { ($0.0 + self[$1.block].stay, $0.1 + self[$1.block].bytes) }
    guard !able.isEmpty, stay > 0, Double(stay) > limits.transferTime * Double(bytes) else { return nil }
    for input in inputs { self[input.block].stay = 0 }
    var tiles: [Int: Int] = [:]
    for case let home? in (collections[first.collection]?.blocks ?? []).lazy.map(\.home) {
      tiles[home, default: 0] += 1
    }
    let moving = inputs.count { $0.block.collection == first.collection }
    let total = tiles.values.reduce(0, +)
    let living = workers.values.count(where: \.isAlive)
    guard let heir = able.min(by: { (tiles[$0] ?? 0, $0) < (tiles[$1] ?? 0, $1) }),
      (tiles[heir] ?? 0) + moving <= (total + living - 1) / living,
      (tiles[holder] ?? 0) - moving >= total / living
    else { return nil }
    for input in inputs { self[input.block].heir = heir }
    return heir
  }

  /// The worker has the copy of an input: if it is the heir, it is asked for the block first from now on.
  mutating func inherit(_ block: BlockID, _ worker: Int) {
    guard self[block].heir == worker else { return }
    self[block].heir = nil
    self[block].holders.removeAll { $0 == worker }
    self[block].holders.insert(worker, at: 0)
  }
}
