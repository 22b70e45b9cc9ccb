// Numbers over MPI: from and into the caller's memory, without an encoding and without a copy. Both ends know
// the count, so nothing but the numbers travels. A piece that is shorter than the longest ends the message:
// one whose bytes fill their pieces ends with an empty piece, and a receiver notices every wrong length.
//
// Cost of n bytes: floor(n / pieceBytes) + 1 MPI messages.

#if MPI
  import CMPI
  public import TesseraCommunication

  extension MPICommunicator {
    /// Sends from where the numbers lie; long ones wait for the receiver.
    public func send<Element: Sendable>(
      numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
    ) throws(CommunicationError) {
      precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
      try check(rank: destination)
      try send(UnsafeRawBufferPointer(numbers), to: destination, try headTag(tag))
    }

    /// Receives into place.
    public func receive<Element: Sendable>(
      into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
    ) throws(CommunicationError) -> Int {
      precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
      let (source, tag) = (try number(of: source), try headTag(tag))
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      var status = MPI_Status()
      let code = MPI_Recv(
        bytes.baseAddress, Int32(truncatingIfNeeded: min(pieceBytes, bytes.count)), tessera_mpi_byte(),
        source,
        tag, world, &status)
      return try receiveRest(after: code, status, of: bytes, stride: MemoryLayout<Element>.stride, tag)
    }

    /// Posts the pieces.
    public func postSend<Element: Sendable>(
      numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
    ) throws(CommunicationError) -> Posted<Void> {
      precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
      try check(rank: destination)
      let tag = try headTag(tag)
      let bytes = UnsafeRawBufferPointer(numbers)
      if bytes.count < pieceBytes {
        let request = try MPIRequest.send(bytes, to: destination, tag, world)
        return Posted { () throws(CommunicationError) in try request.wait() }
      }
      var requests: [MPIRequest] = []
      try forEachPiece(of: bytes) { (piece, isHead) throws(CommunicationError) in
        requests.append(try MPIRequest.send(piece, to: destination, isHead ? tag : tag | 1, world))
      }
      return Posted { [requests] () throws(CommunicationError) in
        for request in requests { try request.wait() }
      }
    }

    /// Posts the head; the pieces behind it are received when the result is waited for.
    public func postReceive<Element: Sendable>(
      into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
    ) throws(CommunicationError) -> Posted<Int> {
      precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
      let (source, tag) = (try number(of: source), try headTag(tag))
      let lent = LentMemory(buffer)
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      let request = try MPIRequest.receive(
        UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(pieceBytes)), from: source, tag, world)
      return Posted { () throws(CommunicationError) in
        var status = MPI_Status()
        let code = request.wait(&status)
        return try self.receiveRest(
          after: code, status, of: UnsafeMutableRawBufferPointer(lent.buffer),
          stride: MemoryLayout<Element>.stride, tag)
      }
    }

    /// Sends the pieces of `bytes`, each when the one before it is on its way.
    private func send(_ bytes: UnsafeRawBufferPointer, to destination: Int, _ tag: Int32)
      throws(CommunicationError)
    {
      try forEachPiece(of: bytes) { (piece, isHead) throws(CommunicationError) in
        try MPIFailure.check(
          MPI_Send(
            piece.baseAddress, Int32(truncatingIfNeeded: piece.count), tessera_mpi_byte(),
            Int32(truncatingIfNeeded: destination), isHead ? tag : tag | 1, world))
      }
    }

    /// Calls `body` with the pieces of a message: all but the last have `pieceBytes`, the last fewer.
    @inline(__always)
    private func forEachPiece(
      of bytes: UnsafeRawBufferPointer,
      _ body: (UnsafeRawBufferPointer, _ isHead: Bool) throws(CommunicationError) -> Void
    ) throws(CommunicationError) {
      var start = 0
      while bytes.count - start >= pieceBytes {
        try body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + pieceBytes]), start == 0)
        start += pieceBytes
      }
      try body(UnsafeRawBufferPointer(rebasing: bytes[start...]), start == 0)
    }

    /// Receives the pieces behind a head, and returns the sender. More than there is room for is taken all
    /// the same, so that the next receive does not meet the rest of it.
    ///
    /// - Throws: `wrongLength` unless the pieces fill `bytes`.
    private func receiveRest(
      after code: Int32, _ status: MPI_Status, of bytes: UnsafeMutableRawBufferPointer, stride: Int,
      _ tag: Int32
    ) throws(CommunicationError) -> Int {
      var (status, piece) = (status, try MPIFailure.received(code, status))
      var (found, isTruncated) = (piece.bytes, piece.truncated)
      while piece.bytes == pieceBytes {
        let room = UnsafeMutableRawBufferPointer(
          rebasing: bytes[min(found, bytes.count)...].prefix(pieceBytes))
        let code = MPI_Recv(
          room.baseAddress, Int32(truncatingIfNeeded: room.count), tessera_mpi_byte(), status.MPI_SOURCE,
          tag | 1, world, &status)
        piece = try MPIFailure.received(code, status)
        found += piece.bytes
        isTruncated = isTruncated || piece.truncated
      }
      guard found == bytes.count, !isTruncated else {
        throw .wrongLength(expected: bytes.count / max(stride, 1), found: found / max(stride, 1))
      }
      return Int(status.MPI_SOURCE)
    }
  }
#endif
