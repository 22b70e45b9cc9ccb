// The threads of a job's workers, and a way for asynchronous code to wait for their end.

import Glibc
import Synchronization

/// Threads that run one body each.
final class WorkerThreads: Sendable {
  private struct State {
    var waiting: [Body] = []
    var running = 0
    var waiter: CheckedContinuation<Void, Never>?
  }

  private struct Body: Sendable {
    let name: String
    let run: @Sendable () -> Void
  }

  private let state = Mutex(State())
  /// Whether the threads that have been started may run their bodies. Whoever starts threads holds the lock until all
  /// are there.
  private let mayRun = Mutex(false)

  /// LAPACK keeps small work arrays on the stack; the default of a secondary thread is half a megabyte.
  private static let stackSize = 16 << 20

  /// Adds a thread for the next `start`.
  func add(named name: String, _ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.waiting.append(Body(name: name, run: body)) }
  }

  /// Starts the threads that have been added, all of them or none.
  ///
  /// - Throws: `threadsNotStarted`.
  func start() throws(ExecutionError) {
    let bodies = state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    let failure: Int32? = mayRun.withLock { mayRun in
      let failure = bodies.lazy.map(self.startThread).first { $0 != 0 }
      mayRun = failure == nil
      return failure
    }
    if let failure {
      throw .threadsNotStarted(count: bodies.count, reason: String(cString: strerror(failure)))
    }
  }

  /// Starts a thread that runs the body as soon as it may; the error's number if there is none to be had.
  private func startThread(_ body: Body) -> Int32 {
    final class Start: Sendable {
      let threads: WorkerThreads
      let body: Body
      init(_ threads: WorkerThreads, _ body: Body) { (self.threads, self.body) = (threads, body) }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, Self.stackSize)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let start = Unmanaged.passRetained(Start(self, body))
    state.withLock { $0.running += 1 }
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        start.threads.runHere(start.body)
        return nil
      }, start.toOpaque())
    if failure != 0 {
      start.release()
      leave()
    }
    return failure
  }

  private func runHere(_ body: Body) {
    Self.nameThisThread(body.name)
    if mayRun.withLock({ $0 }) { body.run() }
    leave()
  }

  /// Tells the system the thread's name, of which it keeps 15 bytes.
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
