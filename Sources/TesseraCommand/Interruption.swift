// Ctrl-C, a closed terminal, and being told to end: unfinished files are deleted, workers end with their
// driver, and the exit code is the one that a shell gives to a program ended by that signal.

import Dispatch
import Foundation
import Tessera
import TesseraMatrixFiles

/// Watches for SIGINT, SIGTERM and SIGHUP as long as it lives.
struct Interruption {
  private let sources: [any DispatchSourceSignal]

  init() {
    // A file that grows beyond the process's limit is an error of writing, with a message, not an end.
    signal(SIGXFSZ, SIG_IGN)
    let queue = DispatchQueue(label: "tessera interruption")
    sources = ([SIGINT, SIGTERM] + (isIgnored(SIGHUP) ? [] : [SIGHUP])).map { number in
      // What the source sees must not end the process first.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        UnfinishedFiles.deleteAll()
        Cluster.takeLeave()
        // A worker ends when its driver's sockets do, but for one that is stopped, which notices nothing.
        for worker in StartedWorker.all() where worker.isStopped { kill(worker.process, SIGKILL) }
        // No destructors: threads are in the middle of things.
        _exit(128 + number)
      }
      source.resume()
      return source
    }
  }
}

/// Whether a signal was to be ignored when the process began, as nohup has it for SIGHUP.
private func isIgnored(_ number: Int32) -> Bool {
  let before = signal(number, SIG_IGN)
  let isIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  if !isIgnored { signal(number, before) }
  return isIgnored
}
