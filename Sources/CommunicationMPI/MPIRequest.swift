// An MPI operation under way.

#if MPI
  import CMPI
  import TesseraCommunication

  /// A posted send or receive, to be waited for exactly once. Its bytes stay until then.
  ///
  /// `@unchecked Sendable`: the handle is constant, and only the thread that calls MPI uses it.
  struct MPIRequest: @unchecked Sendable {
    let handle: MPI_Request?

    /// Starts sending.
    static func send(_ bytes: UnsafeRawBufferPointer, to destination: Int, _ tag: Int32, _ world: MPI_Comm)
      throws(CommunicationError) -> MPIRequest
    {
      var handle: MPI_Request?
      try MPIFailure.check(
        MPI_Isend(
          bytes.baseAddress, Int32(truncatingIfNeeded: bytes.count), tessera_mpi_byte(),
          Int32(truncatingIfNeeded: destination), tag, world, &handle))
      return MPIRequest(handle: handle)
    }

    /// Announces room for a message.
    static func receive(
      _ bytes: UnsafeMutableRawBufferPointer, from source: Int32, _ tag: Int32, _ world: MPI_Comm
    ) throws(CommunicationError) -> MPIRequest {
      var handle: MPI_Request?
      try MPIFailure.check(
        MPI_Irecv(
          bytes.baseAddress, Int32(truncatingIfNeeded: bytes.count), tessera_mpi_byte(), source, tag, world,
          &handle))
      return MPIRequest(handle: handle)
    }

    /// Waits for a send.
    func wait() throws(CommunicationError) {
      var handle = handle
      try MPIFailure.check(MPI_Wait(&handle, nil))
    }

    /// Waits, and returns MPI's code with the status of what has come.
    func wait(_ status: inout MPI_Status) -> Int32 {
      var handle = handle
      return MPI_Wait(&handle, &status)
    }
  }
#endif
