// Waiting for MPI operations under way. Whoever waits while receives are posted advances those too: a peer may be
// waiting for one of them to be taken before it does what is waited for.

#if MPI
  import CMPI
  import TesseraCommunication

  extension MPICommunicator {
    /// Waits for a send.
    func wait(for request: MPIRequest) throws(CommunicationError) {
      var handle = request.handle
      if posted.isEmpty { return try MPIFailure.check(MPI_Wait(&handle, nil)) }
      while true {
        var done: Int32 = 0
        try MPIFailure.check(MPI_Test(&handle, &done, nil))
        if done != 0 { return }
        advancePosted()
      }
    }

    /// Waits for a value's bytes to be on their way, and frees them.
    func wait(for value: OutgoingValue) throws(CommunicationError) {
      while !(try value.isDone()) { advancePosted() }
    }

    /// Sends, and waits.
    @inline(__always)
    func sendPiece(_ bytes: UnsafeRawBufferPointer, to destination: Int, _ tag: Int32)
      throws(CommunicationError)
    {
      if posted.isEmpty {
        try MPIFailure.check(
          MPI_Send(
            bytes.baseAddress, Int32(truncatingIfNeeded: bytes.count), tessera_mpi_byte(),
            Int32(truncatingIfNeeded: destination), tag, world))
      } else {
        try wait(for: try MPIRequest.send(bytes, to: destination, tag, world))
      }
    }

    /// Waits for a head, and returns MPI's code.
    @inline(__always)
    func receiveHead(
      _ place: UnsafeMutableRawPointer?, _ room: Int, from source: Int32, _ tag: Int32,
      _ status: inout MPI_Status
    ) -> Int32 {
      let count = Int32(truncatingIfNeeded: room)
      if posted.isEmpty {
        return MPI_Recv(place, count, tessera_mpi_byte(), source, tag, world, &status)
      }
      var request: MPI_Request?
      let code = MPI_Irecv(place, count, tessera_mpi_byte(), source, tag, world, &request)
      if code != MPI_SUCCESS { return code }
      while true {
        var done: Int32 = 0
        let code = MPI_Test(&request, &done, &status)
        if done != 0 || code != MPI_SUCCESS { return code }
        advancePosted()
      }
    }

    /// Waits for the pieces behind a head.
    func finish(_ incoming: MPIIncoming) throws(CommunicationError) {
      while incoming.outcome == nil {
        if !incoming.takePiece(isPatient: posted.isEmpty) { advancePosted() }
      }
      try incoming.outcome?.get()
    }

    /// Waits for a posted message.
    func finishPosted(_ incoming: MPIIncoming) throws(CommunicationError) {
      while incoming.outcome == nil {
        if posted.count > 1 {
          advancePosted()
        } else if incoming.hasHead {
          _ = incoming.takePiece(isPatient: true)
        } else {
          incoming.takePostedHead(headBytes: headBytes, isPatient: true)
        }
      }
      posted.removeAll { $0 === incoming }
      try incoming.outcome?.get()
    }

    /// Takes what has come of the posted messages.
    func advancePosted() { posted.advance(headBytes: headBytes) }
  }
#endif
