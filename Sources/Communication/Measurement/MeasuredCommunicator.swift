// A communicator that counts what goes through it: every message at its own send and receive, in a ledger,
// and as an event where somebody records. It stands around any transport, once: groups that are split from it
// send through it. A value handed over by reference counts as what it would be on the wire.
//
// Collectives are always the default ones, built on the sends and receives that are counted here, never a
// transport's own: what the ledger says is what was moved. A program that would rather have MPI's collectives
// uses the MPI communicator without a ledger.
//
// Waiting is the time in receives until a message is there, and in sends that are long enough to wait for the
// receiver. A short one does not wait for anybody, and two readings of the clock would be a percent of it.

public import TesseraInstrumentation

/// Counts the messages of the communicator it wraps.
public final class MeasuredCommunicator: Communicator {
  /// The wrapped communicator's rank.
  public let rank: Int
  /// The wrapped communicator's size, now.
  public var size: Int { base.size }
  /// The communicator whose messages are counted. What goes through it directly is not.
  public let base: any Communicator
  /// Where they are counted.
  public let ledger: Ledger
  private let recorder: Recorder?

  /// Payload bytes from which a send may wait for the receiver.
  static let longSend = 1 << 15

  /// Wraps `base`.
  ///
  /// - Parameter recorder: where each message and each wait becomes an event too.
  public init(_ base: any Communicator, ledger: Ledger = Ledger(), recorder: Recorder? = nil) {
    self.base = base
    self.ledger = ledger
    self.recorder = recorder
    rank = base.rank
  }

  /// Closes the wrapped communicator.
  public func close(reason: String) { base.close(reason: reason) }

  /// The wrapped communicator's.
  public var waitingTime: Int? { base.waitingTime }

  // MARK: values

  /// Sends and counts.
  public func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError)
  {
    let size = WireSize(of: value)
    let start = startOfSend(size)
    try base.send(value, to: destination, tag: tag)
    sent(size, to: destination, tag, since: start)
  }

  /// Receives and counts.
  public func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Received<Value>
  {
    let stopwatch = Stopwatch(self)
    let received = try base.receive(type, from: source, tag: tag)
    self.received(WireSize(of: received.value), from: received.source, tag, stopwatch)
    return received
  }

  /// Counts what is posted when it is, and the waiting when it is waited for.
  public func postSend<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError) -> Posted<Void>
  {
    let size = WireSize(of: value)
    let start = startOfSend(size)
    let posted = try base.postSend(value, to: destination, tag: tag)
    sent(size, to: destination, tag, since: start)
    return waiting(for: posted, size, to: destination, tag)
  }

  /// Counts when it is waited for.
  public func postReceive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Posted<Received<Value>>
  {
    let posted = try base.postReceive(type, from: source, tag: tag)
    return Posted { () throws(CommunicationError) in
      let stopwatch = Stopwatch(self)
      let received = try posted.wait()
      self.received(WireSize(of: received.value), from: received.source, tag, stopwatch)
      return received
    }
  }

  // MARK: numbers

  /// Sends and counts.
  public func send<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
  ) throws(CommunicationError) {
    let size = WireSize(numbers: numbers.count, of: Element.self)
    let start = startOfSend(size)
    try base.send(numbers: numbers, to: destination, tag: tag)
    sent(size, to: destination, tag, since: start)
  }

  /// Receives and counts.
  public func receive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  ) throws(CommunicationError) -> Int {
    let stopwatch = Stopwatch(self)
    let sender = try base.receive(into: buffer, from: source, tag: tag)
    received(WireSize(numbers: buffer.count, of: Element.self), from: sender, tag, stopwatch)
    return sender
  }

  /// Counts what is posted when it is, and the waiting when it is waited for.
  public func postSend<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
  ) throws(CommunicationError) -> Posted<Void> {
    let size = WireSize(numbers: numbers.count, of: Element.self)
    let start = startOfSend(size)
    let posted = try base.postSend(numbers: numbers, to: destination, tag: tag)
    sent(size, to: destination, tag, since: start)
    return waiting(for: posted, size, to: destination, tag)
  }

  /// Counts when it is waited for.
  public func postReceive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  ) throws(CommunicationError) -> Posted<Int> {
    let posted = try base.postReceive(into: buffer, from: source, tag: tag)
    let size = WireSize(numbers: buffer.count, of: Element.self)
    return Posted { () throws(CommunicationError) in
      let stopwatch = Stopwatch(self)
      let sender = try posted.wait()
      self.received(size, from: sender, tag, stopwatch)
      return sender
    }
  }

  // MARK: entries

  /// How long a receive waits: by the transport's own account, or else by the clock.
  private struct Stopwatch {
    let accounted: Int?
    let start: Int

    init(_ communicator: MeasuredCommunicator) {
      accounted = communicator.base.waitingTime
      start = accounted == nil || communicator.recorder != nil ? MonotonicClock.now() : 0
    }
  }

  /// What a worker tells itself is not moved, and not counted.
  private func received(_ size: WireSize, from source: Int, _ tag: Tag, _ stopwatch: Stopwatch) {
    guard source != rank else { return }
    let end = stopwatch.accounted == nil || recorder != nil ? MonotonicClock.now() : 0
    let waited =
      if let accounted = stopwatch.accounted { (base.waitingTime ?? accounted) - accounted } else {
        end - stopwatch.start
      }
    ledger.received(
      from: source, words: size.words, payloadBytes: size.payloadBytes, headerBytes: size.headerBytes,
      waited: waited)
    guard let recorder else { return }
    recorder.record(
      Event(.wait, "\(tag)", worker: rank, start: stopwatch.start, duration: end - stopwatch.start))
    record(size, .received, peer: source, tag, since: end)
  }

  /// The time, where it is wanted: of long sends, and of all when somebody records.
  private func startOfSend(_ size: WireSize) -> Int {
    size.payloadBytes >= Self.longSend || recorder != nil ? MonotonicClock.now() : 0
  }

  private func sent(_ size: WireSize, to destination: Int, _ tag: Tag, since start: Int) {
    guard destination != rank else { return }
    ledger.sent(
      to: destination, words: size.words, payloadBytes: size.payloadBytes, headerBytes: size.headerBytes)
    if size.payloadBytes >= Self.longSend { ledger.waited(for: destination, MonotonicClock.now() - start) }
    record(size, .sent, peer: destination, tag, since: start)
  }

  private func waiting(for posted: Posted<Void>, _ size: WireSize, to destination: Int, _ tag: Tag) -> Posted<
    Void
  > {
    guard size.payloadBytes >= Self.longSend, destination != rank else { return posted }
    return Posted { () throws(CommunicationError) in
      let start = MonotonicClock.now()
      try posted.wait()
      let end = MonotonicClock.now()
      self.ledger.waited(for: destination, end - start)
      self.recorder?.record(
        Event(.wait, "\(tag)", worker: self.rank, start: start, duration: end - start))
    }
  }

  private func record(
    _ size: WireSize, _ direction: Transfer.Direction, peer: Int, _ tag: Tag, since start: Int
  ) {
    guard let recorder else { return }
    let transfer = Transfer(
      direction, peer: peer, words: size.words, payloadBytes: size.payloadBytes,
      headerBytes: size.headerBytes)
    recorder.record(
      Event(
        .transfer(transfer), "\(tag)", worker: rank, start: start, duration: MonotonicClock.now() - start))
  }
}

extension WireSize {
  /// The size of numbers, which travel without an encoding.
  init<Element>(numbers count: Int, of type: Element.Type) {
    self.init(words: count, payloadBytes: count * MemoryLayout<Element>.stride, headerBytes: 0)
  }
}
