// What a door remembers of the hosts whose visitors have failed to prove that they know the secret, and how
// long it lets others from there wait: each a little before it is listened to, and all of them one after the
// other, so that a host gains nothing by calling many times at once. Who waits is served in order of arrival;
// with the default limits as many as the door holds are served before the first of them has waited for too
// long.
//
// Cost: O(1) per question, O(hosts) when one more is remembered than may be.

import Glibc

/// The failed proofs of the hosts that call at a door.
struct HostFailures {
  private let limits: DoorkeeperLimits
  private var records: [String: Record] = [:]

  /// Failures of one host, half of which are forgotten again and again.
  private struct Record {
    var count = 0.0
    var time = ContinuousClock.now
    /// When the next of those who wait is listened to.
    var turn = ContinuousClock.now

    func left(after halfLife: Duration, at now: ContinuousClock.Instant) -> Double {
      count * exp2(-((now - time) / halfLife))
    }
  }

  init(_ limits: DoorkeeperLimits) { self.limits = limits }

  /// How long a visitor from `host` waits at least before it is listened to; nil for a host in good standing.
  func delay(of host: String, at now: ContinuousClock.Instant) -> Duration? {
    let count = records[host]?.left(after: limits.halfLife, at: now) ?? 0
    let excess = count - Double(limits.freeFailures)
    return excess > 0 ? min(limits.delayStep * excess, limits.longestDelay) : nil
  }

  /// When one of those who wait of `host` may be listened to.
  func turn(of host: String, or now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    records[host]?.turn ?? now
  }

  /// Notes that one of those who wait is listened to.
  mutating func takeTurn(of host: String, at now: ContinuousClock.Instant) {
    records[host]?.turn = now + limits.turn
  }

  mutating func note(_ host: String, at now: ContinuousClock.Instant) {
    var record = records[host] ?? Record(turn: now)
    record.count = record.left(after: limits.halfLife, at: now) + 1
    record.time = now
    records[host] = record
    guard records.count > limits.hosts else { return }
    let least = records.min {
      $0.value.left(after: limits.halfLife, at: now) < $1.value.left(after: limits.halfLife, at: now)
    }
    if let least { records[least.key] = nil }
  }
}
