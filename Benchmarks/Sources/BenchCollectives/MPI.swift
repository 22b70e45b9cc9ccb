// The MPI transport beside the same MPI calls from C, in one job: the ranks take ours and theirs in turn.

import ArgumentParser
import CReference
import Foundation
import Tessera
import TesseraCommunicationMPI

/// Starts jobs of `Ranks` and collects what they print.
func measureMPI(_ effort: Effort, ranks: [Int]) throws -> [Comparison] {
  guard let mpirun = mpirunPath else { return [] }
  return try ranks.flatMap { count in
    let output = try run(mpirun, mpirunArguments(ranks: count) + ["ranks"] + effort.arguments)
    return try JSONDecoder().decode([Comparison].self, from: output)
  }
}

/// One rank's part.
struct Ranks: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Be a rank of an MPI job.", shouldDisplay: false)

  @OptionGroup var effort: Effort

  func run() throws {
    // The command runs on the main thread, which has to start and to end MPI.
    let rows = try MainActor.assumeIsolated {
      let world = try MPICommunicator.start()
      let rows =
        try world.size == 2 ? compareMessages(world) + compareCollectives(world) : compareCollectives(world)
      try world.finish()
      return world.rank == 0 ? rows : nil
    }
    if let rows { print(String(decoding: try JSONEncoder().encode(rows), as: UTF8.self)) }
  }

  /// All ranks must repeat alike: rank 0 decides how often.
  private func compare(
    _ world: MPICommunicator, ours: (Int) throws -> Double, reference: (Int) -> Double
  ) throws -> (ours: Double, reference: Double) {
    _ = (try ours(3), reference(3))
    let once = try world.broadcast(world.rank == 0 ? max(Int(try ours(5) * 1e9), 1) : try ignoring(ours(5)))
    let repeats = max(1, min(Int(effort.seconds * 1e9) / once, 1_000_000))
    var (a, b): ([Double], [Double]) = ([], [])
    for _ in 0..<effort.rounds {
      a.append(try ours(repeats))
      b.append(reference(repeats))
    }
    return (median(a), median(b))
  }

  private func ignoring(_ value: Double) -> Int? { nil }

  private func compareMessages(_ world: MPICommunicator) throws -> [Comparison] {
    try [8, 64 << 10, effort.longBytes].map { bytes in
      let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: bytes / 8)
      buffer.initialize(repeating: 1)
      defer { buffer.deallocate() }
      let numbers = UnsafeBufferPointer(buffer)
      let times = try compare(
        world,
        ours: { repeats in
          _ = try world.broadcast(try world.reduce(0, tag: .status) { $0 + $1 })
          return try seconds(repeats) {
            if world.rank == 0 {
              try world.send(numbers: numbers, to: 1, tag: .tiles)
              _ = try world.receive(into: buffer, from: .rank(1), tag: .tiles)
            } else {
              _ = try world.receive(into: buffer, from: .rank(0), tag: .tiles)
              try world.send(numbers: numbers, to: 0, tag: .tiles)
            }
          } / 2
        },
        reference: { reference_mpi_one_way(buffer.baseAddress, Int32(buffer.count), Int32($0)) })
      return .times(
        "MPI, 2 ranks, \(bytes) bytes, one way", times, against: "MPI_Send, MPI_Recv", limit: .atMost(1.1))
    }
  }

  private func compareCollectives(_ world: MPICommunicator) throws -> [Comparison] { [] }
}
