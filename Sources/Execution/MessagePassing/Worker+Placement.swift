// A worker's part in bringing tiles to their owners, to other owners, and back to the driver. One message per
// tile that moves.

import TesseraCommunication
import TesseraPartitioning

extension Worker {
  /// Stores this worker's tiles; rank 0 passes all of them and sends the others theirs.
  func place<Element: Tile>(_ tiles: [Element]?, _ step: Step) throws(CommunicationError) {
    let ownership = try outputOwnership(step)
    ownerships[step.output] = ownership
    if let tiles {
      for (t, tile) in tiles.enumerated() {
        let owner = ownership.owner(of: t)
        if owner == communicator.rank {
          keep(tile, as: t, of: step)
        } else {
          try communicator.send(tile, to: owner, tag: .tiles)
        }
      }
    } else {
      for t in ownership.tiles(of: communicator.rank) {
        keep(try communicator.receive(Element.self, from: 0, tag: .tiles), as: t, of: step)
      }
    }
  }

  /// Sends this worker's tiles to their new owners and takes those that are to be its own.
  func move<Element: Tile>(_ type: Element.Type, _ step: Step) throws(CommunicationError) {
    guard let collection = step.inputs.first else { throw .malformed(expected: "a collection") }
    let (old, new) = (inputOwnership(step), try outputOwnership(step))
    guard old.tileCount == new.tileCount else {
      throw .malformed(expected: "owners of \(old.tileCount) tiles, not \(new.tileCount)")
    }
    ownerships[step.output] = new
    var posted: [Posted<Void>] = []
    for t in old.tiles(of: communicator.rank) {
      guard let tile = store.block(BlockID(collection, t)) as? Element else {
        throw .malformed(expected: "tile \(t) of collection \(collection)")
      }
      let owner = new.owner(of: t)
      if owner == communicator.rank {
        keep(tile, as: t, of: step)
      } else {
        posted.append(try communicator.postSend(tile, to: owner, tag: .tiles))
      }
    }
    for t in new.tiles(of: communicator.rank) where old.owner(of: t) != communicator.rank {
      keep(
        try communicator.receive(Element.self, from: old.owner(of: t), tag: .tiles), as: t, of: step)
    }
    for send in posted { try send.wait() }
  }

  /// Sends this worker's tiles to rank 0, which returns all of them in order; nil elsewhere.
  func collect<Element: Tile>(_ type: Element.Type, _ step: Step) throws(CommunicationError)
    -> [Element]?
  {
    guard let collection = step.inputs.first else { throw .malformed(expected: "a collection") }
    let ownership = inputOwnership(step)
    var all: [Element] = []
    for t in 0..<step.inputTiles {
      let owner = ownership.owner(of: t)
      if owner == communicator.rank {
        guard let tile = store.block(BlockID(collection, t)) as? Element else {
          throw .malformed(expected: "tile \(t) of collection \(collection)")
        }
        if communicator.rank == 0 {
          all.append(tile)
        } else {
          try communicator.send(tile, to: 0, tag: .tiles)
        }
      } else if communicator.rank == 0 {
        all.append(try communicator.receive(Element.self, from: owner, tag: .tiles))
      }
    }
    return communicator.rank == 0 ? all : nil
  }
}
