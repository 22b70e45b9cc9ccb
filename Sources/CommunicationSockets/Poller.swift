// Blocking until some descriptors are ready, or until another thread says otherwise.

import Glibc

/// What one thread at a time polls with. Between `clear` and `wait` it belongs to that thread; `wake` is for
/// the others. Everything but `wait` happens under the communicator's lock.
final class Poller {
  /// A pair of sockets; a byte in it ends the polling.
  private let wakeup: (read: Int32, write: Int32)
  private var entries: [pollfd] = []
  private var ranks: [Int] = []
  /// Whether a thread is blocked in `wait`, and nobody has woken it yet.
  private(set) var isBlocked = false

  init() {
    var ends: [Int32] = [-1, -1]
    // Without it (no descriptors left) polls last until something happens, or the next heartbeat is due. Not
    // a pipe: that is closed to programs started meanwhile only from its second call on.
    _ = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Listener.flags, 0, &ends)
    wakeup = (ends[0], ends[1])
  }

  deinit {
    _ = Glibc.close(wakeup.read)
    _ = Glibc.close(wakeup.write)
  }

  /// Begins a list of descriptors.
  func clear() {
    entries.removeAll(keepingCapacity: true)
    ranks.removeAll(keepingCapacity: true)
    entries.append(pollfd(fd: wakeup.read, events: Int16(POLLIN), revents: 0))
    ranks.append(-1)
  }

  /// Adds the link to peer `rank`.
  func add(_ descriptor: Int32, rank: Int, input: Bool, room: Bool) {
    let events = (input ? Int16(POLLIN) : 0) | (room ? Int16(POLLOUT) : 0)
    entries.append(pollfd(fd: descriptor, events: events, revents: 0))
    ranks.append(rank)
  }

  /// Waits at most `nanoseconds`, outside the lock that `monitor` is.
  func wait(_ nanoseconds: Int, _ monitor: Monitor) {
    isBlocked = nanoseconds > 0
    let milliseconds = nanoseconds / 1_000_000 + (nanoseconds % 1_000_000 > 0 ? 1 : 0)
    monitor.unlock()
    let ready = entries.withUnsafeMutableBufferPointer {
      poll($0.baseAddress, nfds_t($0.count), Int32(clamping: milliseconds))
    }
    monitor.lock()
    isBlocked = false
    if ready < 0 {
      // Interrupted by a signal: nothing is ready, as far as one knows.
      for index in entries.indices { entries[index].revents = 0 }
    } else if entries[0].revents != 0 {
      // Wakers write one byte a poll at most.
      var bytes: UInt64 = 0
      _ = Glibc.read(wakeup.read, &bytes, 8)
    }
  }

  /// Ends a `wait` that another thread is in.
  func wake() {
    guard isBlocked else { return }
    isBlocked = false
    var byte: UInt8 = 1
    _ = Glibc.write(wakeup.write, &byte, 1)
  }

  /// Calls `body` for each link that was added, with what is ready. Errors count as input: reading tells what
  /// they are; and as room where that was asked for.
  func forEach(_ body: (_ rank: Int, _ input: Bool, _ room: Bool) -> Void) {
    for index in 1..<entries.count {
      let (asked, ready) = (entries[index].events, entries[index].revents)
      let failed = ready & ~(Int16(POLLIN) | Int16(POLLOUT)) != 0
      body(
        ranks[index], ready & Int16(POLLIN) != 0 || failed && asked & Int16(POLLIN) != 0,
        asked & Int16(POLLOUT) != 0 && (failed || ready & Int16(POLLOUT) != 0))
    }
  }
}
