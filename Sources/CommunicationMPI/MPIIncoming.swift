// A message that is being received, piece by piece.
//
// A head is short enough to come eagerly, so that one which is longer than its receiver expects is cut off.
// The pieces behind it are looked at before they are received: Open MPI 4.1 writes past the end of the buffer
// when a long message is longer than that (its count and its error are right, the memory is not).

#if MPI
  import CMPI
  import TesseraCommunication

  /// A message on its way in. A posted one is advanced by whatever call waits, so that a sender waits for
  /// nobody who waits for it.
  ///
  /// `@unchecked Sendable`: only the thread that calls MPI uses it.
  final class MPIIncoming: @unchecked Sendable {
    /// Where the message goes.
    enum Target {
      /// Into the caller's memory.
      case numbers(UnsafeMutableRawBufferPointer, stride: Int)
      /// A value, whose head this is.
      case value([UInt8])
    }

    let tag: Int32
    /// The sender or, before the head has come, whom the receive is from: perhaps anyone.
    private(set) var source: Int32
    private(set) var target: Target
    /// What became of it, when it is over.
    private(set) var outcome: Result<Void, CommunicationError>?
    /// Whether the head has come.
    private(set) var hasHead = false
    /// A posted head's request and, of a value, its memory.
    private var request: MPI_Request?
    private var headMemory: UnsafeMutableRawBufferPointer?
    /// A long value behind its prefix, as far as it has come.
    private var body: ReceivedBytes?
    private var found = 0
    private var isTruncated = false
    private let world: MPI_Comm
    private let pieceBytes: Int

    /// A message of which nothing has come.
    init(_ target: Target, from source: Int32, _ tag: Int32, _ world: MPI_Comm, pieceBytes: Int) {
      self.target = target
      self.source = source
      self.tag = tag
      self.world = world
      self.pieceBytes = pieceBytes
    }

    /// Whether pieces of the two could be taken for each other's. A message from another rank is not waited for: it
    /// may come only after this one.
    func mayMeet(_ other: MPIIncoming) -> Bool {
      tag == other.tag
        && (source == other.source || source == MPI_ANY_SOURCE || other.source == MPI_ANY_SOURCE)
    }

    deinit { headMemory?.deallocate() }

    /// Announces room for a head of at most `headBytes`.
    func postHead(headBytes: Int) throws(CommunicationError) {
      let place: UnsafeMutableRawPointer?
      var room = headBytes
      switch target {
      case .numbers(let bytes, _):
        room = min(headBytes, bytes.count)
        place = bytes.baseAddress
      case .value:
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: headBytes, alignment: 16)
        headMemory = memory
        place = memory.baseAddress
      }
      try MPIFailure.check(
        MPI_Irecv(
          place, Int32(truncatingIfNeeded: room), tessera_mpi_byte(), source, tag, world, &request))
    }

    /// Takes the posted head, if it is there or `isPatient`.
    func takePostedHead(headBytes: Int, isPatient: Bool) {
      var (status, isThere): (MPI_Status, Int32) = (MPI_Status(), 1)
      let code = isPatient ? MPI_Wait(&request, &status) : MPI_Test(&request, &isThere, &status)
      if isThere != 0 { takePostedHead(code, status, headBytes: headBytes) }
    }

    private func takePostedHead(_ code: Int32, _ status: MPI_Status, headBytes: Int) {
      if let headMemory {
        var (status, count): (MPI_Status, Int32) = (status, 0)
        MPI_Get_count(&status, tessera_mpi_byte(), &count)
        target = .value(Array(headMemory.prefix(Int(count))))
      }
      takeHead(code, status, headBytes: headBytes)
    }

    /// Takes those of the posted heads that are there, and tells whether any is. One call of MPI for all: each looks
    /// at the network, whatever it asks for.
    static func takePostedHeads(of waiting: [MPIIncoming], headBytes: Int) -> Bool {
      var requests = waiting.map(\.request)
      var (count, indices) = (Int32(0), [Int32](repeating: 0, count: waiting.count))
      var statuses = [MPI_Status](repeating: MPI_Status(), count: waiting.count)
      let code = MPI_Testsome(
        Int32(truncatingIfNeeded: waiting.count), &requests, &count, &indices, &statuses)
      guard count > 0 else { return false }
      for (index, status) in zip(indices, statuses).prefix(Int(count)) {
        let incoming = waiting[Int(index)]
        incoming.request = requests[Int(index)]
        // The code of each stands in its status where that of the call is no success.
        incoming.takePostedHead(code == MPI_SUCCESS ? code : status.MPI_ERROR, status, headBytes: headBytes)
      }
      return true
    }

    /// Takes note of a head of at most `headBytes`, which has come with this code and status.
    func takeHead(_ code: Int32, _ status: MPI_Status, headBytes: Int) {
      hasHead = true
      source = status.MPI_SOURCE
      attempt { () throws(CommunicationError) in
        let head = try MPIFailure.received(code, status)
        (found, isTruncated) = (head.bytes, head.truncated)
        switch target {
        case .numbers: if head.bytes < headBytes { try end() }
        case .value(let bytes): try beginValue(bytes, isTruncated: head.truncated)
        }
      }
    }

    /// Takes the next piece, if it is there or `isPatient`, and tells whether it was.
    func takePiece(isPatient: Bool) -> Bool {
      var wasThere = true
      attempt { () throws(CommunicationError) in
        var (message, status): (MPI_Message?, MPI_Status) = (nil, MPI_Status())
        if isPatient {
          try MPIFailure.check(MPI_Mprobe(source, tag | 1, world, &message, &status))
        } else {
          var flag: Int32 = 0
          try MPIFailure.check(MPI_Improbe(source, tag | 1, world, &flag, &message, &status))
          wasThere = flag != 0
          if !wasThere { return }
        }
        var count: Int32 = 0
        try MPIFailure.check(MPI_Get_count(&status, tessera_mpi_byte(), &count))
        try take(&message, Int(count))
      }
      return wasThere
    }

    private func take(_ message: inout MPI_Message?, _ count: Int) throws(CommunicationError) {
      switch target {
      case .numbers(let bytes, _):
        let room = bytes.count - min(found, bytes.count)
        if count <= room {
          try Self.receive(&message, into: bytes.baseAddress.map { $0 + found }, count)
        } else {
          // Too long: taken all the same, so that the next receive does not meet it.
          try Self.discard(&message, count)
          isTruncated = true
        }
        found += count
        if count < pieceBytes { try end() }
      case .value:
        guard let body, count > 0, count <= body.missing else {
          try Self.discard(&message, count)
          throw .malformed(expected: "a piece of a value")
        }
        let room = try body.room(limit: count, atLeast: count)
        try Self.receive(&message, into: room.baseAddress, count)
        try body.add(UnsafeRawBufferPointer(room))
        if body.missing == 0 { outcome = .success(()) }
      }
    }

    private static func receive(
      _ message: inout MPI_Message?, into place: UnsafeMutableRawPointer?, _ count: Int
    ) throws(CommunicationError) {
      try MPIFailure.check(
        MPI_Mrecv(place, Int32(truncatingIfNeeded: count), tessera_mpi_byte(), &message, nil))
    }

    private static func discard(_ message: inout MPI_Message?, _ count: Int) throws(CommunicationError) {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 16)
      defer { memory.deallocate() }
      try receive(&message, into: memory, count)
    }

    /// The end of numbers.
    private func end() throws(CommunicationError) {
      guard case .numbers(let bytes, let stride) = target else { return }
      guard found == bytes.count, !isTruncated else {
        throw .wrongLength(expected: bytes.count / max(stride, 1), found: found / max(stride, 1))
      }
      outcome = .success(())
    }

    /// Takes note of a value whose head has come. Memory for the rest is taken as it comes.
    private func beginValue(_ head: [UInt8], isTruncated: Bool) throws(CommunicationError) {
      let prefix = OutgoingValues.prefixBytes
      var reader = WireReader(head)
      guard !isTruncated, found >= prefix, let length = try? reader.readInt(),
        let complement = try? reader.readInt(), length >= 0, complement == ~length, found - prefix <= length
      else { throw .unexpectedMessage(expected: "a value", found: "numbers") }
      guard length <= OutgoingValues.longestValue else {
        throw .tooLong(what: "a value", length: length, limit: OutgoingValues.longestValue)
      }
      if found == prefix + length {
        outcome = .success(())
        return
      }
      let body = ReceivedBytes(length: length)
      try head[prefix..<found].withUnsafeBufferPointer { (start) throws(CommunicationError) in
        try body.add(UnsafeRawBufferPointer(start))
      }
      self.body = body
    }

    /// The value whose bytes have come.
    func decoded<Value: WireCodable>() throws(CommunicationError) -> Received<Value> {
      guard case .value(let head) = target else { throw .malformed(expected: "\(Value.self)") }
      var reader: WireReader
      if let body {
        reader = WireReader(body)
      } else {
        reader = WireReader(head)
        _ = (try reader.readInt(), try reader.readInt())
      }
      let value = try Value(from: &reader)
      guard reader.remaining == 0 else { throw .malformed(expected: "the end of \(Value.self)") }
      return Received(value, from: Int(source))
    }

    private func attempt(_ body: () throws(CommunicationError) -> Void) {
      do throws(CommunicationError) { try body() } catch { outcome = .failure(error) }
    }
  }

  extension [MPIIncoming] {
    /// Takes what has come of the posted messages, and tells whether anything has. Two whose pieces are alike
    /// take turns, in the order of posting.
    @discardableResult
    func advance(headBytes: Int) -> Bool {
      let headless = filter { $0.outcome == nil && !$0.hasHead }
      var hasMoved = !headless.isEmpty && MPIIncoming.takePostedHeads(of: headless, headBytes: headBytes)
      for (index, incoming) in enumerated() where incoming.outcome == nil {
        guard incoming.hasHead,
          !self[..<index].contains(where: { $0.outcome == nil && $0.mayMeet(incoming) })
        else { continue }
        if incoming.takePiece(isPatient: false) { hasMoved = true }
      }
      return hasMoved
    }
  }
#endif
