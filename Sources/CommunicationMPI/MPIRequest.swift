// MPI operations under way.

#if MPI
  import CMPI
  import TesseraCommunication

  /// A posted send, to be waited for exactly once. Its bytes stay until then.
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
  }
#endif
