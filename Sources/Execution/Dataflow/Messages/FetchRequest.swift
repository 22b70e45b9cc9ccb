// Blocks on their way from the worker that holds them to who needs them.

import TesseraCommunication

/// A wish for blocks that another worker holds.
struct FetchRequest: WireCodable {
  let collection: Int
  let indices: [Int]
  /// The tile whose pieces are wanted; nil for one whole block.
  var target: Int?
  /// Whether the driver asks, who takes the blocks as reports.
  var isForDriver = false

  init(_ collection: Int, _ indices: [Int]) {
    self.collection = collection
    self.indices = indices
  }

  func encode(to writer: inout WireWriter) {
    writer.write(collection)
    indices.encode(to: &writer)
    target.encode(to: &writer)
    writer.write(isForDriver ? 1 : 0)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    collection = try reader.readInt()
    indices = try [Int](from: &reader)
    target = try Int?(from: &reader)
    isForDriver = try reader.readInt(in: 0...1, "a flag") == 1
  }
}

/// The beginning of the answer to a fetch request: whether what was asked for follows, a value whose type only
/// the asker knows.
enum Fetched: WireCodable {
  case found
  case missing(BlockID)

  func encode(to writer: inout WireWriter) {
    switch self {
    case .found: writer.write(0)
    case .missing(let block):
      writer.write(1)
      block.encode(to: &writer)
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    self =
      try reader.readInt(in: 0...1, "a flag") == 0 ? .found : .missing(try BlockID(from: &reader))
  }
}
