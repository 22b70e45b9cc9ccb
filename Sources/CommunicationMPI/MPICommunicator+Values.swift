// Values over MPI. A value travels in the wire format behind a prefix of 16 bytes: its length and the
// complement of that. A head of at most 2 KiB carries the prefix and a short value whole; pieces carry the
// rest of a longer one.
//
// Sending: a value of up to 64 KiB is copied and posted, and the sender goes on, as long as no more than
// 16 MiB are under way. A longer one goes from where its arrays lie and waits for its receiver. Receiving:
// into one array of the value's length, which the value is decoded from: one copy more.
//
// Cost of a value of n bytes: 1 MPI message if it fits into a head, otherwise 1 + the larger of n / pieceBytes
// and the number of its long arrays.

#if MPI
  import CMPI
  import Synchronization
  public import TesseraCommunication

  extension MPICommunicator {
    /// Posts a copy of a short value; sends a long one from where it lies, which waits for the receiver.
    public func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
      throws(CommunicationError)
    {
      try check(rank: destination)
      let tag = try headTag(tag)
      var writer = WireWriter()
      value.encode(to: &writer)
      if writer.headerBytes + writer.payloadBytes > OutgoingValues.copiedBytes {
        try sendInPlace(writer, to: destination, tag)
      } else {
        let copy = try post(writer, to: destination, tag)
        try outgoing.withLock { (values) throws(CommunicationError) in try values.append(copy) }
      }
    }

    /// Posts a copy.
    public func postSend<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
      throws(CommunicationError) -> Posted<Void>
    {
      try check(rank: destination)
      var writer = WireWriter()
      value.encode(to: &writer)
      let copy = try post(writer, to: destination, try headTag(tag))
      return Posted { () throws(CommunicationError) in try copy.wait() }
    }

    /// Waits for the head, then for the pieces behind it.
    public func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
      throws(CommunicationError) -> Received<Value>
    {
      let (source, tag) = (try number(of: source), try headTag(tag))
      var (code, status) = (Int32(0), MPI_Status())
      var outcome = (bytes: 0, truncated: false)
      var failure: CommunicationError?
      let head = [UInt8](unsafeUninitializedCapacity: headBytes) { buffer, initialized in
        code = MPI_Recv(
          buffer.baseAddress, Int32(truncatingIfNeeded: headBytes), tessera_mpi_byte(), source, tag, world,
          &status)
        do throws(CommunicationError) {
          outcome = try MPIFailure.received(code, status)
        } catch {
          failure = error
        }
        initialized = min(outcome.bytes, headBytes)
      }
      if let failure { throw failure }
      return try decode(head, isTruncated: outcome.truncated, from: status.MPI_SOURCE, tag)
    }

    /// Posts room for the head; the pieces behind it are received when the result is waited for.
    public func postReceive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
      throws(CommunicationError) -> Posted<Received<Value>>
    {
      let (source, tag) = (try number(of: source), try headTag(tag))
      let lent = LentMemory(UnsafeMutableBufferPointer<UInt8>.allocate(capacity: headBytes))
      let request: MPIRequest
      do throws(CommunicationError) {
        request = try .receive(UnsafeMutableRawBufferPointer(lent.buffer), from: source, tag, world)
      } catch {
        lent.buffer.deallocate()
        throw error
      }
      return Posted { () throws(CommunicationError) in
        defer { lent.buffer.deallocate() }
        var status = MPI_Status()
        let (bytes, isTruncated) = try MPIFailure.received(request.wait(&status), status)
        let head = [UInt8](UnsafeRawBufferPointer(lent.buffer).prefix(bytes))
        return try self.decode(head, isTruncated: isTruncated, from: status.MPI_SOURCE, tag)
      }
    }

    /// The longest head of a value.
    private var headBytes: Int { min(OutgoingValues.headBytes, pieceBytes) }

    /// Copies a message and posts its pieces.
    private func post(_ writer: WireWriter, to destination: Int, _ tag: Int32)
      throws(CommunicationError) -> OutgoingValue
    {
      let prefix = OutgoingValues.prefixBytes
      let length = writer.headerBytes + writer.payloadBytes
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: prefix + length, alignment: 16)
      Self.write(prefixOf: length, to: bytes)
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
        var start = 0
        while start < bytes.count {
          let count = min(pieceBytes, bytes.count - start)
          try MPIFailure.check(
            MPI_Send(
              bytes.baseAddress.map { $0 + start }, Int32(truncatingIfNeeded: count), tessera_mpi_byte(),
              Int32(truncatingIfNeeded: destination), tag, world))
          start += count
        }
      }
      let staging = UnsafeMutableRawBufferPointer.allocate(
        byteCount: OutgoingValues.copiedBytes, alignment: 16)
      defer { staging.deallocate() }
      Self.write(prefixOf: writer.headerBytes + writer.payloadBytes, to: staging)
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

    private static func write(prefixOf length: Int, to bytes: UnsafeMutableRawBufferPointer) {
      bytes.storeBytes(of: Int64(length), as: Int64.self)
      bytes.storeBytes(of: ~Int64(length), toByteOffset: 8, as: Int64.self)
    }

    /// Receives what is missing of the message that `head` begins, and decodes it.
    ///
    /// - Throws: `unexpectedMessage` for what does not begin as a value does.
    private func decode<Value: WireCodable>(
      _ head: [UInt8], isTruncated: Bool, from source: Int32, _ tag: Int32
    ) throws(CommunicationError) -> Received<Value> {
      var reader = WireReader(head)
      guard !isTruncated, head.count >= OutgoingValues.prefixBytes, let length = try? reader.readInt(),
        let complement = try? reader.readInt(), length >= 0, complement == ~length,
        reader.remaining <= length
      else { throw .unexpectedMessage(expected: "\(Value.self)", found: "numbers") }
      if reader.remaining < length {
        reader = WireReader(
          try receiveRest(of: length, after: head.dropFirst(OutgoingValues.prefixBytes), from: source, tag))
      }
      let value = try Value(from: &reader)
      guard reader.remaining == 0 else { throw .malformed(expected: "the end of \(Value.self)") }
      return Received(value, from: Int(source))
    }

    private func receiveRest(of length: Int, after head: ArraySlice<UInt8>, from source: Int32, _ tag: Int32)
      throws(CommunicationError) -> [UInt8]
    {
      var failure: CommunicationError?
      let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, initialized in
        _ = buffer.update(fromContentsOf: head)
        initialized = head.count
        do throws(CommunicationError) {
          while initialized < length {
            let room = min(pieceBytes, length - initialized)
            var status = MPI_Status()
            let code = MPI_Recv(
              buffer.baseAddress.map { $0 + initialized }, Int32(truncatingIfNeeded: room),
              tessera_mpi_byte(),
              source, tag | 1, world, &status)
            let piece = try MPIFailure.received(code, status)
            guard !piece.truncated, piece.bytes > 0 else {
              throw CommunicationError.malformed(expected: "a piece of at most \(room) bytes")
            }
            initialized += piece.bytes
          }
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      return bytes
    }
  }
#endif
