// A message that is being sent piece by piece, two pieces at a time: posted to MPI when those before them have
// gone, by whatever thread polls. A value stays where its arrays lie and is copied a piece at a time, so that
// what is copied of all that is under way is two pieces for each receiver and tag.

#if MPI
  import CMPI
  import TesseraCommunication

  /// A message on its way out.
  ///
  /// `@unchecked Sendable`: only the thread inside MPI uses it.
  final class MPIOutgoing: @unchecked Sendable {
    /// What is sent.
    enum Content {
      /// A value behind its prefix.
      case value(WireWriter)
      /// Numbers in memory that is lent until the message has gone.
      case numbers(UnsafeRawBufferPointer)
    }

    /// A piece that MPI has; its copy, of a value.
    private struct Piece {
      var request: MPI_Request?
      let copy: UnsafeMutableRawBufferPointer?
    }

    private static let piecesUnderWay = 2

    private let destination: Int32
    private let tag: Int32
    private let world: MPI_Comm
    private let headBytes: Int
    private let pieceBytes: Int
    private var content: Content
    private let length: Int
    private var sent = 0
    private var isPosted = false
    private var underWay: [Piece] = []
    /// The segment of a value that holds its next byte, and that byte's place in it.
    private var segment = 0
    private var offset = 0
    /// What became of it, when it is over.
    private(set) var outcome: Result<Void, CommunicationError>?

    /// A message of which nothing has been sent.
    init(
      _ content: Content, to destination: Int, _ tag: Int32, _ world: MPI_Comm, headBytes: Int,
      pieceBytes: Int
    ) {
      self.content = content
      self.destination = Int32(truncatingIfNeeded: destination)
      self.tag = tag
      self.world = world
      self.headBytes = headBytes
      self.pieceBytes = pieceBytes
      length =
        switch content {
        case .value(let writer): OutgoingValues.prefixBytes + writer.headerBytes + writer.payloadBytes
        case .numbers(let bytes): bytes.count
        }
    }

    deinit { for piece in underWay { piece.copy?.deallocate() } }

    /// Posts what there is room for. Tells whether anything has moved.
    func advance() -> Bool {
      var hasMoved = false
      do throws(CommunicationError) {
        while outcome == nil {
          let before = (underWay.count, sent, isPosted)
          try release()
          if !isPosted, underWay.count < Self.piecesUnderWay { try postNext() }
          if isPosted, underWay.isEmpty { end(.success(())) }
          if before == (underWay.count, sent, isPosted) { break }
          hasMoved = true
        }
      } catch {
        end(.failure(error))
        hasMoved = true
      }
      return hasMoved
    }

    private func end(_ outcome: Result<Void, CommunicationError>) {
      self.outcome = outcome
      content = .numbers(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// Forgets the pieces that have gone.
    private func release() throws(CommunicationError) {
      while !underWay.isEmpty {
        var isDone: Int32 = 0
        try MPIFailure.check(MPI_Test(&underWay[0].request, &isDone, nil))
        if isDone == 0 { return }
        underWay.removeFirst().copy?.deallocate()
      }
    }

    private func postNext() throws(CommunicationError) {
      let isHead = sent == 0
      let count = min(isHead ? headBytes : pieceBytes, length - sent)
      let piece: UnsafeRawBufferPointer
      var copy: UnsafeMutableRawBufferPointer?
      switch content {
      case .value(let writer):
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        let start = isHead ? OutgoingValues.prefixBytes : 0
        if isHead { OutgoingValues.write(prefixOf: length - start, to: memory) }
        copyNext(of: writer, to: UnsafeMutableRawBufferPointer(rebasing: memory[start...]))
        copy = memory
        piece = UnsafeRawBufferPointer(memory)
        isPosted = sent + count == length
      case .numbers(let bytes):
        piece = UnsafeRawBufferPointer(rebasing: bytes[sent..<sent + count])
        // A piece that could be longer is the last.
        isPosted = count < (isHead ? headBytes : pieceBytes)
      }
      do throws(CommunicationError) {
        let request = try MPIRequest.send(piece, to: Int(destination), isHead ? tag : tag | 1, world)
        underWay.append(Piece(request: request.handle, copy: copy))
        sent += count
      } catch {
        copy?.deallocate()
        throw error
      }
    }

    /// Fills `target` with a value's next bytes.
    private func copyNext(of writer: WireWriter, to target: UnsafeMutableRawBufferPointer) {
      var filled = 0
      func take(_ bytes: UnsafeRawBufferPointer) {
        let part = UnsafeRawBufferPointer(rebasing: bytes[offset...].prefix(target.count - filled))
        UnsafeMutableRawBufferPointer(rebasing: target[filled...]).copyMemory(from: part)
        filled += part.count
        offset += part.count
        if offset == bytes.count { (segment, offset) = (segment + 1, 0) }
      }
      while filled < target.count {
        switch writer.segments[segment] {
        case .header(let bytes): bytes.withUnsafeBytes(take)
        case .payload(let bytes): bytes.withBytes(take)
        }
      }
    }
  }
#endif
