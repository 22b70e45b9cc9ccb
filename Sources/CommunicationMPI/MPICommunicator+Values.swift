// Values over MPI. A value travels in the wire format behind a prefix of 16 bytes: its length and the
// complement of that. A head of at most 2 KiB carries the prefix and a short value whole; pieces carry the
// rest of a longer one.
//
// Sending: a value of up to 64 KiB is copied and posted, and the sender goes on, as long as no more than
// 16 MiB are under way. A longer one goes from where its arrays lie and waits for its receiver. Receiving:
// into memory that grows as pieces come, which the value is decoded from: one copy more.
//
// Cost of a value of n bytes: 1 MPI message if it fits into a head, otherwise 1 + the larger of n / pieceBytes
// and the number of its long arrays.

#if MPI
  import CMPI
  public import TesseraCommunication

  extension MPICommunicator {
    /// Posts a copy of a short value; sends a long one from where it lies, which waits for the receiver.
    public func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
      throws(CommunicationError)
    {
      try checkRank(destination)
      let tag = try headTag(tag)
      var writer = WireWriter()
      value.encode(to: &writer)
      if writer.headerBytes + writer.payloadBytes > OutgoingValues.copiedBytes {
        try sendInPlace(writer, to: destination, tag)
      } else {
        outgoing.append(try post(writer, to: destination, tag))
        try releaseOutgoing(downTo: OutgoingValues.boundBytes)
      }
    }

    /// Posts a copy.
    public func postSend<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
      throws(CommunicationError) -> Posted<Void>
    {
      try checkRank(destination)
      var writer = WireWriter()
      value.encode(to: &writer)
      let copy = try post(writer, to: destination, try headTag(tag))
      return Posted { () throws(CommunicationError) in try self.wait(for: copy) }
    }

    /// Waits for the head, then for the pieces behind it.
    public func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
      throws(CommunicationError) -> Received<Value>
    {
      let (source, tag) = (try number(of: source), try headTag(tag))
      var (code, status, count) = (Int32(0), MPI_Status(), Int32(0))
      let head = [UInt8](unsafeUninitializedCapacity: headBytes) { buffer, initialized in
        code = receiveHead(buffer.baseAddress, headBytes, from: source, tag, &status)
        MPI_Get_count(&status, tessera_mpi_byte(), &count)
        initialized = code == MPI_SUCCESS ? Int(count) : 0
      }
      let incoming = MPIIncoming(.value(head), from: source, tag, world, pieceBytes: pieceBytes)
      incoming.takeHead(code, status, headBytes: headBytes)
      try finish(incoming)
      return try incoming.decoded()
    }

    /// Posts room for the head; the pieces behind it are received when they come while this rank waits for
    /// anything.
    public func postReceive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
      throws(CommunicationError) -> Posted<Received<Value>>
    {
      let incoming = MPIIncoming(
        .value([]), from: try number(of: source), try headTag(tag), world, pieceBytes: pieceBytes)
      try incoming.postHead(headBytes: headBytes)
      posted.append(incoming)
      return Posted { () throws(CommunicationError) in
        try self.finishPosted(incoming)
        return try incoming.decoded()
      }
    }

    /// Copies a message and posts its pieces.
    private func post(_ writer: WireWriter, to destination: Int, _ tag: Int32)
      throws(CommunicationError) -> OutgoingValue
    {
      let prefix = OutgoingValues.prefixBytes
      let length = writer.headerBytes + writer.payloadBytes
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: prefix + length, alignment: 16)
      OutgoingValues.write(prefixOf: length, to: bytes)
      writer.copy(to: UnsafeMutableRawBufferPointer(rebasing: bytes[prefix...]))
      var requests: [MPIRequest] = []
      var (start, end) = (0, min(headBytes, bytes.count))
      repeat {
        requests.append(
          try MPIRequest.send(
            UnsafeRawBufferPointer(rebasing: bytes[start..<end]), to: destination, start == 0 ? tag : tag | 1,
            world))
        (start, end) = (end, min(end + pieceBytes, bytes.count))
      } while start < bytes.count
      return OutgoingValue(bytes: bytes, requests: requests)
    }

    /// Sends a message of which only the short parts are copied.
    private func sendInPlace(_ writer: WireWriter, to destination: Int, _ tag: Int32)
      throws(CommunicationError)
    {
      func send(_ bytes: UnsafeRawBufferPointer, _ tag: Int32) throws(CommunicationError) {
        for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
          try sendPiece(
            UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + pieceBytes, bytes.count)]),
            to: destination, tag)
        }
      }
      let staging = UnsafeMutableRawBufferPointer.allocate(
        byteCount: OutgoingValues.copiedBytes, alignment: 16)
      defer { staging.deallocate() }
      OutgoingValues.write(prefixOf: writer.headerBytes + writer.payloadBytes, to: staging)
      try send(UnsafeRawBufferPointer(rebasing: staging[..<OutgoingValues.prefixBytes]), tag)

      var staged = 0
      func flush() throws(CommunicationError) {
        try send(UnsafeRawBufferPointer(rebasing: staging[..<staged]), tag | 1)
        staged = 0
      }
      func append(_ bytes: UnsafeRawBufferPointer) throws(CommunicationError) {
        if staged + bytes.count > staging.count { try flush() }
        guard bytes.count <= staging.count / 4 else {
          try flush()
          return try send(bytes, tag | 1)
        }
        UnsafeMutableRawBufferPointer(rebasing: staging[staged...]).copyMemory(from: bytes)
        staged += bytes.count
      }
      for segment in writer.segments {
        var failure: CommunicationError?
        func appendCatching(_ bytes: UnsafeRawBufferPointer) {
          do throws(CommunicationError) { try append(bytes) } catch { failure = error }
        }
        switch segment {
        case .header(let part): part.withUnsafeBytes(appendCatching)
        case .payload(let part): part.withBytes(appendCatching)
        }
        if let failure { throw failure }
      }
      try flush()
    }
  }
#endif
