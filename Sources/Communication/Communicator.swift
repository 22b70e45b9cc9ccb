// The message layer: numbered workers that send each other values and numbers. A transport must provide five
// members (rank, size, send, receive, close). Everything else has a default built on those, and is a
// requirement too, so that a transport may do better: a socket posts a send without copying it, MPI reads
// into the caller's memory.
//
// Two kinds of message. A *value* is anything `WireCodable`; threads of one process hand it over by reference.
// *Numbers* are plain elements in the caller's memory, whose count both ends know; they travel without an
// encoding. A send of one kind is matched by a receive of the same kind.
//
// Calls block the calling thread: they belong on a worker's own thread, never on Swift's cooperative pool.

/// One worker's end of a group of workers.
public protocol Communicator: Sendable {
  // MARK: required

  /// This worker's number, from zero. Rank 0 is the driver's.
  var rank: Int { get }
  /// The number of workers.
  var size: Int { get }

  /// Sends `value` to worker `destination`, whose matching `receive` names the same tag. Returns when the
  /// value may be forgotten, which may be as late as the receiver's asking for it: two workers that send to
  /// each other before they receive must post one of the sends. Messages of one sender and tag arrive in
  /// order.
  ///
  /// - Throws: `closed`, `lost`, `noSuchRank`.
  func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag) throws(CommunicationError)

  /// Waits for the next message with this tag from `source`. From anyone: of a worker that is lost, `lost` is
  /// thrown once for each tag, when no message is there; later calls go on with the others, and throw again
  /// when there are none.
  ///
  /// - Throws: `closed`, `lost`, `noSuchRank`, `unexpectedMessage`, or what decoding the value throws.
  func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Received<Value>

  /// Ends communication for every worker of the group: pending and later calls throw `closed`.
  func close(reason: String)

  /// Ends this worker's part, where it can end without the others: its pending and later calls throw `closed`. By
  /// default nothing.
  func leave()

  // MARK: threads

  /// This end for calls from several threads at once, of which no two receive the same: itself, unless the
  /// transport would rather know. Then every later call goes through it.
  var concurrent: any Communicator { get }

  // MARK: waiting

  /// Nanoseconds that the calling thread has waited for messages so far, at this end or another. Of the thread, so
  /// that what it grows by in a receive is the time of that receive, whoever else waits meanwhile. Nil where the
  /// transport does not know: whoever measures then reads the clock around every receive; a transport that reads it
  /// only when a message is not there yet makes that cheaper.
  var waitingTime: Int? { get }

  // MARK: values, posted

  /// Starts sending `value`, which is kept until it is on its way. Wait for the result exactly once.
  ///
  /// The default sends at once: right for a transport whose `send` never waits for the receiver.
  ///
  /// - Throws: what `send` throws; so does waiting.
  func postSend<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError) -> Posted<Void>

  /// Announces a receive. Receives of one source and tag take their messages in the order of posting, if
  /// they are waited for in that order. Wait for the result exactly once.
  ///
  /// The default receives when it is waited for.
  ///
  /// - Throws: `noSuchRank`; waiting throws what `receive` throws.
  func postReceive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Posted<Received<Value>>

  // MARK: numbers

  /// Sends numbers. Like `send` of a value otherwise.
  ///
  /// - Precondition: `Element` is a plain value without references.
  /// - Throws: `closed`, `lost`, `noSuchRank`.
  func send<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag) throws(CommunicationError)

  /// Waits for the next numbers with this tag from `source` and puts them into `buffer`, which they fill.
  /// Returns the sender.
  ///
  /// - Throws: `wrongLength` when there are more or fewer than `buffer` takes, and what `receive` of a value
  ///   throws.
  func receive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  )
    throws(CommunicationError) -> Int

  /// Starts sending numbers, which must stay unchanged until the result has been waited for.
  ///
  /// - Throws: what `send` throws; so does waiting.
  func postSend<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
  )
    throws(CommunicationError) -> Posted<Void>

  /// Announces a receive of numbers into `buffer`, which must stay until the result has been waited for.
  ///
  /// - Throws: `noSuchRank`; waiting throws what `receive(into:)` throws.
  func postReceive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  )
    throws(CommunicationError) -> Posted<Int>

  // MARK: collectives
  //
  // Every worker of the group calls the same ones in the same order, with the same root, tag, counts and
  // operation. They throw what `send` and `receive` throw; a worker whose part fails closes the group, so
  // that nobody waits for it. The defaults are in Collectives/, a file each, with pictures and costs.

  /// Returns when every worker has called it.
  func barrier(tag: Tag) throws(CommunicationError)

  /// Divides the group: workers that pass the same `color` become a group of their own, ranked by `key`, then
  /// by rank. A worker that passes nil joins none and gets nil. Closing a part closes the whole.
  func split(color: Int?, key: Int, tag: Tag) throws(CommunicationError) -> (any Communicator)?

  // MARK: collectives on values, which may differ in length from worker to worker

  /// Gives every worker the root's value. The root passes the value, the others nil.
  func broadcast<Value: WireCodable>(
    _ value: Value?, as type: Value.Type, from root: Int, tag: Tag
  ) throws(CommunicationError) -> Value

  /// Gives the root every worker's value, by rank; nil elsewhere.
  func gather<Value: WireCodable>(_ value: Value, to root: Int, tag: Tag)
    throws(CommunicationError) -> [Value]?

  /// Gives every worker its own of the root's values. The root passes one for each rank, the others nil.
  func scatter<Value: WireCodable>(_ values: [Value]?, as type: Value.Type, from root: Int, tag: Tag)
    throws(CommunicationError) -> Value

  /// Gives every worker every worker's value, by rank.
  func allGather<Value: WireCodable>(_ value: Value, tag: Tag) throws(CommunicationError) -> [Value]

  /// Sends `values[k]` to rank k; returns what rank k sent here at place k.
  func allToAll<Value: WireCodable>(_ values: [Value], tag: Tag) throws(CommunicationError) -> [Value]

  /// Combines every worker's value at rank 0, along the tree by rank; nil elsewhere.
  func reduce<Value: WireCodable>(_ value: Value, tag: Tag, _ combine: (Value, Value) -> Value)
    throws(CommunicationError) -> Value?

  /// Combines every worker's value at every worker, along the tree by rank.
  func allReduce<Value: WireCodable>(_ value: Value, tag: Tag, _ combine: (Value, Value) -> Value)
    throws(CommunicationError) -> Value

  // MARK: collectives on numbers in the callers' memory; `counts` says how many are each rank's

  /// Fills every worker's buffer with the root's, which is as long.
  func broadcast<Element: Sendable>(
    numbers: UnsafeMutableBufferPointer<Element>, from root: Int, tag: Tag) throws(CommunicationError)

  /// Puts every worker's numbers one after the other into the root's `all`, which is empty elsewhere.
  func gather<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, into all: UnsafeMutableBufferPointer<Element>, counts: [Int],
    to root: Int, tag: Tag) throws(CommunicationError)

  /// Puts rank k's part of the root's `all`, which is empty elsewhere, into its `numbers`.
  func scatter<Element: Sendable>(
    numbers all: UnsafeBufferPointer<Element>, into numbers: UnsafeMutableBufferPointer<Element>,
    counts: [Int], from root: Int, tag: Tag) throws(CommunicationError)

  /// Puts every worker's numbers one after the other into everybody's `all`, of which `numbers` may be the
  /// right part.
  func allGather<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, into all: UnsafeMutableBufferPointer<Element>, counts: [Int],
    tag: Tag) throws(CommunicationError)

  /// Sends the k-th of P equal parts of `numbers` to rank k; what rank k sent becomes the k-th part of
  /// `received`.
  func allToAll<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, into received: UnsafeMutableBufferPointer<Element>, tag: Tag)
    throws(CommunicationError)

  /// Sends the next `counts[k]` of `numbers` to rank k, whose `receivedCounts` at this rank says so; what
  /// comes goes into `received`, by rank.
  func allToAll<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, counts: [Int], into received: UnsafeMutableBufferPointer<Element>,
    receivedCounts: [Int], tag: Tag) throws(CommunicationError)

  /// Combines everybody's numbers element by element, along the tree by rank: the root's are the result, the
  /// others' are spoilt.
  func reduce<Element: Sendable>(
    numbers: UnsafeMutableBufferPointer<Element>, _ operation: Elementwise<Element>, to root: Int, tag: Tag)
    throws(CommunicationError)

  /// Combines everybody's numbers element by element, along the tree by rank, at every worker.
  func allReduce<Element: Sendable>(
    numbers: UnsafeMutableBufferPointer<Element>, _ operation: Elementwise<Element>, tag: Tag)
    throws(CommunicationError)

  /// Combines everybody's numbers element by element, along the tree by rank; rank k's part of the result
  /// goes into its `part`. `numbers` are spoilt.
  func reduceScatter<Element: Sendable>(
    numbers: UnsafeMutableBufferPointer<Element>, into part: UnsafeMutableBufferPointer<Element>,
    counts: [Int], _ operation: Elementwise<Element>, tag: Tag) throws(CommunicationError)
}

/// From whom a message is wanted.
public enum Source: Sendable, Hashable {
  /// From one worker.
  case rank(Int)
  /// From whoever comes first.
  case any
}

/// A value and who sent it.
public struct Received<Value: Sendable>: Sendable {
  /// What was sent.
  public let value: Value
  /// The sender's rank.
  public let source: Int

  /// A value from `source`.
  public init(_ value: Value, from source: Int) {
    self.value = value
    self.source = source
  }
}

/// An operation under way, to be waited for exactly once.
public struct Posted<Result>: Sendable {
  private let finish: @Sendable () throws(CommunicationError) -> Result

  /// An operation that `finish` completes.
  public init(_ finish: @escaping @Sendable () throws(CommunicationError) -> Result) {
    self.finish = finish
  }

  /// Returns when the operation is done.
  ///
  /// - Throws: what the operation throws.
  public func wait() throws(CommunicationError) -> Result { try finish() }
}

// MARK: - Shorter calls

extension Communicator {
  /// Waits for the next message with this tag from worker `source`.
  ///
  /// - Throws: what `receive(_:from:tag:)` throws.
  public func receive<Value: WireCodable>(_ type: Value.Type, from source: Int, tag: Tag)
    throws(CommunicationError) -> Value
  {
    try receive(type, from: .rank(source), tag: tag).value
  }
}
