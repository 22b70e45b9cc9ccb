// A process that may have few addresses (`ulimit -v`) would wait for ever instead of failing: OpenBLAS starts threads
// when it is loaded, each of which tries again until it has its 128 MiB, and is waited for at the end; libdispatch
// tries again until it has a thread. So such a process is started anew without the threads, which no command needs
// (workers are the parallelism), and with one arena for all threads, each of which would otherwise take 64 MiB; and
// it begins only where there is room for what it begins with.

import Foundation
import Tessera

/// The limits on the memory that this process may have.
public enum AddressLimit {
  /// What a command takes before it has read anything: threads with their stacks, and what OpenBLAS takes for a call.
  private static let bytesToBegin = BLASThreads.bytesPerCall + 128 << 20

  /// Makes the best of a limit, or ends the process where it is too low. To be called before anything that is
  /// asynchronous.
  public static func heed() {
    guard isSet else { return }
    let variables = [("OPENBLAS_NUM_THREADS", "1"), ("MALLOC_ARENA_MAX", "1")]
    #if os(Linux)
      if variables.contains(where: { ProcessInfo.processInfo.environment[$0.0] != $0.1 }) {
        for (name, value) in variables { setenv(name, value, 1) }
        // Where that cannot be, this process goes on.
        execv("/proc/self/exe", CommandLine.unsafeArgv)
      }
    #endif
    guard !MemoryGuard.hasRoom(for: bytesToBegin) else { return }
    Report.note(
      "tessera: this process may not have the \(bytesToBegin >> 20) MiB of addresses that it begins with")
    // Not by exit, which waits for OpenBLAS's threads.
    _exit(ExitStatus.noResources.rawValue)
  }

  /// Whether there is one.
  private static var isSet: Bool {
    [RLIMIT_AS, RLIMIT_DATA].contains { kind in
      var limit = rlimit()
      #if os(Linux)
        guard getrlimit(__rlimit_resource_t(kind.rawValue), &limit) == 0 else { return false }
      #else
        guard getrlimit(kind, &limit) == 0 else { return false }
      #endif
      // Infinity is that or more.
      return limit.rlim_cur < rlim_t(Int.max)
    }
  }
}
