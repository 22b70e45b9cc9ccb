// The temporary names of files that this process is writing, for the one who has to end it in the middle. A
// signal is the process's, so is the list: the one global state of this module.

import Glibc
import Synchronization

/// Files that will be renamed when they are whole.
package enum UnfinishedFiles {
  private static let paths = Mutex<Set<String>>([])

  static func insert(_ path: String) { paths.withLock { _ = $0.insert(path) } }
  static func remove(_ path: String) { paths.withLock { _ = $0.remove(path) } }

  /// Deletes them all: the process is about to end.
  package static func deleteAll() {
    paths.withLock { paths in
      for path in paths { _ = unlink(path) }
      paths = []
    }
  }
}
