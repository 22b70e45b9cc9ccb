// A communicator that counts: words, payload and header bytes of every message, and the time spent waiting
// for one. It stands around a transport only when somebody records; otherwise nothing is counted and nothing
// is paid.

import TesseraInstrumentation

/// Records the transfers and waits of the communicator it wraps.
public struct RecordingCommunicator: Communicator {
  private let base: any Communicator
  private let recorder: Recorder

  /// Wraps `base`.
  public init(_ base: any Communicator, recorder: Recorder) {
    self.base = base
    self.recorder = recorder
  }

  /// The wrapped communicator's rank.
  public var rank: Int { base.rank }
  /// The wrapped communicator's size.
  public var size: Int { base.size }

  /// Sends and records a transfer.
  public func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError)
  {
    let start = MonotonicClock.now()
    try base.send(value, to: destination, tag: tag)
    record(value, .sent, peer: destination, tag, since: start)
  }

  /// Receives, and records the wait and the transfer.
  public func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Received<Value>
  {
    let start = MonotonicClock.now()
    let received = try base.receive(type, from: source, tag: tag)
    let arrived = MonotonicClock.now()
    recorder.record(
      Event(.wait, "\(tag)", worker: rank, start: start, duration: arrived - start))
    record(received.value, .received, peer: received.source, tag, since: arrived)
    return received
  }

  /// Closes the wrapped communicator.
  public func close(reason: String) { base.close(reason: reason) }

  private func record<Value: WireCodable>(
    _ value: Value, _ direction: Transfer.Direction, peer: Int, _ tag: Tag, since start: Int
  ) {
    var writer = WireWriter()
    value.encode(to: &writer)
    let transfer = Transfer(
      direction, peer: peer, words: writer.words, payloadBytes: writer.payloadBytes,
      headerBytes: writer.headerBytes)
    recorder.record(
      Event(
        .transfer(transfer), "\(tag)", worker: rank, start: start,
        duration: MonotonicClock.now() - start))
  }
}
