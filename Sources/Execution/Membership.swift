// What a transport knows of its workers beyond their messages: how a lost one has ended, and who joins.

/// Told to a cluster by whoever has made the group of its workers, and told by it who comes and goes.
public struct Membership: Sendable {
  /// How the process of a lost worker has ended, in words; nil where that is not known. May take a moment.
  public let fate: @Sendable (_ rank: Int) -> String?
  /// Called once, when the job can take workers: with what to do for each that joins, once messages go from
  /// every worker to it and back.
  public let whenJoined: @Sendable (_ join: @escaping @Sendable (_ rank: Int) -> Void) -> Void
  /// Starts a worker when all but the driver's own are lost; its rank once messages go to it and back, nil when it
  /// has not come. Takes as long as a worker takes to start. Nil where nobody can be started.
  public let startAnother: (@Sendable () -> Int?)?
  /// Whether the workers of other processes have to have ended their last tasks before they are told to end: where none
  /// can end without the others.
  let endsTogether: Bool
  /// Told a line for a person when a worker is lost, leaves or joins, and when memory is so short that it costs time.
  public let tell: @Sendable (_ line: String) -> Void

  /// Of workers that are there from the beginning, of which nothing is known but that they are lost.
  public static let fixed = fixed { _ in }

  /// Of workers that are there from the beginning, with somebody to tell.
  public static func fixed(tell: @escaping @Sendable (_ line: String) -> Void) -> Membership {
    Membership(
      fate: { _ in nil }, whenJoined: { _ in }, startAnother: nil, endsTogether: true, tell: tell)
  }

  /// The knowledge of a transport whose workers come and go, and by default nobody to tell.
  public init(
    fate: @escaping @Sendable (_ rank: Int) -> String?,
    whenJoined: @escaping @Sendable (_ join: @escaping @Sendable (_ rank: Int) -> Void) -> Void,
    startAnother: (@Sendable () -> Int?)?,
    tell: @escaping @Sendable (_ line: String) -> Void = { _ in }
  ) {
    self.init(
      fate: fate, whenJoined: whenJoined, startAnother: startAnother, endsTogether: false, tell: tell)
  }

  private init(
    fate: @escaping @Sendable (_ rank: Int) -> String?,
    whenJoined: @escaping @Sendable (_ join: @escaping @Sendable (_ rank: Int) -> Void) -> Void,
    startAnother: (@Sendable () -> Int?)?, endsTogether: Bool,
    tell: @escaping @Sendable (_ line: String) -> Void
  ) {
    self.fate = fate
    self.whenJoined = whenJoined
    self.startAnother = startAnother
    self.endsTogether = endsTogether
    self.tell = tell
  }
}
