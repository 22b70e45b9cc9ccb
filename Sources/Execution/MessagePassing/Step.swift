// What the driver tells every worker to do next.

import TesseraCommunication

/// One step of a job, the same for all workers.
struct Step: WireCodable {
  /// The most tiles that a collection can have: products with the number of workers stay far from overflow.
  static let mostTiles = Int(Int32.max)

  enum Verb: Int {
    case place, read, move, map, reduce, exchange, collect, keep, ledger, events, stop
  }

  var verb: Verb
  /// The task, or the tile type of `place`, `move` and `collect`.
  var name = ""
  /// The collections read.
  var inputs: [Int] = []
  /// The number of their tiles.
  var inputTiles = 0
  /// The collection made.
  var output = 0
  /// The number of its tiles.
  var outputTiles = 0
  /// The owners of its tiles where the step says them and they are not the contiguous rule's; else empty.
  var outputOwners: [Int] = []
  /// For `keep`: how the tiles of the collection read are to be kept.
  var level: StorageLevel?
  /// Collections that nobody holds any more.
  var released: [Int] = []

  /// The name under which the step is counted and recorded.
  var title: String { verb == .keep ? "keep" : "\(verb) \(name)" }

  init(_ verb: Verb, _ name: String = "") {
    self.verb = verb
    self.name = name
  }

  func encode(to writer: inout WireWriter) {
    writer.write(verb.rawValue)
    writer.write(name)
    inputs.encode(to: &writer)
    writer.write(inputTiles)
    writer.write(output)
    writer.write(outputTiles)
    outputOwners.encode(to: &writer)
    level.encode(to: &writer)
    released.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    guard let verb = Verb(rawValue: try reader.readInt()) else {
      throw .malformed(expected: "a verb")
    }
    self.verb = verb
    name = try reader.readString()
    inputs = try [Int](from: &reader)
    inputTiles = try reader.readInt(in: 0...Self.mostTiles, "a tile count")
    output = try reader.readInt()
    outputTiles = try reader.readInt(in: 0...Self.mostTiles, "a tile count")
    outputOwners = try [Int](from: &reader)
    guard outputOwners.isEmpty || outputOwners.count == outputTiles else {
      throw .malformed(expected: "\(outputTiles) owners, not \(outputOwners.count)")
    }
    level = try StorageLevel?(from: &reader)
    released = try [Int](from: &reader)
  }
}
