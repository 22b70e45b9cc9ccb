// A worker's part in an exchange: it cuts its tiles, trades parcels with every other worker, and puts its new
// tiles together.

import TesseraCommunication
import TesseraPartitioning

extension Worker {
  /// Cuts this worker's tiles, trades pieces with every other worker and puts its new tiles together.
  /// Returns, at rank 0, the first failure of all workers.
  func exchange<Task: ExchangeTask>(_ task: Task.Type, _ arguments: Task.Arguments, _ step: Step)
    throws(CommunicationError) -> TaskFailure?
  {
    let owners = try outputOwnership(step)
    var outgoing = [[Parcel<Task.Piece>]](repeating: [], count: communicator.size)
    var failure: TaskFailure?
    for t in inputOwnership(step).tiles(of: communicator.rank) where failure == nil {
      do {
        let pieces = try measured(task.name + " split") {
          try task.split(arguments, try input(Task.Input.self, step, t), tile: t)
        }
        for (target, piece) in pieces {
          guard 0..<step.outputTiles ~= target else {
            throw ExecutionError.noSuchTile(target, count: step.outputTiles)
          }
          outgoing[owners.owner(of: target)].append(
            Parcel(source: t, target: target, piece: piece))
        }
      } catch {
        failure = TaskFailure(task: task.name, tile: t, cause: error)
      }
    }
    // Nobody merges after a failed cut: the pieces would not be complete.
    if let failed = try agree(on: failure) { return communicator.rank == 0 ? failed : nil }

    ownerships[step.output] = owners
    let incoming = try communicator.allToAll(outgoing, tag: .exchange).joined()
    var pieces: [Int: [Parcel<Task.Piece>]] = [:]
    for parcel in incoming { pieces[parcel.target, default: []].append(parcel) }
    for t in owners.tiles(of: communicator.rank) {
      do {
        let sorted = (pieces[t] ?? []).sorted { $0.source < $1.source }.map(\.piece)
        keep(
          try measured(task.name + " merge") { try task.merge(arguments, sorted, tile: t) }, as: t, of: step)
      } catch {
        failure = TaskFailure(task: task.name, tile: t, cause: error)
        break
      }
    }
    return try firstFailure(failure)
  }
}

/// A piece of a tile with the numbers of the tiles it comes from and goes to.
private struct Parcel<Piece: WireCodable>: WireCodable {
  let source: Int
  let target: Int
  let piece: Piece

  init(source: Int, target: Int, piece: Piece) {
    self.source = source
    self.target = target
    self.piece = piece
  }

  func encode(to writer: inout WireWriter) {
    writer.write(source)
    writer.write(target)
    piece.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    source = try reader.readInt()
    target = try reader.readInt()
    piece = try Piece(from: &reader)
  }
}
