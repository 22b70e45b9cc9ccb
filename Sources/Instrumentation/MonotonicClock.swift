// The clock of every event: nanoseconds that never run backwards. Processes on one machine share its
// origin, so that their events can stand in one picture. About 20 ns a reading.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The system's monotonic clock.
public enum MonotonicClock {
  /// Nanoseconds since an origin that is the same for all processes on this machine.
  @Sendable public static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
  }
}
