// Collectives that MPI does itself: those that only move numbers, or nothing, give the same bits whoever does
// them, and MPI's are faster (Benchmarks/README.md has both). Reductions are not among them: MPI groups sums
// as it likes, the library along the tree by rank. Nor are those whose lengths not every rank knows.
//
// MPI counts bytes in 31 bits: a broadcast goes in pieces, and of the others those whose buffers are longer
// than a piece are built from messages, as on any transport.
//
// While MPI does a collective, posted receives are not advanced: whoever waits for a long posted send before
// it takes part must know that its receiver does not wait for the same collective.
//
// The lengths must agree from rank to rank, as the protocol says: MPI's collectives do not notice when they do
// not, or too late.
//
// Source: MPI 3.1, chapter 5. Words and messages are MPI's affair: at least those of the algorithms in
// Communication/Collectives, logically.

#if MPI
  import CMPI
  public import TesseraCommunication

  extension MPICommunicator {
    /// MPI_Barrier.
    public func barrier(tag: Tag) throws(CommunicationError) {
      try MPIFailure.check(MPI_Barrier(world))
    }

    /// MPI_Bcast, piece by piece.
    public func broadcast<Element: Sendable>(
      numbers: UnsafeMutableBufferPointer<Element>, from root: Int, tag: Tag
    ) throws(CommunicationError) {
      precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
      try checkRank(root)
      var rest = UnsafeMutableRawBufferPointer(numbers)
      while !rest.isEmpty {
        let count = min(pieceBytes, rest.count)
        try MPIFailure.check(
          MPI_Bcast(
            rest.baseAddress, Int32(truncatingIfNeeded: count), tessera_mpi_byte(),
            Int32(truncatingIfNeeded: root), world))
        rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
      }
    }

    /// MPI_Allgather, or MPI_Allgatherv where the counts differ.
    public func allGather<Element: Sendable>(
      numbers: UnsafeBufferPointer<Element>, into all: UnsafeMutableBufferPointer<Element>, counts: [Int],
      tag: Tag
    ) throws(CommunicationError) {
      precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
      let bytes = UnsafeMutableRawBufferPointer(all)
      guard bytes.count <= pieceBytes else {
        return try MessagesAlone(self).allGather(numbers: numbers, into: all, counts: counts, tag: tag)
      }
      precondition(counts.count == size && numbers.count == counts[rank])
      // What lies in place already is not to be passed a second time.
      let mine = UnsafeRawBufferPointer(numbers)
      let before = counts[..<rank].reduce(0, +) * MemoryLayout<Element>.stride
      let isInPlace = mine.baseAddress == bytes.baseAddress.map { UnsafeRawPointer($0 + before) }
      let source = isInPlace ? UnsafeRawPointer(tessera_mpi_in_place()) : mine.baseAddress
      let (count, byte) = (Int32(truncatingIfNeeded: mine.count), tessera_mpi_byte())
      if counts.allSatisfy({ $0 == counts[0] }) {
        precondition(bytes.count == mine.count * size)
        try MPIFailure.check(
          MPI_Allgather(source, count, byte, bytes.baseAddress, count, byte, world))
      } else {
        let parts = Parts(counts, of: Element.self)
        precondition(bytes.count == parts.total)
        try MPIFailure.check(
          MPI_Allgatherv(source, count, byte, bytes.baseAddress, parts.counts, parts.starts, byte, world))
      }
    }

    /// MPI_Alltoall.
    public func allToAll<Element: Sendable>(
      numbers: UnsafeBufferPointer<Element>, into received: UnsafeMutableBufferPointer<Element>, tag: Tag
    ) throws(CommunicationError) {
      precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
      precondition(numbers.count == received.count && numbers.count % size == 0)
      let bytes = UnsafeMutableRawBufferPointer(received)
      guard bytes.count <= pieceBytes else {
        return try MessagesAlone(self).allToAll(numbers: numbers, into: received, tag: tag)
      }
      let (count, byte) = (Int32(truncatingIfNeeded: bytes.count / size), tessera_mpi_byte())
      try MPIFailure.check(
        MPI_Alltoall(
          UnsafeRawPointer(numbers.baseAddress), count, byte, bytes.baseAddress, count, byte, world))
    }
  }
#endif
