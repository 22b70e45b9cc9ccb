// Where a progress bar draws: standard error, or a test's own sink.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A place to draw on.
public struct ProgressOutput: Sendable {
  /// Whether it is a terminal that understands escape sequences.
  public var isTerminal: Bool
  /// The width in characters at this moment.
  public var columns: @Sendable () -> Int
  /// Writes text at once.
  public var write: @Sendable (String) -> Void

  /// A place to draw on.
  public init(
    isTerminal: Bool, columns: @escaping @Sendable () -> Int = { 80 },
    write: @escaping @Sendable (String) -> Void
  ) {
    self.isTerminal = isTerminal
    self.columns = columns
    self.write = write
  }

  /// Standard error. A terminal that calls itself dumb counts as none.
  public static var standardError: ProgressOutput {
    let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
    return ProgressOutput(
      isTerminal: isatty(STDERR_FILENO) == 1 && !isDumb, columns: terminalColumns,
      write: { text in
        Array(text.utf8).withUnsafeBytes { bytes in
          var written = 0
          while written < bytes.count {
            let count = systemWrite(STDERR_FILENO, bytes[written...])
            // A bar that cannot be drawn is no reason to fail the work it tells of.
            if count > 0 { written += count } else if errno != EINTR { return }
          }
        }
      })
  }
}

/// The width of the terminal behind standard error; 80 where there is none.
@Sendable private func terminalColumns() -> Int {
  var size = winsize()
  guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
  return Int(size.ws_col)
}
