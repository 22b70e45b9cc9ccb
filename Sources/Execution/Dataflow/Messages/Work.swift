// One task of a worker.

import TesseraCommunication

/// One task: a block to make and where its inputs are.
struct Work: WireCodable {
  let block: BlockID
  let attempt: Int
  /// For each input in order: the block, and who holds it.
  var inputs: [Location] = []
  /// For what an exchange puts together: who holds which blocks of the collection that was cut.
  var parts: [Parts] = []
  /// The tile itself, of a collection that the driver has.
  var tile: SealedValue?
  /// Whether the driver wants the block, as soon as it is made.
  var isWanted = false
  var purpose = Purpose.first
  /// Whether inputs that others hold are to be kept here.
  var keepsInputs = false

  /// Why a task runs.
  enum Purpose: Int { case first, again, backup }

  struct Parts: WireCodable {
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
    tile.encode(to: &writer)
    writer.write(isWanted ? 1 : 0)
    writer.write(purpose.rawValue)
    writer.write(keepsInputs ? 1 : 0)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    block = try BlockID(from: &reader)
    attempt = try reader.readInt()
    inputs = try [Location](from: &reader)
    parts = try [Parts](from: &reader)
    tile = try SealedValue?(from: &reader)
    isWanted = try reader.readInt(in: 0...1, "a flag") == 1
    guard let purpose = Purpose(rawValue: try reader.readInt()) else {
      throw .malformed(expected: "the purpose of a task")
    }
    self.purpose = purpose
    keepsInputs = try reader.readInt(in: 0...1, "a flag") == 1
  }
}
