// The message layer: numbered workers that send each other values. A transport provides five members; the
// collectives in Collectives/ are built on them and may be overridden where a transport has better ones.
//
// Calls block the calling thread: they belong on a worker's own thread, never on Swift's cooperative pool.

/// One worker's end of a group of workers.
public protocol Communicator: Sendable {
  /// This worker's number, from zero. Rank 0 is the driver's.
  var rank: Int { get }
  /// The number of workers.
  var size: Int { get }

  /// Sends `value` to worker `destination`, whose matching `receive` names the same tag. Returns when the
  /// value may be forgotten; messages of one sender and tag arrive in order.
  ///
  /// - Throws: `closed`, `noSuchRank`.
  func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError)

  /// Waits for the next message with this tag from worker `source`.
  ///
  /// - Throws: `closed`, `noSuchRank`, `unexpectedMessage`, or what decoding the value throws.
  func receive<Value: WireCodable>(_ type: Value.Type, from source: Int, tag: Tag)
    throws(CommunicationError) -> Value

  /// Ends communication for every worker of the group: pending and later calls throw `closed`.
  func close(reason: String)
}

/// What a message belongs to, so that unlike messages between the same two workers stay apart.
public enum Tag: Int, Sendable {
  /// What every worker is to do next.
  case control
  /// A value sent to all.
  case broadcast
  /// How each worker's part of a step ended.
  case status
  /// Tiles on their way to or from the driver.
  case tiles
  /// Partial results on their way up the reduction tree.
  case reduction
  /// Pieces of tiles on their way to the tiles they become part of.
  case exchange
}
