// libhdf5 at work on one file in a process of its own: a damaged file makes it crash, or go in circles, and then it is
// that process which ends, and the file that is to blame. Costs a process (some 20 ms) for each file, and for numbers
// that come from there two copies.
//
// The process is this very program, started anew (CReaderEntry). Where this code is not part of the program, but of
// something that it has loaded, libhdf5 works here, on another thread.

#if HDF5
  import CReaderEntry
  internal import Dispatch
  import Glibc

  /// The answer to a request, as a stream of bytes. Confined to one thread at a time.
  final class Hdf5Process: ByteSource {
    let name: String
    private let socket: Int32
    /// The process, until it is reaped.
    private var process: pid_t?
    private let patience: Int
    /// What is left of the frame that has begun.
    private var frame = 0

    /// A program that can be started, with its arguments.
    struct Program {
      var path: String
      var arguments: [String]

      /// This one as a reader; nil where that cannot be started.
      static let reader =
        tessera_is_in_program() != 0
        ? Program(path: "/proc/self/exe", arguments: [String(cString: tessera_reader_name)]) : nil
    }

    /// Asks `program`, or another thread, what `source` holds, of which nothing has been read.
    ///
    /// - Throws: `inputOutput` when there can be no further process; what the source throws.
    init(_ request: Hdf5Request, _ source: any ByteSource, program: Program? = .reader)
      throws(FileFormatError)
    {
      (name, patience) = (request.name, request.patience)
      var ends: [Int32] = [-1, -1]
      guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
        throw FileFormatError(.inputOutput, file: name, "cannot be read: \(systemMessage())")
      }
      socket = ends[0]
      let theirs = ends[1]
      if let program {
        let started = Hdf5Process.start(program, inheriting: theirs)
        _ = close(theirs)
        guard started.code == 0 else {
          throw FileFormatError(
            .inputOutput, file: name,
            "no process can be started to read it: \(String(cString: strerror(started.code)))")
        }
        process = started.process
      } else {
        DispatchQueue.global().async {
          Hdf5Service(theirs).answer()
          _ = close(theirs)
        }
      }
      // Who does not take it any more has an answer, or none.
      guard sent(request.bytes, to: socket) else { return }
      if request.path == nil { try send(source) }
      _ = shutdown(socket, Int32(SHUT_WR))
    }

    deinit {
      _ = close(socket)
      if let process {
        kill(process, SIGKILL)
        _ = Hdf5Process.reap(process)
      }
    }

    /// Nothing is known before the answer says it.
    var progress: ReadProgress { ReadProgress(bytesRead: 0, totalBytes: nil) }
    var remainingBytes: Int? { nil }

    /// - Throws: the error that the answer is; and `badData` when the process has crashed, or taken too long.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) -> Int {
      if frame == 0 {
        frame = try length()
        if frame < 0 {
          frame = .max
          throw try FileFormatError.received(from: self)
        }
      }
      let count = try receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(frame)))
      frame -= count
      return count
    }

    /// The length of the next frame.
    private func length() throws(FileFormatError) -> Int {
      var failure: FileFormatError?
      var length = 0
      withUnsafeMutableBytes(of: &length) { bytes in
        do throws(FileFormatError) {
          var filled = 0
          while filled < bytes.count {
            filled += try receive(into: UnsafeMutableRawBufferPointer(rebasing: bytes[filled...]))
          }
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      return length
    }

    private func receive(into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) -> Int {
      while true {
        let count = recv(socket, buffer.baseAddress, buffer.count, 0)
        if count > 0 { return count }
        if count == 0 || errno != EINTR { throw endOfProcess() }
      }
    }

    /// Sends all of `source`.
    private func send(_ source: any ByteSource) throws(FileFormatError) {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
      defer { buffer.deallocate() }
      while true {
        let count = try source.read(into: buffer)
        guard count > 0, sent(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: socket) else { return }
      }
    }

    /// Why there is no more of an answer.
    private func endOfProcess() -> FileFormatError {
      guard let process else { return FileFormatError(.badData, file: name, "libhdf5 gave no answer") }
      self.process = nil
      let status = Hdf5Process.reap(process)
      switch status & 0x7f {
      case SIGPROF:
        return FileFormatError(
          .badData, file: name,
          "libhdf5 gave no answer for \(patience) seconds of a processor's time: the file is damaged")
      case 0:
        return FileFormatError(.badData, file: name, "libhdf5 crashed reading it: the file is damaged")
      case let signal where [SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP].contains(signal):
        return FileFormatError(
          .badData, file: name, "libhdf5 crashed reading it (signal \(signal)): the file is damaged")
      case let signal:
        return FileFormatError(
          .inputOutput, file: name, "the process that read it was ended by signal \(signal)")
      }
    }

    /// Starts a process that finds `socket` at `Hdf5Service.socket`, and its other files empty.
    private static func start(_ program: Program, inheriting socket: Int32) -> (code: Int32, process: pid_t) {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      // Onto itself it clears the mark that would close it.
      posix_spawn_file_actions_adddup2(&actions, socket, Hdf5Service.socket)
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
      posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
      var attributes = posix_spawnattr_t()
      posix_spawnattr_init(&attributes)
      defer { posix_spawnattr_destroy(&attributes) }
      // Whatever this process does at signals, that one ends.
      var signals = sigset_t()
      sigemptyset(&signals)
      posix_spawnattr_setsigmask(&attributes, &signals)
      sigfillset(&signals)
      posix_spawnattr_setsigdefault(&attributes, &signals)
      posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
      var arguments = program.arguments.map { strdup($0) } + [nil]
      var environment = self.environment.map { strdup($0) } + [nil]
      defer {
        for text in arguments { free(text) }
        for text in environment { free(text) }
      }
      var process: pid_t = 0
      let code = posix_spawn(&process, program.path, &actions, &attributes, &arguments, &environment)
      return (code, process)
    }

    /// Ours, but that it starts without threads for products and crashes without a report.
    private static var environment: [String] {
      let changes = ["OPENBLAS_NUM_THREADS": "1", "SWIFT_BACKTRACE": "enable=no"]
      var lines = changes.map { "\($0)=\($1)" }
      var next = environ
      while let line = next.pointee {
        let text = String(cString: line)
        if changes[String(text.prefix { $0 != "=" })] == nil { lines.append(text) }
        next += 1
      }
      return lines
    }

    /// Waits for the end of a process, and returns its status; zero where somebody else has taken that.
    private static func reap(_ process: pid_t) -> Int32 {
      var status: Int32 = 0
      while waitpid(process, &status, 0) < 0, errno == EINTR {}
      return status
    }
  }

  /// The numbers of an array of the answer, which follow there.
  final class Hdf5ArraySource: ByteSource {
    let name: String
    private let answer: Hdf5Process
    private let count: Int
    private var rest: Int

    init(_ answer: Hdf5Process, _ array: Hdf5Array) {
      self.answer = answer
      name = array.name
      count = array.count * array.element.size
      rest = count
    }

    var progress: ReadProgress { ReadProgress(bytesRead: count - rest, totalBytes: count) }
    var remainingBytes: Int? { rest }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileFormatError) -> Int {
      guard rest > 0 else { return 0 }
      let count = try answer.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(rest)))
      rest -= count
      return count
    }
  }

  /// Sends all of `bytes`. False when nobody takes them any more.
  func sent(_ bytes: UnsafeRawBufferPointer, to socket: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = send(socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      if count > 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }

  func sent(_ bytes: [UInt8], to socket: Int32) -> Bool {
    bytes.withUnsafeBytes { sent($0, to: socket) }
  }
#endif
