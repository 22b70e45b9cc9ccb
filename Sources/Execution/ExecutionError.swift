// What can go wrong when tasks run on workers.

public import TesseraCommunication

/// A failure of a step.
public enum ExecutionError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A task threw. `message` is the first cause, at most 10,000 characters of it.
  case taskFailed(TaskFailure)
  /// A task or tile type that the registry does not know.
  case notRegistered(name: String)
  /// Workers cannot talk to each other any more.
  case communication(CommunicationError)
  /// A task that ended `count` workers, one after the other.
  case workersLost(task: String, tile: Int, count: Int, reason: String)
  /// An exchange task that sent a piece to a tile outside 0..<count.
  case noSuchTile(Int, count: Int)
  /// A configuration that cannot be run.
  case invalidConfiguration(String)
  /// The system has no threads left for the job's `count`.
  case threadsNotStarted(count: Int, reason: String)

  /// One line for a person.
  public var description: String {
    switch self {
    case .taskFailed(let failure): "task \(failure.task), tile \(failure.tile): \(failure.message)"
    case .notRegistered(let name): "'\(name)' is not in the task registry of this program"
    case .communication(let error): error.description
    case .workersLost(let task, let tile, let count, let reason):
      "task \(task), tile \(tile), has ended \(count) workers; the last cause: \(reason)"
    case .noSuchTile(let tile, let count): "a piece was sent to tile \(tile) of \(count)"
    case .invalidConfiguration(let message): message
    case .threadsNotStarted(let count, let reason):
      "the \(count) threads of the workers cannot be started: \(reason)"
    }
  }
}

/// Which task failed on which tile, and why.
public struct TaskFailure: Error, Equatable, WireCodable {
  /// The name of the task.
  public let task: String
  /// The number of the tile.
  public let tile: Int
  /// What the task threw, as text.
  public let message: String

  init(task: String, tile: Int, cause: any Error) {
    self.task = task
    self.tile = tile
    message = String("\(cause)".prefix(10_000))
  }

  init(task: String, tile: Int, message: String) {
    self.task = task
    self.tile = tile
    self.message = message
  }

  /// Writes the three fields.
  public func encode(to writer: inout WireWriter) {
    writer.write(task)
    writer.write(tile)
    writer.write(message)
  }

  /// Reads the three fields.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    task = try reader.readString()
    tile = try reader.readInt()
    message = try reader.readString()
  }

  /// The failure of the lower tile number, or the only one.
  static func first(_ a: TaskFailure?, _ b: TaskFailure?) -> TaskFailure? {
    guard let a, let b else { return a ?? b }
    return b.tile < a.tile ? b : a
  }
}
