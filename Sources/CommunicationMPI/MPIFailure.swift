// What MPI's return codes mean here.

#if MPI
  import CMPI
  import TesseraCommunication

  /// The outcomes of MPI calls.
  enum MPIFailure {
    /// - Throws: `closed` with MPI's own words for every code but success.
    static func check(_ code: Int32) throws(CommunicationError) {
      if code != MPI_SUCCESS { throw error(code) }
    }

    /// How many bytes have come, all counted, and whether they were more than there was room for.
    ///
    /// - Throws: `closed` for failures other than want of room.
    static func received(_ code: Int32, _ status: MPI_Status) throws(CommunicationError)
      -> (bytes: Int, truncated: Bool)
    {
      var kind = MPI_SUCCESS
      if code != MPI_SUCCESS {
        MPI_Error_class(code, &kind)
        guard kind == MPI_ERR_TRUNCATE else { throw error(code) }
      }
      var (status, count): (MPI_Status, Int32) = (status, 0)
      try check(MPI_Get_count(&status, tessera_mpi_byte(), &count))
      return (Int(count), kind == MPI_ERR_TRUNCATE)
    }

    private static func error(_ code: Int32) -> CommunicationError {
      let text = String(unsafeUninitializedCapacity: Int(MPI_MAX_ERROR_STRING)) { buffer in
        var length: Int32 = 0
        return buffer.withMemoryRebound(to: CChar.self) {
          MPI_Error_string(code, $0.baseAddress, &length) == MPI_SUCCESS ? Int(length) : 0
        }
      }
      return .closed(reason: text.isEmpty ? "MPI's error \(code)" : text)
    }
  }
#endif
