// What a worker tells the driver. Reports travel in lists: those of tasks that are done in no time are sent
// together. Bytes that are no reports are the fault of the one worker that has sent them, and say nothing of the others.

import TesseraCommunication

/// One thing that a worker tells the driver.
enum Report: WireCodable {
  /// A block is stored; its bytes, the nanoseconds that making it took, and itself if it is wanted.
  case made(BlockID, attempt: Int, bytes: Int, duration: Int, SealedValue?)
  /// The task threw.
  case failed(BlockID, attempt: Int, TaskFailure)
  /// An input was not where it was said to be.
  case missing(BlockID, attempt: Int, input: BlockID, holder: Int)
  /// Blocks that had to make room.
  case evicted([BlockID])
  /// A block that the driver has asked for; nil when it is not here.
  case fetched(BlockID, SealedValue?)
  /// An input that others hold is here as well.
  case copied(BlockID)
  /// The blocks that have been made again or read from disk are several times those placed here: bytes that may
  /// be in memory, and bytes placed.
  case strained(limit: Int, placed: Int)
  /// The worker's last task has ended: it asks nobody for anything any more.
  case finished
  /// The driver's own worker has ended: the last report.
  case stopped
  /// The worker takes leave before the job is done: its process has been told to end.
  case leaving

  /// Whether nothing comes after it from anyone.
  var isLast: Bool { if case .stopped = self { true } else { false } }

  func encode(to writer: inout WireWriter) {
    switch self {
    case .made(let block, let attempt, let bytes, let duration, let value):
      writer.write(0)
      block.encode(to: &writer)
      writer.write(attempt)
      writer.write(bytes)
      writer.write(duration)
      value.encode(to: &writer)
    case .failed(let block, let attempt, let failure):
      writer.write(1)
      block.encode(to: &writer)
      writer.write(attempt)
      failure.encode(to: &writer)
    case .missing(let block, let attempt, let input, let holder):
      writer.write(2)
      block.encode(to: &writer)
      writer.write(attempt)
      input.encode(to: &writer)
      writer.write(holder)
    case .evicted(let blocks):
      writer.write(3)
      blocks.encode(to: &writer)
    case .fetched(let block, let value):
      writer.write(4)
      block.encode(to: &writer)
      value.encode(to: &writer)
    case .stopped: writer.write(5)
    case .leaving: writer.write(6)
    case .copied(let block):
      writer.write(7)
      block.encode(to: &writer)
    case .strained(let limit, let placed):
      writer.write(8)
      writer.write(limit)
      writer.write(placed)
    case .finished: writer.write(9)
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    switch try reader.readInt(in: 0...9, "a report") {
    case 0:
      self = .made(
        try BlockID(from: &reader), attempt: try reader.readInt(),
        bytes: try Self.size(&reader),
        duration: try reader.readInt(in: 0...(1 << 60), "a duration"), try SealedValue?(from: &reader))
    case 1:
      self = .failed(
        try BlockID(from: &reader), attempt: try reader.readInt(), try TaskFailure(from: &reader))
    case 2:
      self = .missing(
        try BlockID(from: &reader), attempt: try reader.readInt(), input: try BlockID(from: &reader),
        holder: try reader.readInt())
    case 3: self = .evicted(try [BlockID](from: &reader))
    case 4: self = .fetched(try BlockID(from: &reader), try SealedValue?(from: &reader))
    case 5: self = .stopped
    case 6: self = .leaving
    case 7: self = .copied(try BlockID(from: &reader))
    case 8: self = .strained(limit: try Self.size(&reader), placed: try Self.size(&reader))
    default: self = .finished
    }
  }

  /// A number of bytes.
  private static func size(_ reader: inout WireReader) throws(CommunicationError) -> Int {
    try reader.readInt(in: 0...(1 << 52), "a size")
  }
}

/// The reports that one worker sends together.
struct ReportMessage: WireCodable {
  /// The reports, or what is wrong with the bytes that came.
  let content: Result<[Report], CommunicationError>

  init(_ reports: [Report]) { content = .success(reports) }

  func encode(to writer: inout WireWriter) {
    if case .success(let reports) = content { reports.encode(to: &writer) }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    do throws(CommunicationError) {
      let reports = try [Report](from: &reader)
      guard reader.remaining == 0 else { throw .malformed(expected: "the end of the reports") }
      content = .success(reports)
    } catch {
      switch error {
      case .malformed, .tooLong: content = .failure(error)
      default: throw error
      }
      _ = try reader.readRest()
    }
  }
}
