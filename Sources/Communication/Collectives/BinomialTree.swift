// A tree over P ranks with the root anywhere. Ranks are counted from the root, around the end; the parent of
// one is the same number without its lowest set bit, so that the ranks below one follow it without a gap.
//
//   P = 7, root 0         0
//                      /  |  \
//                    1    2    4
//                         |   / \
//                         3  5   6
//
// Depth and number of children are at most ceil(log2 P).

/// One worker's place in a binomial tree.
struct BinomialTree {
  /// A child, and how many ranks there are at and below it.
  struct Child {
    let rank: Int
    /// How far from the root, in ranks: those below it are the next ones.
    let place: Int
    let count: Int
  }

  /// How far this worker is from the root, in ranks.
  let place: Int
  /// How many ranks there are at and below this worker.
  let count: Int
  /// Nil at the root.
  let parent: Int?
  /// The child with the most ranks below it first.
  let children: [Child]

  init(rank: Int, size: Int, root: Int) {
    let place = (rank - root + size) % size
    // The distance to the parent: the lowest set bit of the place.
    var distance = 1
    while distance < size, place & distance == 0 { distance *= 2 }
    self.place = place
    count = min(distance, size - place)
    parent = place == 0 ? nil : (place - distance + root) % size
    var children: [Child] = []
    while distance > 1 {
      distance /= 2
      if place + distance < size {
        children.append(
          Child(
            rank: (place + distance + root) % size, place: place + distance,
            count: min(distance, size - place - distance)))
      }
    }
    self.children = children
  }
}
