// Python's libraries as the reference: a process of its own that waits for orders, so that it takes turns with
// ours in one run. Where Python or a library is missing there is no peer, and the benchmark says so.

import Foundation

/// A Python process that runs statements and says how long they took.
public final class PythonPeer {
  private let process = Process()
  private let (orders, answers) = (Pipe(), Pipe())
  private var pending = Data()

  /// Starts the interpreter in `PYTHON`, or python3, with `threads` threads, and runs `setup`: imports, data and
  /// functions of no arguments.
  ///
  /// - Returns: nil where that fails: there is no Python, or a library is missing.
  public init?(threads: Int, setup: String) {
    // A worker that writes to a Python that has gone away hears of it by the missing answer.
    signal(SIGPIPE, SIG_IGN)
    let program = """
      import sys, time
      def serve():
          for line in sys.stdin:
              order = compile(line.strip(), 'order', 'exec')
              start = time.perf_counter()
              exec(order, globals())
              print(time.perf_counter() - start, flush=True)
      \(setup)
      print(0.0, flush=True)
      serve()
      """
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [ProcessInfo.processInfo.environment["PYTHON"] ?? "python3", "-c", program]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["OPENBLAS_NUM_THREADS": "\(threads)", "OMP_NUM_THREADS": "\(threads)"]) { $1 }
    process.standardInput = orders
    process.standardOutput = answers
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil, answer() != nil else { return nil }
  }

  deinit {
    try? orders.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// The seconds that a statement took; NaN when it failed.
  public func seconds(_ statement: String) -> Double {
    guard (try? orders.fileHandleForWriting.write(contentsOf: Data((statement + "\n").utf8))) != nil else {
      return .nan
    }
    return answer() ?? .nan
  }

  private func answer() -> Double? {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[pending.startIndex..<end], as: UTF8.self)
        pending = Data(pending[(end + 1)...])
        return Double(line)
      }
      let more = answers.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      pending += more
    }
  }
}
