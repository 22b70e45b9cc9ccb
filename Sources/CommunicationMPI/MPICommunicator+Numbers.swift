// Numbers over MPI: from and into the caller's memory, without an encoding and without a copy. Both ends know
// the count, so nothing but the numbers travels: a head of at most 2 KiB, then pieces. A head or a piece that
// is shorter than it could be ends the message; one whose numbers fill the last ends with an empty piece. So
// a receiver notices every wrong length.
//
// Cost of n bytes: 1 MPI message if they are fewer than 2 KiB, otherwise floor((n - 2 KiB) / pieceBytes) + 2.

#if MPI
  import CMPI
  public import TesseraCommunication

  extension MPICommunicator {
    /// Sends from where the numbers lie; long ones wait for the receiver.
    public func send<Element: Sendable>(
      numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
    ) throws(CommunicationError) {
      precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
      try checkRank(destination)
      let tag = try headTag(tag)
      try forEachPiece(of: UnsafeRawBufferPointer(numbers)) { (piece, isHead) throws(CommunicationError) in
        try sendPiece(piece, to: destination, isHead ? tag : tag | 1)
      }
    }

    /// Receives into place.
    public func receive<Element: Sendable>(
      into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
    ) throws(CommunicationError) -> Int {
      precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
      let (source, tag) = (try number(of: source), try headTag(tag))
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      var status = MPI_Status()
      let code = receiveHead(bytes.baseAddress, min(headBytes, bytes.count), from: source, tag, &status)
      if code == MPI_SUCCESS, bytes.count < headBytes {
        var count: Int32 = 0
        MPI_Get_count(&status, tessera_mpi_byte(), &count)
        if Int(count) == bytes.count { return Int(status.MPI_SOURCE) }
      }
      let incoming = MPIIncoming(
        .numbers(bytes, stride: MemoryLayout<Element>.stride), from: source, tag, world,
        pieceBytes: pieceBytes)
      incoming.takeHead(code, status, headBytes: headBytes)
      try finish(incoming)
      return Int(incoming.source)
    }

    /// Posts the pieces.
    public func postSend<Element: Sendable>(
      numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
    ) throws(CommunicationError) -> Posted<Void> {
      precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
      try checkRank(destination)
      let tag = try headTag(tag)
      var requests: [MPIRequest] = []
      try forEachPiece(of: UnsafeRawBufferPointer(numbers)) { (piece, isHead) throws(CommunicationError) in
        requests.append(try MPIRequest.send(piece, to: destination, isHead ? tag : tag | 1, world))
      }
      return Posted { [requests] () throws(CommunicationError) in
        for request in requests { try self.wait(for: request) }
      }
    }

    /// Posts the head; the pieces behind it are received when they come while this rank waits for anything.
    public func postReceive<Element: Sendable>(
      into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
    ) throws(CommunicationError) -> Posted<Int> {
      precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
      let incoming = MPIIncoming(
        .numbers(UnsafeMutableRawBufferPointer(buffer), stride: MemoryLayout<Element>.stride),
        from: try number(of: source), try headTag(tag), world, pieceBytes: pieceBytes)
      try incoming.postHead(headBytes: headBytes)
      posted.append(incoming)
      return Posted { () throws(CommunicationError) in
        try self.finishPosted(incoming)
        return Int(incoming.source)
      }
    }

    /// Calls `body` with a message's head and the pieces behind it: all but the last are as long as can be.
    @inline(__always)
    private func forEachPiece(
      of bytes: UnsafeRawBufferPointer,
      _ body: (UnsafeRawBufferPointer, _ isHead: Bool) throws(CommunicationError) -> Void
    ) throws(CommunicationError) {
      if bytes.count < headBytes { return try body(bytes, true) }
      try body(UnsafeRawBufferPointer(rebasing: bytes[..<headBytes]), true)
      var start = headBytes
      while bytes.count - start >= pieceBytes {
        try body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + pieceBytes]), false)
        start += pieceBytes
      }
      try body(UnsafeRawBufferPointer(rebasing: bytes[start...]), false)
    }
  }
#endif
