// One worker's end of a group whose members are joined by sockets, each to each.

public import TesseraCommunication

/// A communicator over links to every other worker.
public final class SocketCommunicator: Communicator {
  /// This worker's number.
  public let rank: Int
  /// The number of workers.
  public let size: Int

  /// A worker's end of a group; the links are the communicator's from now on.
  ///
  /// - Precondition: a link for each rank in 0..<size but `rank`.
  public init(rank: Int, size: Int, links: [Int: any Link], limits: SocketLimits = SocketLimits()) {
    precondition(0..<size ~= rank && links.count == size - 1 && links[rank] == nil)
    self.rank = rank
    self.size = size
  }

  /// Called once for each peer that is lost, from a thread of the communicator's or one that is inside a call,
  /// as soon as it is noticed, also while this worker computes. A handler set later hears of those lost before.
  public var onLost: (@Sendable (_ rank: Int, _ reason: String) -> Void)? {
    get { nil }
    set {}
  }

  /// Why communication has ended, for this worker and its peers; nil while it goes on.
  public var closedReason: String? { nil }

  /// Not yet.
  public func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError)
  { throw .closed(reason: "not there yet") }

  /// Not yet.
  public func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Received<Value>
  { throw .closed(reason: "not there yet") }

  /// Tells every peer that communication ends, and why; pending and later calls throw `closed`, here and there.
  public func close(reason: String) {}

  /// Ends this worker's part in good order: waits until what was posted is on its way, takes leave of the
  /// peers and closes the links. Later calls throw `closed`. Done by `deinit` otherwise.
  public func finish() {}
}
