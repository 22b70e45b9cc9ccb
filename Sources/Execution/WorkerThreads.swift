// The threads of a job's workers, and a way for asynchronous code to wait for their end.

import Foundation
import Glibc
import Synchronization

/// Threads that run one body each.
final class WorkerThreads: Sendable {
  private struct State {
    var running = 0
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// LAPACK keeps small work arrays on the stack; the default of a secondary thread is half a megabyte.
  private static let stackSize = 16 << 20

  func start(named name: String, _ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.running += 1 }
    let thread = Thread {
      Self.nameThisThread(name)
      body()
      self.leave()
    }
    thread.stackSize = Self.stackSize
    thread.start()
  }

  /// Tells the system the thread's name, of which it keeps 15 bytes. Foundation does that now and then only: for a
  /// moment after its start it does not know the thread itself.
  private static func nameThisThread(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    _ = name.withCString { write(file, $0, strlen($0)) }
    close(file)
  }

  /// Whether the calling thread is one that runs tasks, by its name.
  static var isTaskThread: Bool {
    let file = open("/proc/thread-self/comm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    var name = [UInt8](repeating: 0, count: 16)
    let length = read(file, &name, name.count)
    let text = String(decoding: name.prefix(max(length, 0)), as: UTF8.self)
    return taskThreadNames.contains { text.hasPrefix($0) }
  }

  /// How the names of threads that run tasks begin.
  private static let taskThreadNames = ["tessera worker", "tessera tasks", "tessera driver"]

  private func leave() {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.running -= 1
      return state.running == 0 ? state.waiter : nil
    }
    waiter?.resume()
  }

  /// Returns when every thread has ended. Called once, after the last start.
  func finished() async {
    await withCheckedContinuation { continuation in
      let done = state.withLock { state -> Bool in
        if state.running == 0 { return true }
        state.waiter = continuation
        return false
      }
      if done { continuation.resume() }
    }
  }
}
