// Waiting for descriptors with a deadline, their options, and the words for what a system call says.

import Glibc
import TesseraCommunication

enum SystemCall {
  /// Polls for the peer's having closed its end: Linux's POLLRDHUP, which the module Glibc lacks.
  static let peerHasLeft: Int32 = 0x2000

  /// The system's words for an error number.
  static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }

  /// Sets an option of a socket; one that the socket does not have is left alone.
  static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    _ = setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Waits until one of `descriptors` is ready or `deadline` has come, and fills in what they are ready for.
  static func poll(_ descriptors: inout [pollfd], until deadline: ContinuousClock.Instant?) {
    // A millisecond more than what is left: waking early would spin.
    let milliseconds =
      deadline.map { deadline -> Int32 in
        let left = deadline - .now
        guard left > .zero else { return 0 }
        return Int32(
          clamping: left.components.seconds.multipliedReportingOverflow(by: 1000).partialValue
            + left.components.attoseconds / 1_000_000_000_000_000 + 1)
      } ?? -1
    for index in descriptors.indices { descriptors[index].revents = 0 }
    // An interrupted wait is a wait without result; callers look at the clock and wait again.
    _ = Glibc.poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    // After a failure the kernel has not written, and what is there is zero.
  }

  /// Waits for one descriptor; false when the deadline has come first.
  static func wait(_ descriptor: Int32, for events: Int32, until deadline: ContinuousClock.Instant?) -> Bool {
    while true {
      var descriptors = [pollfd(fd: descriptor, events: Int16(events), revents: 0)]
      poll(&descriptors, until: deadline)
      if descriptors[0].revents != 0 { return true }
      if let deadline, deadline <= .now { return false }
    }
  }
}
