// OpenBLAS has one number of threads for the whole process. It is set to one while any cluster runs and
// restored when the last has ended: state that is global because what it stands for is. The memory that it takes
// for each thread that calls it is taken before the cluster runs, because it would wait for ever for what it cannot
// have.

import Synchronization

enum SingleThreadedBLAS {
  private struct State {
    var clusters = 0
    var threadsBefore = 1
  }

  private static let state = Mutex(State())

  /// What is to be left when OpenBLAS has its memory: for the stacks of a few threads, and for the program.
  private static let bytesBeside = 192 << 20

  /// Begins a cluster with so many workers in this process; the driver too calls OpenBLAS.
  ///
  /// - Throws: `threadsNotStarted` where there is no memory for them.
  static func begin(workersHere workers: Int) throws(ExecutionError) {
    guard BLASThreads.prepare(forCalls: workers + 1), MemoryGuard.hasRoom(for: bytesBeside) else {
      throw .threadsNotStarted(
        count: workers,
        reason:
          "OpenBLAS takes \(BLASThreads.bytesPerCall >> 20) MiB for each, and this process may not have so much"
      )
    }
    state.withLock {
      if $0.clusters == 0 {
        $0.threadsBefore = BLASThreads.count
        BLASThreads.set(1)
      }
      $0.clusters += 1
    }
  }

  static func end() {
    state.withLock {
      $0.clusters -= 1
      if $0.clusters == 0 { BLASThreads.set($0.threadsBefore) }
    }
  }
}
