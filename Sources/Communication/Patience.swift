// How long a thread that waits looks, giving way to other threads, before it sleeps. A looker sees in a fraction
// of a microsecond what wakes a sleeper after some, or some dozens where the processor has gone to sleep too.
// It looks as long as a wake-up may take, so that it never wastes more than that; and the less, the more often
// what it waited for was long in coming. Whoever gives way to a thread that computes gets the processor back
// after milliseconds, the scheduler's slice, where a sleeper would be woken at once: then the next waits sleep,
// twice as many each time that it happens again soon. Shorter pauses are interrupts and threads that only look in.
//
// Source: the rule of the ski rental: Karlin, Li, Manasse, Owicki, Empirical Studies of Competitive Spinning for
// a Shared-Memory Multiprocessor, 1991.

/// The patience of those who wait for one thing, which learns from each wait. Times are in nanoseconds.
package struct Patience: Sendable {
  /// About what a wake-up takes.
  private static let most = 50_000
  /// Less than any scheduler's slice, more than an interrupt.
  private static let longPause = 500_000
  /// What a wait counts for those who sleep until `time` is above zero again.
  private static let step = 1000
  /// The fewest waits to sleep after a long pause, and the most: a slice lost once in so many is hardly felt.
  private static let sleeps = 16...4096
  /// How long to look; below zero for a while after the processors have turned out to be wanted.
  private var time = Patience.most
  /// How many waits to sleep after the next long pause.
  private var penalty = Patience.sleeps.lowerBound

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
      time = -penalty * Self.step
      penalty = min(2 * penalty, Self.sleeps.upperBound)
    } else if waited > 2 * Self.most {
      // Asleep, it has taken a wake-up more than it might have.
      time = time > Self.step ? time / 2 : min(time, 0)
    } else if time < 0 {
      time += Self.step
    } else {
      time = min(Self.most, 2 * time + Self.step)
      penalty = max(penalty - 1, Self.sleeps.lowerBound)
    }
  }
}
