// How waiting threads share their time between looking and sleeping.

import Foundation
import Synchronization
import TesseraCommunication
import TesseraInstrumentation
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct PatienceTests {
  @Test func longWaitsEndTheLooksAndShortOnesBringThemBack() {
    var patience = Patience()
    #expect(patience.lasts(20_000) && !patience.lasts(1_000_000))
    for _ in 0..<20 { patience.learn(waited: 10_000_000, longestPause: 0) }
    #expect(!patience.lasts(1000))
    for _ in 0..<20 { patience.learn(waited: 5000, longestPause: 0) }
    #expect(patience.lasts(20_000))
  }

  @Test func whoeverHasGivenWayForLongSleepsTheNextTimes() {
    var patience = Patience()
    patience.learn(waited: 3_000_000, longestPause: 3_000_000)
    for _ in 0..<10 {
      #expect(!patience.isThere)
      patience.learn(waited: 5000, longestPause: 0)
    }
    for _ in 0..<20 { patience.learn(waited: 5000, longestPause: 0) }
    #expect(patience.isThere)
  }

  /// On processors that stay wanted, a slice of milliseconds is lost once in thousands of waits, not in dozens; and
  /// where they are free again for as long, it is as if nothing had been.
  @Test func whoeverGivesWayForLongAgainAndAgainSleepsEverLonger() {
    var patience = Patience()
    func sleeps() -> Int {
      patience.learn(waited: 3_000_000, longestPause: 3_000_000)
      var count = 0
      while !patience.isThere, count < 100_000 {
        patience.learn(waited: 5000, longestPause: 0)
        count += 1
      }
      return count
    }
    let counts = (0..<12).map { _ in sleeps() }
    #expect(counts[1] > counts[0] && counts[4] > 8 * counts[0] && counts[11] > 4000 && counts[11] < 5000)
    for _ in 0..<5000 { patience.learn(waited: 5000, longestPause: 0) }
    #expect(sleeps() < 32)
  }

  /// Whether they look or sleep: now and then the notifier takes longer than anybody looks.
  @Test func everyNotificationIsNoticed() {
    let monitor = AdaptiveMonitor()
    let count = Atomic(0)
    let turns = 2000
    withExtendedLifetime(count) {
      @Sendable func take(_ parity: Int) {
        for turn in 0..<turns where turn % 2 == parity {
          if turn % 100 == parity { Thread.sleep(forTimeInterval: 0.001) }
          monitor.lock()
          while count.load(ordering: .relaxed) < turn { monitor.wait() }
          count.add(1, ordering: .relaxed)
          monitor.unlockAndNotify()
        }
      }
      atOnce([{ take(0) }, { take(1) }])
      #expect(count.load(ordering: .relaxed) == turns)
    }
  }

  @Test func aWaitEndsAtItsDeadline() {
    let monitor = AdaptiveMonitor()
    monitor.lock()
    let deadline = MonotonicClock.now() + 5_000_000
    while MonotonicClock.now() < deadline { monitor.wait(until: deadline) }
    monitor.unlock()
    #expect(MonotonicClock.now() >= deadline)
  }
}
