// The other side of Hdf5Process: what a request asks of a file is answered, piece after piece as libhdf5 reads it.
// Memory is that of a piece, 1 MiB or a row of chunks; for a file without a path also all of its bytes.

#if HDF5
  import CReaderEntry
  import Glibc

  /// Answers one request.
  final class Hdf5Service {
    /// Where a process that was started for this finds its socket.
    static let socket: Int32 = 3

    private let socket: Int32
    /// Seconds of a processor from one piece to the next, after which the process ends; nil where it is not its own.
    private var patience: Int?

    init(_ socket: Int32) { self.socket = socket }

    /// Answers the request that comes, in a process that does nothing else.
    fileprivate func answerInOwnProcess() {
      patience = 20
      answer()
    }

    /// Answers the request that comes; an error too is an answer.
    func answer() {
      do throws(FileFormatError) {
        beginPiece()
        let asked = SocketSource(socket)
        let request = try Hdf5Request(from: asked)
        asked.name = request.name
        if patience != nil { patience = request.patience }
        beginPiece()
        let source: any ByteSource =
          if let path = request.path { try FileSource(path, name: request.name) } else { asked }
        if patience != nil, let size = source.remainingBytes { limitMemory(size) }
        try Hdf5.session { () throws(FileFormatError) in
          try answer(request, Hdf5File.opened(source))
        }
      } catch {
        _ = send(length: -1) && sent(error.bytes, to: socket)
      }
    }

    private func answer(_ request: Hdf5Request, _ file: consuming Hdf5File) throws(FileFormatError) {
      switch try file.matrix(request.member) {
      case .dense(let path):
        let dataset = try file.dataset(path)
        let rows = request.selection.range(ofRows: try dataset.matrixShape().rows)
        let header = try dataset.header()
        guard request.selection != .nothing else { return try send(Hdf5Answer(header, []).bytes) }
        try send(Hdf5Answer(header, [dataset.array(rows)]).bytes)
        try send(dataset, rows)
      case .sparse(let path):
        let sparse = try Hdf5SparseMatrix(file, path)
        guard request.selection == .everything else {
          return try send(Hdf5Answer(sparse.header, isByRows: sparse.isByRows, []).bytes)
        }
        let data = try file.dataset(path + "/data")
        let starts = try file.dataset(path + "/indptr")
        let indices = try file.dataset(path + "/indices")
        let arrays = [data.array(data.rows), starts.array(starts.rows), indices.array(indices.rows)]
        try send(Hdf5Answer(sparse.header, isByRows: sparse.isByRows, arrays).bytes)
        try send(data, data.rows)
        try send(starts, starts.rows)
        try send(indices, indices.rows)
      }
    }

    /// Sends the numbers in some rows, unless they stand together in the file.
    private func send(_ dataset: borrowing Hdf5Dataset, _ rows: Range<Int>) throws(FileFormatError) {
      guard dataset.array(rows).place == nil else { return }
      try dataset.pieces(rows) { bytes throws(FileFormatError) in try send(bytes) }
    }

    private func send(_ bytes: [UInt8]) throws(FileFormatError) {
      var failure: FileFormatError?
      bytes.withUnsafeBytes { bytes in
        do throws(FileFormatError) { try send(bytes) } catch { failure = error }
      }
      if let failure { throw failure }
    }

    /// Sends a frame.
    ///
    /// - Throws: when nobody takes it any more.
    private func send(_ bytes: UnsafeRawBufferPointer) throws(FileFormatError) {
      guard send(length: bytes.count), sent(bytes, to: socket) else {
        throw FileFormatError(.inputOutput, file: "", "nobody waits for the answer")
      }
      beginPiece()
    }

    /// Gives libhdf5 the memory that a file of `size` bytes can ask for with reason: deflate packs 1032 bytes into one at
    /// most, and what the process begins with and works with is far below the rest.
    private func limitMemory(_ size: Int) {
      let most = min(size, 1 << 40) * 1032 + 1 << 28
      var limit = rlimit(rlim_cur: rlim_t(most), rlim_max: rlim_t(most))
      setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
    }

    private func send(length: Int) -> Bool { withUnsafeBytes(of: length) { sent($0, to: socket) } }

    /// From here on the patience counts anew: SIGPROF ends a process that does not expect it.
    private func beginPiece() {
      guard let patience else { return }
      var timer = itimerval()
      timer.it_value.tv_sec = patience
      setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
    }
  }

  /// What comes through a socket until the other side has said all.
  private final class SocketSource: ByteSource {
    var name = ""
    private let socket: Int32

    init(_ socket: Int32) { self.socket = socket }

    var progress: ReadProgress { ReadProgress(bytesRead: 0, totalBytes: nil) }
    var remainingBytes: Int? { nil }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) -> Int {
      while true {
        let count = recv(socket, buffer.baseAddress, buffer.count, 0)
        if count >= 0 { return count }
        guard errno == EINTR else {
          throw FileFormatError(.inputOutput, file: name, "reading failed: \(systemMessage())")
        }
      }
    }
  }

  /// What this program does when it is started as a reader: called from C (CReaderEntry).
  @_cdecl("tessera_read_hdf5")
  package func readHdf5AsOwnProcess() { Hdf5Service(Hdf5Service.socket).answerInOwnProcess() }
#endif
