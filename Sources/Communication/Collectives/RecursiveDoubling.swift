// Recursive doubling over any number of ranks, along the tree by rank. Before the round of span s (1, 2, 4,
// ...), every worker holds the combination of its aligned block of s ranks; in the round the two halves of
// every block of 2s trade theirs, and afterwards all of them hold the whole. Where the right half is short,
// its workers send to several of the left; where it is missing, the left goes on with what it has.
//
//   P = 6    span 1: 0<>1, 2<>3, 4<>5      span 2: 0<>2, 1<>3      span 4: 0<>4, 1<>5, 4>2, 5>3
//
// ceil(log2 P) rounds; a worker receives once in each round in which the other half has a rank.

/// What one worker does in one round.
struct DoublingRound: Equatable {
  /// Who sends to this worker.
  let source: Int
  /// To whom this worker sends: one, or every `span`-th of the other half, or none.
  let destinations: [Int]
  /// Whether what comes is of higher ranks, and goes to the right of what this worker holds.
  let comesFromRight: Bool

  /// The rounds in which the other half of the block has a rank.
  static func rounds(rank: Int, size: Int) -> [DoublingRound] {
    var rounds: [DoublingRound] = []
    var span = 1
    while span < size {
      let start = rank / span * span
      let other = (rank / span ^ 1) * span
      if other < size {
        let (count, otherCount) = (min(span, size - start), min(span, size - other))
        rounds.append(
          DoublingRound(
            source: other + (rank - start) % otherCount,
            destinations: Array(stride(from: other + rank - start, to: other + otherCount, by: count)),
            comesFromRight: other > rank))
      }
      span *= 2
    }
    return rounds
  }
}
