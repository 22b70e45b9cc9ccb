// How libhdf5 is called here: by one thread at a time, because it keeps one state for the whole process; without a
// word on standard error, because its errors become ours; and without loading code: a file may name a filter that
// the library would look for in a folder of plugins.

#if HDF5
  import CHDF5
  import Glibc
  import Synchronization

  /// What the library knows by a number: a file, a dataset, a type. It is closed when it goes.
  struct Hdf5Handle: ~Copyable {
    let id: hid_t

    /// - Throws: what the library says of a call that returned no handle.
    init(_ id: hid_t, _ what: String, file: String) throws(FileFormatError) {
      guard id >= 0 else { throw Hdf5.failure(what, file: file) }
      self.id = id
    }

    deinit { _ = H5Idec_ref(id) }
  }

  /// HDF5 files.
  enum Hdf5 {
    private static let lock = Mutex<Void>(())

    /// Runs `body` as the only one that calls the library. Nothing that belongs to the library outlives it.
    static func session<Result: Sendable>(_ body: () throws(FileFormatError) -> Result)
      throws(FileFormatError)
      -> Result
    {
      try lock.withLock { (_) throws(FileFormatError) in
        // Every file is closed here; what a damaged one leaves behind must not be tidied up at the process's end,
        // where the library does not stop trying. Without effect where somebody else has called it before.
        H5dont_atexit()
        H5open()
        let stack = tessera_h5_error_stack()
        var report: H5E_auto2_t?
        var reportData: UnsafeMutableRawPointer?
        var plugins: UInt32 = 0
        H5Eget_auto2(stack, &report, &reportData)
        H5Eset_auto2(stack, nil, nil)
        H5PLget_loading_state(&plugins)
        H5PLset_loading_state(0)
        defer {
          H5Eset_auto2(stack, report, reportData)
          H5PLset_loading_state(plugins)
        }
        return try body()
      }
    }

    /// - Throws: when a call has failed, with what the library says of it.
    static func check(
      _ status: herr_t, _ what: String, _ kind: FileFormatError.Kind = .badData, file: String
    ) throws(FileFormatError) {
      guard status >= 0 else { throw failure(what, kind, file: file) }
    }

    /// Runs a call that writes.
    ///
    /// - Throws: `inputOutput` when it has failed, with what the system says of it: the driver does not.
    static func write(_ file: String, _ call: () -> herr_t) throws(FileFormatError) {
      errno = 0
      guard call() < 0 else { return }
      let code = errno
      throw code == 0
        ? failure("writing failed", .inputOutput, file: file)
        : FileFormatError(.inputOutput, file: file, "writing failed: \(String(cString: strerror(code)))")
    }

    /// The error of the call that failed last: the library's words for its innermost reason, of a call to the system
    /// the system's.
    static func failure(_ what: String, _ kind: FileFormatError.Kind = .badData, file: String)
      -> FileFormatError
    {
      var reason = ""
      withUnsafeMutablePointer(to: &reason) { reason in
        _ = H5Ewalk2(
          tessera_h5_error_stack(), H5E_WALK_UPWARD,
          { number, error, reason in
            guard number == 0, let text = error?.pointee.desc else { return 0 }
            reason?.assumingMemoryBound(to: String.self).pointee = String(cString: text)
            return 0
          }, reason)
      }
      if let system = reason.firstMatch(of: /error message = '([^']*)'/) { reason = String(system.1) }
      return FileFormatError(kind, file: file, reason.isEmpty ? what : "\(what): \(reason)")
    }

    /// What the library writes into room that it is given: called once for the size, once for the bytes.
    static func text(_ call: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> String? {
      let count = call(nil, 0)
      guard count > 0, count < 1 << 16 else { return nil }
      return withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { room in
        guard call(room.baseAddress, count + 1) == count else { return nil }
        return String(decoding: room[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      }
    }
  }
#endif
