// OpenBLAS has one number of threads for the whole process. It is set to one while any cluster runs and
// restored when the last has ended: state that is global because what it stands for is.

import Synchronization

enum SingleThreadedBLAS {
  private struct State {
    var clusters = 0
    var threadsBefore = 1
  }

  private static let state = Mutex(State())

  static func begin() {
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
