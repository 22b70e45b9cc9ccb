// A task by its name, with its arguments: what a worker needs to make the blocks of a collection.

import TesseraCommunication
import TesseraPartitioning

/// What a collection's blocks are made by.
struct Definition: WireCodable {
  /// The part of a task that makes the blocks.
  enum Role: Int { case place, read, map, split, merge, reduce }

  let collection: Int
  let role: Role
  /// The task, or the type of tiles that the driver has.
  let name: String
  /// The task's arguments.
  let arguments: SealedValue
  /// How the blocks are to be kept.
  var level: StorageLevel?
  /// For `reduce`: who owns which tile, and the most tiles of a node that is evaluated in one go.
  var ownership: Ownership?
  var span = 1
  /// For `split`: the tiles that pieces may go to.
  var targetCount = 0
  /// Workers to pass the definition and the arguments on to.
  var forward: [Int] = []

  init(_ collection: Int, _ role: Role, _ name: String, _ arguments: some WireCodable) {
    self.collection = collection
    self.role = role
    self.name = name
    self.arguments = SealedValue(arguments)
  }

  func encode(to writer: inout WireWriter) {
    writer.write(collection)
    writer.write(role.rawValue)
    writer.write(name)
    arguments.encode(to: &writer)
    level.encode(to: &writer)
    writer.write(ownership?.tileCount ?? 0)
    writer.write(ownership?.workerCount ?? 1)
    (ownership?.explicitOwners ?? []).encode(to: &writer)
    writer.write(span)
    writer.write(targetCount)
    forward.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    collection = try reader.readInt()
    guard let role = Role(rawValue: try reader.readInt()) else { throw .malformed(expected: "a role") }
    self.role = role
    name = try reader.readString()
    arguments = try SealedValue(from: &reader)
    level = try StorageLevel?(from: &reader)
    ownership = try Self.ownership(from: &reader)
    span = try reader.readInt(in: 1...(1 << 32), "a span")
    targetCount = try reader.readInt(in: 0...Step.mostTiles, "a tile count")
    forward = try [Int](from: &reader)
  }

  private static func ownership(from reader: inout WireReader) throws(CommunicationError) -> Ownership? {
    let tileCount = try reader.readInt(in: 0...Step.mostTiles, "a tile count")
    let workerCount = try reader.readInt(in: 1...Int(Int32.max), "a number of workers")
    let owners = try [Int](from: &reader)
    if tileCount == 0 { return nil }
    if owners.isEmpty { return Ownership(tileCount: tileCount, workerCount: workerCount) }
    guard owners.count == tileCount, owners.allSatisfy({ 0..<workerCount ~= $0 }) else {
      throw .malformed(expected: "owners of \(tileCount) tiles among \(workerCount) workers")
    }
    return Ownership(owners: owners, workerCount: workerCount)
  }
}
