// Ctrl-C, and being told to end: unfinished files are deleted, workers end with their driver, and the exit code is
// the one that a shell gives to a program ended by that signal.

import Dispatch
import Foundation
import Tessera
import TesseraMatrixFiles

/// Watches for SIGINT and SIGTERM as long as it lives.
struct Interruption {
  private let sources: [any DispatchSourceSignal]

  init() {
    let queue = DispatchQueue(label: "tessera interruption")
    sources = [SIGINT, SIGTERM].map { number in
      // What the source sees must not end the process first.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        UnfinishedFiles.deleteAll()
        Cluster.takeLeave()
        // No destructors: threads are in the middle of things. A worker ends when its driver's sockets do.
        _exit(128 + number)
      }
      source.resume()
      return source
    }
  }
}
