// The MPI transport beside the same MPI calls from C, in one job: the ranks take ours and theirs in turn.

import ArgumentParser
import BenchSupport
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
struct Ranks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Be a rank of an MPI job.", shouldDisplay: false)

  @OptionGroup var effort: Effort

  func run() async throws {
    guard let rows = try await measureJob(effort) else { return }
    print(String(decoding: try JSONEncoder().encode(rows), as: UTF8.self))
  }
}

/// Measures the job of which this process is a rank, as all of its ranks must.
///
/// - Returns: what came of it, on the first rank.
func measureJob(_ effort: Effort) async throws -> [Comparison]? {
  // The main thread has to start and to end MPI.
  try await MainActor.run {
    let world = try MPICommunicator.start()
    let job = Job(effort: effort)
    let rows = try job.compareMessages(world) + job.compareCollectives(world)
    try world.finish()
    return world.rank == 0 ? rows : nil
  }
}

/// What the ranks of a job do together.
private struct Job {
  let effort: Effort

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

  func compareMessages(_ world: MPICommunicator) throws -> [Comparison] {
    guard world.size == 2 else { return [] }
    return try [8, 64 << 10, effort.longBytes].map { bytes in
      let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: bytes / 8)
      buffer.initialize(repeating: 1)
      defer { buffer.deallocate() }
      let numbers = UnsafeBufferPointer(buffer)
      let times = try compare(
        world,
        ours: { repeats in
          try world.barrier()
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

  func compareCollectives(_ world: MPICommunicator) throws -> [Comparison] {
    let prefix = "MPI, \(world.size) ranks, "
    func row(
      _ name: String, _ reference: String, limit: Comparison.Limit? = .atMost(1.1),
      ours: () throws -> Void, theirs: (Int) -> Double
    ) throws -> Comparison {
      let times = try compare(
        world,
        ours: { repeats in
          try world.barrier()
          return try seconds(1) {
            for _ in 0..<repeats { try ours() }
            try world.barrier()
          } / Double(repeats)
        },
        reference: theirs)
      return .times(prefix + name, times, against: reference, limit: limit)
    }
    var rows = [
      try row("barrier", "MPI_Barrier", ours: { try world.barrier() }) { reference_mpi_barrier(Int32($0)) }
    ]
    for bytes in [8, 64 << 10, effort.longBytes] {
      let count = bytes / 8
      let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
      let all = UnsafeMutableBufferPointer<Double>.allocate(capacity: count * world.size)
      buffer.initialize(repeating: 1)
      all.initialize(repeating: 0)
      defer {
        buffer.deallocate()
        all.deallocate()
      }
      let counts = [Int](repeating: count, count: world.size)
      let (base, target) = (buffer.baseAddress, all.baseAddress)
      rows.append(
        try row(
          "broadcast \(bytes) bytes", "MPI_Bcast",
          ours: { try world.broadcast(numbers: buffer, from: 0, tag: .collective) }
        ) { reference_mpi_broadcast(base, Int32(count), Int32($0)) })
      rows.append(
        try row(
          "all-gather \(bytes) bytes each", "MPI_Allgather",
          ours: {
            try world.allGather(
              numbers: UnsafeBufferPointer(buffer), into: all, counts: counts, tag: .collective)
          }
        ) { reference_mpi_all_gather(base, target, Int32(count), Int32($0)) })
      rows.append(
        try row(
          "all-reduce \(bytes) bytes", "MPI_Allreduce", limit: nil,
          ours: { try world.allReduce(numbers: buffer, .sum, tag: .collective) }
        ) { reference_mpi_all_reduce(base, target, Int32(count), Int32($0)) })
    }
    return rows
  }
}
