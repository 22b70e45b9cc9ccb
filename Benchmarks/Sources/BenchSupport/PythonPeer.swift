// Python's libraries as the reference: a process of its own that waits for orders, so that it takes turns with
// ours in one run. Where Python or a library is missing there is no peer; what fails there is said in the report's notes.

import ArgumentParser
import Foundation
import Synchronization

/// Whether Python's libraries are compared with.
public struct PythonChoice: ParsableArguments {
  @Flag(help: "Leave Python's libraries out.") public var alone = false

  public init() {}

  /// A peer as `PythonPeer` describes it; nil where there is none, or none is wanted.
  public func peer(threads: Int, setup: String) -> PythonPeer? {
    guard alone else { return PythonPeer(threads: threads, setup: setup) }
    PythonPeer.note("Python was left out.")
    return nil
  }
}

/// A Python process that runs statements and says how long they took.
public final class PythonPeer {
  private let process = Process()
  private let (orders, answers) = (Pipe(), Pipe())
  private var pending = Data()

  /// What peers of this process could not do, in words, once each.
  public static var failures: [String] { noted.withLock { $0 } }

  private static let noted = Mutex<[String]>([])

  fileprivate static func note(_ text: String) {
    noted.withLock { if !$0.contains(text) { $0.append(text) } }
  }

  /// Starts the interpreter in `PYTHON`, or python3, with `threads` threads, and runs `setup`: imports, data and
  /// functions of no arguments.
  ///
  /// - Returns: nil where that fails: there is no Python, or a library is missing.
  init?(threads: Int, setup: String) {
    // A worker that writes to a Python that has gone away hears of it by the missing answer.
    signal(SIGPIPE, SIG_IGN)
    // An answer is a number, or says what is wrong: the next order is answered all the same.
    let program = """
      import sys, time
      def answer(text):
          try:
              order = compile(text, 'order', 'exec')
              start = time.perf_counter()
              exec(order, globals())
              print(time.perf_counter() - start, flush=True)
          except Exception as error:
              print(' '.join(f'{type(error).__name__}: {error}'.split()), flush=True)
      def serve():
          for line in sys.stdin:
              answer(line.strip())
      answer(sys.argv[1])
      serve()
      """
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      ProcessInfo.processInfo.environment["PYTHON"] ?? "python3", "-c", program, setup,
    ]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["OPENBLAS_NUM_THREADS": "\(threads)", "OMP_NUM_THREADS": "\(threads)"]) { $1 }
    process.standardInput = orders
    process.standardOutput = answers
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      Self.note("Python cannot be started: not compared with.")
      return nil
    }
    if time(of: "its libraries and data").isNaN { return nil }
  }

  deinit {
    try? orders.fileHandleForWriting.close()
    if process.isRunning { process.waitUntilExit() }
  }

  /// The seconds that a statement took; NaN when it failed, which the report's notes say.
  public func seconds(_ statement: String) -> Double {
    _ = try? orders.fileHandleForWriting.write(contentsOf: Data((statement + "\n").utf8))
    return time(of: "`\(statement)`")
  }

  /// The number that is answered to an order.
  private func time(of order: String) -> Double {
    let answer = line()
    if let answer, let time = Double(answer) { return time }
    Self.note("Python, \(order): \(answer ?? "it has ended"); not compared with.")
    return .nan
  }

  private func line() -> String? {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[pending.startIndex..<end], as: UTF8.self)
        pending = Data(pending[(end + 1)...])
        return line
      }
      let more = answers.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      pending += more
    }
  }
}
