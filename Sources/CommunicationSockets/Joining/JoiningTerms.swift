// What both sides of a rendezvous agree on before they meet.

public import TesseraCommunication

/// The terms of joining a cluster over a network.
public struct JoiningTerms: Sendable {
  /// What everybody must know.
  public var secret: Secret
  /// The cluster's name.
  public var cluster: ClusterName
  /// What the program is.
  public var contract: ContractDigest
  /// Whether connections are encrypted. All must agree.
  public var usesTLS: Bool
  /// How long a driver waits for its workers, and a worker for its driver.
  public var patience: Duration
  /// How long a worker may take to meet the others once it knows them, beside what their number takes: one
  /// that has said nothing by then is given up.
  var meetingLimit = Duration.seconds(5)
  /// Told what is going on, a line at a time.
  public var note: @Sendable (String) -> Void

  /// The terms of a cluster.
  ///
  /// - Throws: `refused` for a name that is too long.
  public init(
    secret: Secret, cluster: String = "", contract: [String], usesTLS: Bool = false,
    patience: Duration = .seconds(30), note: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(CommunicationError) {
    self.secret = secret
    self.cluster = try ClusterName(cluster)
    self.contract = ContractDigest(of: contract)
    self.usesTLS = usesTLS
    self.patience = patience
    self.note = note
  }

  /// How long the driver waits for the word of each of `size` members that it has met the others.
  func meetingTime(of size: Int) -> Duration { meetingLimit + .milliseconds(20) * size }

  func tlsContext() throws(CommunicationError) -> TLSContext? { usesTLS ? try TLSContext(secret) : nil }
}
