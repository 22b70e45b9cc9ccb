// Which algorithm a collective on numbers takes: a function of the bytes and the number of ranks, so that all
// workers choose alike. Few bytes take few rounds, many bytes are moved as seldom as can be. The result never
// depends on the choice.
//
//   collective              small                 large                        large from
//   broadcast               binomial tree         scatter, ring all-gather     64 KiB, 3 ranks
//   gather, scatter         binomial tree         direct                       8 KiB
//   all-gather              Bruck                 ring                         32 KiB
//   all-to-all              Bruck                 direct                       256 bytes a part, < 8 ranks
//   reduce                  binomial tree         direct exchange, gather      64 KiB, 3 ranks
//   all-reduce              recursive doubling    direct exchange, ring        32 KiB
//
// Bytes are those of one rank's whole buffer: for gather, scatter and all-gather, of everybody's numbers.
// Source for the shape of the table: Thakur, Rabenseifner, Gropp, Optimization of Collective Communication
// Operations in MPICH, 2005, section 4; the limits are of the size that it gives for networks.

/// A collective on numbers that has two algorithms.
package enum Collective: CaseIterable {
  case broadcast, gather, scatter, allGather, allToAll, reduce, allReduce

  /// Whether `bytes` on `size` ranks take the algorithm for large messages.
  package func isLarge(bytes: Int, size: Int) -> Bool {
    switch self {
    case .broadcast, .reduce: size > 2 && bytes >= 64 << 10
    case .gather, .scatter: bytes >= 8 << 10
    case .allGather, .allReduce: bytes >= 32 << 10
    case .allToAll: size < 8 || bytes >= 256 * size
    }
  }
}
