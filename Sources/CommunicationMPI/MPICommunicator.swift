// Workers that are the ranks of an MPI job (mpirun, srun). A value travels in the wire format as bytes: one
// MPI message of at most `chunkBytes`, beginning with the value's whole length, and as many more as that
// takes, so that no count exceeds 31 bits. Sends are copied, posted and their bytes kept until MPI is done
// with them: two ranks that send to each other before they receive do not wait for each other.
//
// Source: MPI: A Message-Passing Interface Standard, version 3.1, chapters 3 (point to point; 3.8 matched
// probe) and 8.7 (start and end).

#if MPI
  import CMPI
  import Foundation
  import Synchronization
  public import TesseraCommunication

  /// This process's end of the world of an MPI job.
  ///
  /// `@unchecked Sendable`: all state is constant or behind a lock; MPI itself is initialized for calls from
  /// one thread at a time, and only the thread that runs the worker calls it.
  public final class MPICommunicator: Communicator, @unchecked Sendable {
    /// This process's rank.
    public let rank: Int
    /// The number of ranks in the job.
    public let size: Int
    private let chunkBytes: Int
    private let posted = Mutex<[Posted]>([])

    /// A value on its way: its bytes, which stay until every chunk has been taken.
    ///
    /// `@unchecked Sendable`: request handles and bytes are touched under the lock of `posted` only, once
    /// there.
    private struct Posted: @unchecked Sendable {
      var requests: [MPI_Request?] = []
      let bytes: UnsafeMutableRawBufferPointer
    }

    /// Starts MPI, at most once in a process.
    ///
    /// - Parameter chunkBytes: the longest MPI message, at least 16.
    /// - Throws: `closed` when MPI cannot be started, has been before, or serves one thread only.
    @MainActor
    public static func start(chunkBytes: Int = 1 << 30) throws(CommunicationError) -> MPICommunicator {
      try MPICommunicator(chunkBytes: chunkBytes)
    }

    private init(chunkBytes: Int) throws(CommunicationError) {
      precondition(chunkBytes >= 16 && chunkBytes <= Int(Int32.max))
      var started: Int32 = 0
      MPI_Initialized(&started)
      guard started == 0 else {
        throw .closed(reason: "MPI can be started only once in a process")
      }
      var (granted, rank, size): (Int32, Int32, Int32) = (0, 0, 0)
      try Self.check(tessera_mpi_init(&granted), "MPI_Init_thread")
      guard granted >= tessera_mpi_serialized() else {
        throw .closed(reason: "this MPI cannot be called from more than one thread")
      }
      try Self.check(tessera_mpi_rank(&rank), "MPI_Comm_rank")
      try Self.check(tessera_mpi_size(&size), "MPI_Comm_size")
      self.rank = Int(rank)
      self.size = Int(size)
      self.chunkBytes = chunkBytes
    }

    /// Posts the value's bytes.
    public func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
      throws(CommunicationError)
    {
      try check(rank: destination)
      var writer = WireWriter()
      value.encode(to: &writer)
      let length = writer.headerBytes + writer.payloadBytes
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 8 + length, alignment: 16)
      bytes.storeBytes(of: Int64(length).littleEndian, as: Int64.self)
      writer.copy(to: UnsafeMutableRawBufferPointer(rebasing: bytes[8...]))
      var value = Posted(bytes: bytes)
      for start in stride(from: 0, to: bytes.count, by: chunkBytes) {
        var request: MPI_Request?
        let chunk = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + chunkBytes, bytes.count)])
        try Self.check(
          tessera_mpi_isend(
            chunk.baseAddress, Int32(chunk.count), Int32(destination), Int32(tag.group << 8 | tag.purpose),
            &request),
          "MPI_Isend")
        value.requests.append(request)
      }
      releaseDone()
      posted.withLock { $0.append(value) }
    }

    /// Waits for the value's bytes and decodes them. The ranks of a job trust each other for the length of a
    /// value; memory for it is taken as its pieces arrive.
    public func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
      throws(CommunicationError) -> Received<Value>
    {
      guard case .rank(let source) = source else { throw .refused(reason: "MPI receives from one rank") }
      try check(rank: source)
      var bytes = try receiveChunk(from: source, tag: tag)
      guard bytes.count >= 8 else { throw .malformed(expected: "the length of a message") }
      let length = bytes.withUnsafeBytes { Int(Int64(littleEndian: $0.load(as: Int64.self))) }
      guard length >= 0 else { throw .malformed(expected: "a length, not \(length)") }
      while bytes.count - 8 < length { bytes += try receiveChunk(from: source, tag: tag) }
      var reader = WireReader(bytes)
      _ = try reader.readInt()
      let value = try Value(from: &reader)
      guard reader.remaining == 0 else { throw .malformed(expected: "the end of \(Value.self)") }
      return Received(value, from: source)
    }

    private func receiveChunk(from source: Int, tag: Tag) throws(CommunicationError) -> [UInt8] {
      var message: MPI_Message?
      var count: Int32 = 0
      try Self.check(
        tessera_mpi_probe(Int32(source), Int32(tag.group << 8 | tag.purpose), &message, &count), "MPI_Mprobe")
      var failure: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
        failure = tessera_mpi_receive(buffer.baseAddress, count, &message)
        initialized = Int(count)
      }
      try Self.check(failure, "MPI_Mrecv")
      return bytes
    }

    /// Ends the whole job, with the reason on standard error: MPI has no way to go on without one of its
    /// ranks.
    public func close(reason: String) {
      try? FileHandle.standardError.write(contentsOf: Data("tessera: rank \(rank): \(reason)\n".utf8))
      tessera_mpi_abort(69)
    }

    /// Waits until every posted send is done and ends MPI. No other call may follow.
    @MainActor
    public func finish() throws(CommunicationError) {
      let pending = posted.withLock { pending in
        defer { pending = [] }
        return pending
      }
      for value in pending {
        for var request in value.requests { try Self.check(tessera_mpi_wait(&request), "MPI_Wait") }
        value.bytes.deallocate()
      }
      try Self.check(MPI_Finalize(), "MPI_Finalize")
    }

    /// Frees the bytes of the values that have been taken.
    private func releaseDone() {
      posted.withLock { pending in
        for index in pending.indices.reversed() {
          pending[index].requests.removeAll { request in
            var (request, done): (MPI_Request?, Int32) = (request, 0)
            tessera_mpi_test(&request, &done)
            return done != 0
          }
          if pending[index].requests.isEmpty { pending.remove(at: index).bytes.deallocate() }
        }
      }
    }

    private static func check(_ code: Int32, _ call: String) throws(CommunicationError) {
      guard code == 0 else { throw .closed(reason: "\(call) failed with code \(code)") }
    }
  }
#endif
