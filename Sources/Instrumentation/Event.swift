// What happened, where, when and for how long: the one type that every layer emits and every rendering
// (summary table, trace, progress, ledger) consumes.

/// Something that a worker did between two moments.
public struct Event: Sendable, Hashable {
  /// What kind of thing happened, with what is particular to the kind.
  public enum Kind: Sendable, Hashable {
    /// An operation of the driver program; tasks, transfers and waits happen during it.
    case step
    /// A task on tiles.
    case task
    /// A task that runs again, because its result is lost, has been forgotten, or never came.
    case recompute
    /// A task that another worker takes too long for.
    case backup
    /// A message sent or received.
    case transfer(Transfer)
    /// Time spent waiting for somebody else.
    case wait
  }

  /// A kind without its particulars, in the order in which renderings list them.
  public enum Category: String, Sendable, Hashable, CaseIterable {
    case step, task, recompute, backup, transfer, wait
  }

  /// What kind of thing happened.
  public var kind: Kind
  /// The name of the operation, task or message; events of one name are summed up together.
  public var name: String
  /// The rank of the worker it happened on.
  public var worker: Int
  /// When it began, in nanoseconds of `MonotonicClock`.
  public var start: Int
  /// How long it took, in nanoseconds.
  public var duration: Int

  /// Floating-point operations that were counted meanwhile; 0 of what is no task.
  public var flops: Int

  /// When it ended, in nanoseconds of `MonotonicClock`.
  public var end: Int { start + duration }

  /// An event of the given kind.
  ///
  /// - Precondition: neither `worker` nor `duration` nor `flops` is negative.
  public init(_ kind: Kind, _ name: String, worker: Int, start: Int, duration: Int, flops: Int = 0) {
    precondition(
      worker >= 0 && duration >= 0 && flops >= 0, "worker \(worker), duration \(duration), flops \(flops)")
    self.kind = kind
    self.name = name
    self.worker = worker
    self.start = start
    self.duration = duration
    self.flops = flops
  }
}

/// A message between two workers, as one of them counted it.
public struct Transfer: Sendable, Hashable {
  /// Which end counted.
  public enum Direction: String, Sendable, Hashable {
    case sent, received
  }

  /// Which end counted.
  public var direction: Direction
  /// The rank at the other end.
  public var peer: Int
  /// Matrix and vector elements in the message.
  public var words: Int
  /// Bytes of those elements and their indices.
  public var payloadBytes: Int
  /// Bytes of everything else: lengths, names, shapes.
  public var headerBytes: Int

  /// Payload and header together.
  public var bytes: Int { payloadBytes + headerBytes }

  /// A message to or from `peer`.
  public init(_ direction: Direction, peer: Int, words: Int, payloadBytes: Int, headerBytes: Int) {
    self.direction = direction
    self.peer = peer
    self.words = words
    self.payloadBytes = payloadBytes
    self.headerBytes = headerBytes
  }
}

extension Event.Kind {
  /// Whether a task ran, for the first time or again.
  public var isTask: Bool {
    switch self {
    case .task, .recompute, .backup: true
    case .step, .transfer, .wait: false
    }
  }

  /// The kind without its particulars.
  public var category: Event.Category {
    switch self {
    case .step: .step
    case .task: .task
    case .recompute: .recompute
    case .backup: .backup
    case .transfer: .transfer
    case .wait: .wait
    }
  }
}
