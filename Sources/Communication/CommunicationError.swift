// What can go wrong between workers.

/// A failure of the message layer.
public enum CommunicationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The communicator was closed while, or before, an operation was under way.
  case closed(reason: String)
  /// The connection to one worker is broken: its process has ended, or has not been heard from in time. The
  /// other workers of the group can still be talked to.
  case lost(rank: Int, reason: String)
  /// A worker that was not let into the group, or a group that it could not reach.
  case refused(reason: String)
  /// More or fewer numbers than the receiver has room for.
  case wrongLength(expected: Int, found: Int)
  /// A message of another type than the receiver asked for.
  case unexpectedMessage(expected: String, found: String)
  /// Bytes that are not what their type says they are.
  case malformed(expected: String)
  /// A length above what is allowed or present.
  case tooLong(what: String, length: Int, limit: Int)
  /// A worker whose program knows other tasks than the driver's, or speaks another wire format.
  case differentProgram(rank: Int, lacks: [String], has: [String])
  /// A rank outside 0..<size.
  case noSuchRank(rank: Int, size: Int)

  /// One line for a person.
  public var description: String {
    switch self {
    case .closed(let reason): "the connection between workers is closed: \(reason)"
    case .lost(let rank, let reason): "worker \(rank) is lost: \(reason)"
    case .refused(let reason): "the workers could not be joined: \(reason)"
    case .wrongLength(let expected, let found):
      "a worker expected \(expected) numbers and received \(found)"
    case .unexpectedMessage(let expected, let found):
      "a worker expected a message of type \(expected) and received \(found)"
    case .malformed(let expected): "malformed message: expected \(expected)"
    case .tooLong(let what, let length, let limit):
      "malformed message: \(what) of length \(length), at most \(limit)"
    case .differentProgram(let rank, let lacks, let has):
      "worker \(rank) is another program than the driver: it lacks [\(lacks.joined(separator: ", "))] "
        + "and has [\(has.joined(separator: ", "))]"
    case .noSuchRank(let rank, let size): "there is no rank \(rank) among \(size)"
    }
  }
}

extension CommunicationError {
  /// The same, of bytes that are not what they should be with the worker that has sent them.
  package func blaming(_ rank: Int) -> CommunicationError {
    switch self {
    case .malformed(let expected): .malformed(expected: "\(expected), from worker \(rank)")
    case .tooLong(let what, let length, let limit):
      .tooLong(what: "\(what) from worker \(rank)", length: length, limit: limit)
    default: self
    }
  }
}
