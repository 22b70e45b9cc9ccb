// How the tiles of a collection are kept at the workers, when a worker's memory is limited.

public import TesseraCommunication

/// What becomes of a persisted collection's tiles when a worker has to make room.
public enum StorageLevel: Int, Sendable, CaseIterable, WireCodable {
  /// They stay in memory as long as anything else can make room. What must go then is computed again.
  case memory
  /// They go to a file on the worker's disk, and are read from there.
  case memoryThenDisk

  /// Writes the number of the level.
  public func encode(to writer: inout WireWriter) { writer.write(rawValue) }

  /// Reads the number of a level.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    guard let level = StorageLevel(rawValue: try reader.readInt()) else {
      throw .malformed(expected: "a level of storage")
    }
    self = level
  }
}
