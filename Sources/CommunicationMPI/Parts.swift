// The lengths of a collective's parts as MPI counts them.

#if MPI
  /// Where every rank's part of a buffer lies, in bytes.
  ///
  /// - Precondition: all parts together have fewer than 2^31 bytes.
  struct Parts {
    let counts: [Int32]
    let starts: [Int32]
    let total: Int

    init<Element>(_ counts: [Int], of: Element.Type) {
      let stride = MemoryLayout<Element>.stride
      var (starts, total): ([Int32], Int) = ([], 0)
      for count in counts {
        starts.append(Int32(total))
        total += count * stride
      }
      self.counts = counts.map { Int32($0 * stride) }
      self.starts = starts
      self.total = total
    }
  }
#endif
