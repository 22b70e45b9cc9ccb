// What the driver tells a worker, what workers ask each other, and what a worker tells the driver.

import TesseraCommunication

extension Tag {
  /// Tiles that the driver has, on their way to the worker that is told to hold them.
  static let placement = Tag(7)
  /// A task's arguments.
  static let arguments = Tag(8)
  /// Blocks that a worker's task has asked for.
  static let reply = Tag(9)
  /// Blocks that the driver has asked for.
  static let result = Tag(10)
  /// What workers tell the driver.
  static let report = Tag(11)
  /// Ledgers and events, on their way to the driver.
  static let accounts = Tag(12)
}

/// A message to a worker, from the driver or, to fetch a block, from another worker.
enum Command: WireCodable {
  /// What the blocks of a collection are made by. The arguments follow, from the same sender.
  case define(Definition)
  /// Tasks, in order. Tiles of collections that the driver has follow, in the order of their tasks.
  case run([Work])
  /// Tasks not to be begun any more.
  case cancel([BlockID])
  /// Blocks that nobody needs.
  case drop([BlockID])
  /// Collections that nobody can name any more.
  case forget([Int])
  /// Send these blocks, or a part of each.
  case fetch(FetchRequest)
  /// The program has ended.
  case stop
  /// Send the ledger.
  case ledger
  /// Send the events, if the driver is another process.
  case events

  func encode(to writer: inout WireWriter) {
    switch self {
    case .define(let definition):
      writer.write(0)
      definition.encode(to: &writer)
    case .run(let work):
      writer.write(1)
      work.encode(to: &writer)
    case .cancel(let blocks):
      writer.write(2)
      blocks.encode(to: &writer)
    case .drop(let blocks):
      writer.write(3)
      blocks.encode(to: &writer)
    case .forget(let collections):
      writer.write(4)
      collections.encode(to: &writer)
    case .fetch(let request):
      writer.write(5)
      request.encode(to: &writer)
    case .stop: writer.write(6)
    case .ledger: writer.write(7)
    case .events: writer.write(8)
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    switch try reader.readInt(in: 0...8, "a command") {
    case 0: self = .define(try Definition(from: &reader))
    case 1: self = .run(try [Work](from: &reader))
    case 2: self = .cancel(try [BlockID](from: &reader))
    case 3: self = .drop(try [BlockID](from: &reader))
    case 4: self = .forget(try [Int](from: &reader))
    case 5: self = .fetch(try FetchRequest(from: &reader))
    case 6: self = .stop
    case 7: self = .ledger
    default: self = .events
    }
  }
}

/// What a collection's blocks are made by.
struct Definition: WireCodable {
  /// The part of a task that makes the blocks.
  enum Role: Int { case map, split, merge, reduce }

  let collection: Int
  let role: Role
  /// The task.
  let name: String
  /// For `reduce`: the tiles, and the tiles of a node that is evaluated in one go.
  var tileCount = 0
  var span = 1
  /// For `split`: the tiles that pieces may go to.
  var targetCount = 0
  /// Workers to pass the definition and the arguments on to.
  var forward: [Int] = []

  init(_ collection: Int, _ role: Role, _ name: String) {
    self.collection = collection
    self.role = role
    self.name = name
  }

  func encode(to writer: inout WireWriter) {
    writer.write(collection)
    writer.write(role.rawValue)
    writer.write(name)
    writer.write(tileCount)
    writer.write(span)
    writer.write(targetCount)
    forward.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    collection = try reader.readInt()
    guard let role = Role(rawValue: try reader.readInt()) else { throw .malformed(expected: "a role") }
    self.role = role
    name = try reader.readString()
    tileCount = try reader.readInt(in: 0...Step.mostTiles, "a tile count")
    span = try reader.readInt(in: 1...(1 << 32), "a span")
    targetCount = try reader.readInt(in: 0...Step.mostTiles, "a tile count")
    forward = try [Int](from: &reader)
  }
}

/// One task: a block to make and where its inputs are.
struct Work: WireCodable, Equatable {
  let block: BlockID
  let attempt: Int
  /// For each input in order: the block, and who holds it.
  var inputs: [Input] = []
  /// For what an exchange puts together: who holds which blocks of the collection that was cut.
  var parts: [Parts] = []
  /// The type of the tile that the driver sends along; empty when the block is made by a task.
  var placedType = ""

  var isPlaced: Bool { !placedType.isEmpty }

  struct Input: WireCodable, Equatable {
    let block: BlockID
    let holder: Int

    init(_ block: BlockID, _ holder: Int) {
      self.block = block
      self.holder = holder
    }

    func encode(to writer: inout WireWriter) {
      block.encode(to: &writer)
      writer.write(holder)
    }

    init(from reader: inout WireReader) throws(CommunicationError) {
      block = try BlockID(from: &reader)
      holder = try reader.readInt()
    }
  }

  struct Parts: WireCodable, Equatable {
    let collection: Int
    let holder: Int
    var indices: [Int]

    init(_ collection: Int, _ holder: Int, _ indices: [Int]) {
      self.collection = collection
      self.holder = holder
      self.indices = indices
    }

    func encode(to writer: inout WireWriter) {
      writer.write(collection)
      writer.write(holder)
      indices.encode(to: &writer)
    }

    init(from reader: inout WireReader) throws(CommunicationError) {
      collection = try reader.readInt()
      holder = try reader.readInt()
      indices = try [Int](from: &reader)
    }
  }

  init(_ block: BlockID, attempt: Int) {
    self.block = block
    self.attempt = attempt
  }

  func encode(to writer: inout WireWriter) {
    block.encode(to: &writer)
    writer.write(attempt)
    inputs.encode(to: &writer)
    parts.encode(to: &writer)
    writer.write(placedType)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    block = try BlockID(from: &reader)
    attempt = try reader.readInt()
    inputs = try [Input](from: &reader)
    parts = try [Parts](from: &reader)
    placedType = try reader.readString()
  }
}

/// A wish for blocks that another worker holds.
struct FetchRequest: WireCodable {
  let collection: Int
  let indices: [Int]
  /// The tile whose pieces are wanted; nil for one whole block.
  var target: Int?
  /// Whether the driver itself asks, for a result.
  var isForResult = false

  init(_ collection: Int, _ indices: [Int]) {
    self.collection = collection
    self.indices = indices
  }

  func encode(to writer: inout WireWriter) {
    writer.write(collection)
    indices.encode(to: &writer)
    target.encode(to: &writer)
    writer.write(isForResult ? 1 : 0)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    collection = try reader.readInt()
    indices = try [Int](from: &reader)
    target = try Int?(from: &reader)
    isForResult = try reader.readInt(in: 0...1, "a flag") == 1
  }
}

/// The answer to a fetch request.
enum Fetched<Value: WireCodable>: WireCodable {
  case found(Value)
  case missing(BlockID)

  func encode(to writer: inout WireWriter) {
    switch self {
    case .found(let value):
      writer.write(0)
      value.encode(to: &writer)
    case .missing(let block):
      writer.write(1)
      block.encode(to: &writer)
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    self =
      try reader.readInt(in: 0...1, "a flag") == 0
      ? .found(try Value(from: &reader)) : .missing(try BlockID(from: &reader))
  }
}

/// What a worker tells the driver.
enum Report: WireCodable {
  /// A block is stored; its bytes, and the nanoseconds that making it took.
  case made(BlockID, attempt: Int, bytes: Int, duration: Int)
  /// The task threw.
  case failed(BlockID, attempt: Int, TaskFailure)
  /// An input was not where it was said to be.
  case missing(BlockID, attempt: Int, input: BlockID, holder: Int)
  /// Blocks that had to make room.
  case evicted([BlockID])
  /// The driver's own worker has ended: the last report.
  case stopped

  func encode(to writer: inout WireWriter) {
    switch self {
    case .made(let block, let attempt, let bytes, let duration):
      writer.write(0)
      block.encode(to: &writer)
      writer.write(attempt)
      writer.write(bytes)
      writer.write(duration)
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
    case .stopped: writer.write(4)
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    switch try reader.readInt(in: 0...4, "a report") {
    case 0:
      self = .made(
        try BlockID(from: &reader), attempt: try reader.readInt(),
        bytes: try reader.readInt(in: 0...Int.max, "a size"),
        duration: try reader.readInt(in: 0...Int.max, "a duration"))
    case 1:
      self = .failed(
        try BlockID(from: &reader), attempt: try reader.readInt(), try TaskFailure(from: &reader))
    case 2:
      self = .missing(
        try BlockID(from: &reader), attempt: try reader.readInt(), input: try BlockID(from: &reader),
        holder: try reader.readInt())
    case 3: self = .evicted(try [BlockID](from: &reader))
    default: self = .stopped
    }
  }
}
