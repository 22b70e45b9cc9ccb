// Messages that wait for one worker, in order of arrival. Putting and taking are O(1), taking anybody's
// O(channels in which something waits): senders times tags.

import TesseraInstrumentation

/// A worker's incoming messages.
///
/// `@unchecked Sendable`: every access to the stored variables holds the monitor's lock.
final class Mailbox: @unchecked Sendable {
  private struct Channel: Hashable {
    let tag: Tag
    let source: Int
  }

  /// A message, and how many had come before it.
  private struct Arrival {
    let number: Int
    let value: any Sendable
  }

  private let monitor = AdaptiveMonitor()
  /// Messages of one channel in order of arrival. Never empty.
  private var queues: [Channel: Queue<Arrival>] = [:]
  /// How many messages have come.
  private var arrivals = 0
  private var closedReason: String?
  /// What others are told who send to a worker that is lost.
  private var death: CommunicationError?
  /// Workers that no more messages will come from, and which takers have been told.
  private var lost: [Int: String] = [:]
  private var told: Set<Channel> = []
  /// How many workers may send here beside this one.
  private let others: Int

  /// The mailbox of a worker beside `others`.
  init(others: Int) { self.others = others }

  /// - Throws: why the worker takes no more messages, or none from `source`: what a lost worker still says is
  ///   not heard, as if its process had ended.
  func put(_ value: any Sendable, from source: Int, tag: Tag) throws(CommunicationError) {
    monitor.lock()
    if let error = death ?? (closedReason ?? lost[source]).map({ .closed(reason: $0) }) {
      monitor.unlock()
      throw error
    }
    queues[Channel(tag: tag, source: source), default: Queue()].append(
      Arrival(number: arrivals, value: value))
    arrivals += 1
    monitor.unlockAndNotify()
  }

  func take(from source: Source, tag: Tag) throws(CommunicationError) -> Received<any Sendable> {
    let taken: Result<Received<any Sendable>, CommunicationError> = try wait {
      if let message = next(from: source, tag) { return .success(message) }
      return loss(of: source, tag).map { .failure($0) }
    }
    return try taken.get()
  }

  /// Notes that no more messages will come from worker `rank`.
  func lose(_ rank: Int, reason: String) {
    monitor.lock()
    lost[rank] = lost[rank] ?? reason
    monitor.unlockAndNotify()
  }

  /// Why nothing of the source will come; of anybody's losses, one that has not been told with this tag, or
  /// any when nobody else is left.
  private func loss(of source: Source, _ tag: Tag) -> CommunicationError? {
    let rank: Int? =
      switch source {
      case .rank(let rank): rank
      case .any:
        lost.keys.filter { !told.contains(Channel(tag: tag, source: $0)) }.min()
          ?? (lost.count == others ? lost.keys.min() : nil)
      }
    guard let rank, let reason = lost[rank] else { return nil }
    if source == .any { told.insert(Channel(tag: tag, source: rank)) }
    return .lost(rank: rank, reason: reason)
  }

  func close(reason: String) {
    monitor.lock()
    closedReason = closedReason ?? reason
    monitor.unlockAndNotify()
  }

  /// Ends the worker alone: its own calls throw `closed`, messages to it `error`.
  func end(_ error: CommunicationError) {
    monitor.lock()
    death = error
    closedReason = closedReason ?? error.description
    monitor.unlockAndNotify()
  }

  /// Lets the worker look again at what it waits for.
  func wake() {
    monitor.lock()
    monitor.unlockAndNotify()
  }

  /// Returns what `result` returns as soon as that is not nil. Only the mailbox's own worker waits, with as many
  /// threads as it has.
  func wait<Result>(_ result: () -> Result?) throws(CommunicationError) -> Result {
    monitor.lock()
    defer { monitor.unlock() }
    // When the first look found nothing: a wait begins there, whether spent looking or asleep.
    var start: Int?
    defer { if let start { ThreadWaiting.add(MonotonicClock.now() - start) } }
    while true {
      if let closedReason { throw .closed(reason: closedReason) }
      if let result = result() { return result }
      start = start ?? MonotonicClock.now()
      monitor.wait()
    }
  }

  /// The first message of the source that is not taken; of anybody's, the one that came first.
  private func next(from source: Source, _ tag: Tag) -> Received<any Sendable>? {
    let channel: Channel
    switch source {
    case .rank(let rank): channel = Channel(tag: tag, source: rank)
    case .any:
      let candidates = queues.lazy.filter { $0.key.tag == tag }
      guard
        let earliest = candidates.min(by: {
          ($0.value.first?.number ?? .max) < ($1.value.first?.number ?? .max)
        })
      else { return nil }
      channel = earliest.key
    }
    guard let index = queues.index(forKey: channel) else { return nil }
    let message = queues.values[index].popFirst()
    if queues.values[index].isEmpty { queues.remove(at: index) }
    return message.map { Received($0.value, from: channel.source) }
  }
}
