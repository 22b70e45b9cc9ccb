// How long a thread that waits looks, giving way to other threads, before it sleeps. A looker sees in a fraction
// of a microsecond what wakes a sleeper after some, or some dozens where the processor has gone to sleep too.
// It looks as long as a wake-up may take, so that it never wastes more than that; and the less, the more often
// what it waited for was long in coming. Whoever gives way to a thread that computes gets the processor back
// after milliseconds, the scheduler's slice, where a sleeper would be woken at once: then the next waits sleep.
// Shorter pauses are interrupts and threads that only look in.
//
// Source: the rule of the ski rental: Karlin, Li, Manasse, Owicki, Empirical Studies of Competitive Spinning for
// a Shared-Memory Multiprocessor, 1991.

/// The patience of those who wait for one thing, which learns from each wait. Times are in nanoseconds.
package struct Patience: Sendable {
  /// About what a wake-up takes.
  private static let most = 50_000
  /// Less than any scheduler's slice, more than an interrupt.
  private static let longPause = 500_000
  /// How long to look; below zero for a while after the processors have turned out to be wanted.
  private var time = Patience.most

  package init() {}

  /// Whether to look at all.
  package var isThere: Bool { time > 0 }

  /// Whether a thread that has looked for so long should go on.
  package func lasts(_ looked: Int) -> Bool { looked < time }

  /// Whether giving way for so long says that others want the processor.
  package static func isLong(_ pause: Int) -> Bool { pause > longPause }

  /// Learns from a wait that has ended, and from the longest pause of its looks.
  package mutating func learn(waited: Int, longestPause: Int) {
    if Self.isLong(longestPause) {
      time = -16_000
    } else if waited > 2 * Self.most {
      // Asleep, it has taken a wake-up more than it might have.
      time = time > 1000 ? time / 2 : min(time, 0)
    } else {
      time = time < 0 ? time + 1000 : min(Self.most, 2 * time + 1000)
    }
  }
}
