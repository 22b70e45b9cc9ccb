// How long a silent peer is believed to live, and how much memory its messages may take.

/// The limits of a `SocketCommunicator`.
public struct SocketLimits: Sendable {
  /// After so long without a message to a peer, it is sent a heartbeat.
  public var heartbeatInterval: Duration = .seconds(1)
  /// A peer from which nothing has come for so long is lost.
  public var silenceLimit: Duration = .seconds(5)
  /// Bytes of one peer's messages that are kept while nobody asks for them. Beyond it the peer is not read
  /// from, and waits; unless somebody waits for a message of it.
  public var mostBytesKept = 64 << 20
  /// The longest message that is believed. Memory for it is taken as its bytes come.
  public var longestMessage = 1 << 40
  /// How long `finish` waits for the peers to notice that this worker has left, and `close` for them to take
  /// the reason.
  public var lingerLimit: Duration = .seconds(5)

  /// The limits above.
  public init() {}
}
