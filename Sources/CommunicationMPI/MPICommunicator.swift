// Workers that are the ranks of an MPI job (mpirun, srun). Here: the start and the end of the job, and how a
// message becomes MPI messages.
//
// A message of either kind is a head and, if it is long, more pieces behind it. The head carries the tag of
// the message, the pieces its odd twin: a receive of any source takes a head, and the rest from the head's
// sender, without meeting the middle of another message. A head is short, so that MPI takes it before the
// receiver asks. No piece is longer than `pieceBytes`, so that no count exceeds 31 bits. Values:
// MPICommunicator+Values.swift, numbers: MPICommunicator+Numbers.swift.
//
// Source: MPI: A Message-Passing Interface Standard, version 3.1, chapters 3 (point to point; 3.5 order),
// 6.4.2 (duplicates of a communicator), 8.3 (errors), 8.7 (start and end).

#if MPI
  import CMPI
  import Foundation
  public import TesseraCommunication

  /// This process's end of the world of an MPI job.
  ///
  /// A rank that ends without `finish`, or calls `close`, ends the whole job: MPI has no way to go on without
  /// one of its ranks.
  ///
  /// `@unchecked Sendable`: MPI is initialized for calls from one thread at a time, and only the thread that
  /// runs the worker makes them; all state that changes belongs to that thread. Several threads go through
  /// `concurrent`, which lets one in at a time.
  public final class MPICommunicator: Communicator, @unchecked Sendable {
    /// This process's rank.
    public let rank: Int
    /// The number of ranks in the job.
    public let size: Int
    /// The ranks of the job, apart from whatever else the process does with MPI.
    let world: MPI_Comm
    /// The longest MPI message.
    let pieceBytes: Int
    /// The largest tag that MPI carries.
    private let largestTag: Int
    /// The longest head of a message.
    let headBytes: Int
    /// Values whose senders have gone on.
    var outgoing = OutgoingValues()
    /// Posted receives that have not been waited for. Every message asks whether there are any, and the check
    /// of exclusive access would cost a short one a tenth of its time.
    @exclusivity(unchecked) var posted: [MPIIncoming] = []
    /// The end for several threads, once it has been asked for.
    private var shared: SharedMPICommunicator?

    /// Starts MPI, at most once in a process. A process that no launcher has started is a world of one.
    ///
    /// - Parameter pieceBytes: the longest MPI message, at least 16; longer ones go in pieces.
    /// - Throws: `refused` when MPI cannot be started, has been before, serves one thread only, or does not
    ///   know the other processes that have been started with it.
    @MainActor
    public static func start(pieceBytes: Int = 1 << 30) throws(CommunicationError) -> MPICommunicator {
      try MPICommunicator(pieceBytes: pieceBytes)
    }

    private init(pieceBytes: Int) throws(CommunicationError) {
      precondition(pieceBytes >= OutgoingValues.prefixBytes && pieceBytes <= Int(Int32.max))
      var started: Int32 = 0
      MPI_Initialized(&started)
      guard started == 0 else { throw .refused(reason: "MPI can be started only once in a process") }
      var granted: Int32 = 0
      try MPIFailure.check(MPI_Init_thread(nil, nil, Int32(MPI_THREAD_SERIALIZED), &granted))
      guard granted >= MPI_THREAD_SERIALIZED else {
        throw .refused(reason: "this MPI cannot be called from another than the main thread")
      }
      var duplicate: MPI_Comm?
      try MPIFailure.check(MPI_Comm_dup(tessera_mpi_comm_world(), &duplicate))
      guard let world = duplicate else { throw .refused(reason: "MPI gives no communicator") }
      try MPIFailure.check(MPI_Comm_set_errhandler(world, tessera_mpi_errors_return()))
      var (rank, size): (Int32, Int32) = (0, 0)
      try MPIFailure.check(MPI_Comm_rank(world, &rank))
      try MPIFailure.check(MPI_Comm_size(world, &size))
      self.rank = Int(rank)
      self.size = Int(size)
      self.world = world
      self.pieceBytes = pieceBytes
      headBytes = min(OutgoingValues.headBytes, pieceBytes)
      largestTag = Int(tessera_mpi_largest_tag(world))
      // Started by srun or another's mpiexec, which this MPI does not understand.
      let environment = ProcessInfo.processInfo.environment
      let launched = ["SLURM_STEP_NUM_TASKS", "PMI_SIZE"].compactMap { environment[$0].flatMap { Int($0) } }
      guard size > 1 || launched.allSatisfy({ $0 <= 1 }) else {
        throw .refused(
          reason: "\(launched.max() ?? 0) processes have been started that MPI does not know of: try mpirun, "
            + "or srun --mpi=pmix")
      }
    }

    /// An end for calls from several threads at once, through which all calls go from now on.
    public var concurrent: any Communicator {
      let end = shared ?? SharedMPICommunicator(self)
      shared = end
      return end
    }

    /// Ends the whole job, with the reason on standard error.
    public func close(reason: String) {
      try? FileHandle.standardError.write(contentsOf: Data("tessera: rank \(rank): \(reason)\n".utf8))
      MPI_Abort(world, 69)
    }

    /// Waits until every value sent has been received and ends MPI. No other call may follow.
    ///
    /// - Throws: `closed` when MPI does not end well.
    @MainActor
    public func finish() throws(CommunicationError) {
      try releaseOutgoing(downTo: 0)
      try shared?.finish()
      shared = nil
      var world: MPI_Comm? = world
      try MPIFailure.check(MPI_Comm_free(&world))
      try MPIFailure.check(MPI_Finalize())
    }

    /// Frees the values that have gone, and waits until no more than `bound` bytes are under way.
    func releaseOutgoing(downTo bound: Int) throws(CommunicationError) {
      try outgoing.release()
      while outgoing.bytes > bound {
        advancePosted()
        try outgoing.release()
      }
    }

    /// - Throws: `noSuchRank`.
    @inline(__always)
    func checkRank(_ rank: Int) throws(CommunicationError) {
      guard rank >= 0, rank < size else { throw .noSuchRank(rank: rank, size: size) }
    }

    /// The tag of a message's head: the pieces behind it carry the next. Groups keep apart by their tags.
    ///
    /// - Throws: `tooLong` when the group's number is more than MPI's tags have room for.
    @inline(__always)
    func headTag(_ tag: Tag) throws(CommunicationError) -> Int32 {
      let number = (tag.group << 8 | tag.purpose) << 1
      guard tag.group <= largestTag >> 9, number < largestTag else {
        throw .tooLong(what: "the number of a group", length: tag.group, limit: largestTag >> 9)
      }
      return Int32(truncatingIfNeeded: number)
    }

    /// MPI's number of a sender.
    ///
    /// - Throws: `noSuchRank`.
    @inline(__always)
    func number(of source: Source) throws(CommunicationError) -> Int32 {
      guard case .rank(let rank) = source else { return MPI_ANY_SOURCE }
      try checkRank(rank)
      return Int32(truncatingIfNeeded: rank)
    }
  }
#endif
