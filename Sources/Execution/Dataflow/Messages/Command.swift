// What the driver tells a worker, and what workers ask each other.

import TesseraCommunication

extension Tag {
  /// Blocks that a worker's task has asked for.
  static let reply = Tag(9)
  /// What workers tell the driver.
  static let report = Tag(11)
  /// Ledgers and events, on their way to the driver.
  static let accounts = Tag(12)
}

/// A message to a worker, from the driver or, to fetch a block, from another worker.
enum Command: WireCodable {
  /// All that a stage has for the worker.
  case run(Batch)
  /// What the blocks of a collection are made by, where that comes before the tasks: long arguments go from
  /// worker to worker.
  case define(Definition)
  /// Tasks not to be begun any more.
  case cancel([BlockID])
  /// Blocks that nobody needs.
  case drop([BlockID])
  /// Collections that nobody can name any more.
  case forget([Int])
  /// How the blocks of a collection are to be kept.
  case keep(Int, StorageLevel?)
  /// Send these blocks, or a part of each.
  case fetch(FetchRequest)
  /// Report what has not been reported yet.
  case report
  /// The program has ended: begin no more tasks, and tell when the last has ended.
  case finish
  /// Nobody's tasks ask for anything any more.
  case stop
  /// Send the ledger.
  case ledger
  /// Send the events, if the driver is another process.
  case events

  func encode(to writer: inout WireWriter) {
    switch self {
    case .run(let batch):
      writer.write(0)
      batch.encode(to: &writer)
    case .define(let definition):
      writer.write(1)
      definition.encode(to: &writer)
    case .cancel(let blocks):
      writer.write(2)
      blocks.encode(to: &writer)
    case .drop(let blocks):
      writer.write(3)
      blocks.encode(to: &writer)
    case .forget(let collections):
      writer.write(4)
      collections.encode(to: &writer)
    case .keep(let collection, let level):
      writer.write(5)
      writer.write(collection)
      level.encode(to: &writer)
    case .fetch(let request):
      writer.write(6)
      request.encode(to: &writer)
    case .report: writer.write(7)
    case .stop: writer.write(8)
    case .ledger: writer.write(9)
    case .events: writer.write(10)
    case .finish: writer.write(11)
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    switch try reader.readInt(in: 0...11, "a command") {
    case 0: self = .run(try Batch(from: &reader))
    case 1: self = .define(try Definition(from: &reader))
    case 2: self = .cancel(try [BlockID](from: &reader))
    case 3: self = .drop(try [BlockID](from: &reader))
    case 4: self = .forget(try [Int](from: &reader))
    case 5: self = .keep(try reader.readInt(), try StorageLevel?(from: &reader))
    case 6: self = .fetch(try FetchRequest(from: &reader))
    case 7: self = .report
    case 8: self = .stop
    case 9: self = .ledger
    case 10: self = .events
    default: self = .finish
    }
  }
}

/// What a worker is to do next.
struct Batch: WireCodable {
  /// Collections that nobody can name any more.
  var forgotten: [Int] = []
  /// What the blocks of collections that are new to the worker are made by.
  var definitions: [Definition] = []
  /// Tasks, in order.
  var work: [Work] = []

  init() {}

  func encode(to writer: inout WireWriter) {
    forgotten.encode(to: &writer)
    definitions.encode(to: &writer)
    work.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    forgotten = try [Int](from: &reader)
    definitions = try [Definition](from: &reader)
    work = try [Work](from: &reader)
  }
}
