// The socket transport beside plain blocking TCP, and its all-reduce beside Open MPI's over TCP.

import ArgumentParser
import BenchSupport
import CReference
import Foundation
import Tessera
import TesseraCommunicationMPI

/// Latency and bandwidth between two processes.
func measureSockets(_ effort: Effort) throws -> [Comparison] {
  var rows: [Comparison] = []
  for kind in SocketKind.allCases {
    let group = try PeerGroup(size: 2, kind)
    let latency = try besideBlockingTCP(bytes: 8, effort) {
      try group.roundTrip(bytes: 8, answer: 8, repeats: $0)
    }
    let name = "\(kind.rawValue) sockets, "
    rows.append(
      .times(
        name + "8 bytes, one way", (latency.ours / 2, latency.reference / 2), against: "blocking TCP",
        limit: .atMost(1.5)))
    let bytes = effort.bandwidthBytes
    let bandwidth = try besideBlockingTCP(bytes: bytes, effort) {
      try group.roundTrip(bytes: bytes, answer: 8, repeats: $0)
    }
    rows.append(
      .rates(
        name + "\(bytes) bytes", bandwidth, bytes: bytes, against: "blocking TCP", limit: .atLeast(0.9)))
    // The plain socket's peer has its memory; a matrix gets memory of its own at each end of its way.
    for bytes in [effort.longBytes, bytes] {
      let matrix = try besideBlockingTCP(bytes: bytes, effort) {
        try group.matrixRoundTrip(bytes: bytes, repeats: $0)
      }
      rows.append(
        .rates(name + "matrix of \(bytes) bytes", matrix, bytes: bytes, against: "blocking TCP"))
    }
    try group.stop()
  }
  return rows
}

/// Round trips of `bytes` bytes there and 8 back, ours and over a plain TCP socket.
private func besideBlockingTCP(bytes: Int, _ effort: Effort, ours: (_ repeats: Int) throws -> Double) throws
  -> (ours: Double, reference: Double)
{
  let (mine, theirs) = try SocketKind.tcp.pair()
  let process = try startPeer(["raw-peer", "\(theirs)", "\(bytes)", "8"], keeping: [theirs])
  close(theirs)
  let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: bytes)
  buffer.initialize(repeating: 1, count: bytes)
  defer {
    close(mine)
    var status: Int32 = 0
    waitpid(process, &status, 0)
    buffer.deallocate()
  }
  return try medians(
    effort, ours: ours,
    reference: { reference_socket_round_trip(mine, buffer, bytes, 8, Int32($0)) })
}

/// All-reduce over sockets, beside an MPI job that may use nothing else.
func measureAllReduce(_ effort: Effort, ranks: [Int]) throws -> [Comparison] {
  guard let mpirun = mpirunPath else { return [] }
  let cases = ranks.flatMap { size in SocketKind.allCases.map { (size, $0) } }
  return try cases.map { size, kind in
    let group = try PeerGroup(size: size, kind)
    defer { try? group.stop() }
    let count = effort.longBytes / 8
    let once = try group.allReduce(count: count, repeats: 3)
    let repeats = max(3, Int(effort.seconds / once))
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<max(3, effort.rounds / 3) {
      ours.append(try group.allReduce(count: count, repeats: repeats))
      let output = try run(
        mpirun,
        mpirunArguments(ranks: size, ["--mca", "btl", "tcp,self"])
          + ["all-reduce-rank", "\(count)", "\(repeats)"])
      guard
        let time = Double(
          String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
      else { throw ProcessFailure(command: mpirun, status: 0) }
      theirs.append(time)
    }
    return .times(
      "\(kind.rawValue) sockets, all-reduce \(effort.longBytes) bytes, \(size) ranks",
      (median(ours), median(theirs)),
      against: "Open MPI over TCP", limit: .atMost(1.2))
  }
}

/// A rank of the reference's all-reduce.
struct AllReduceRank: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "all-reduce-rank", abstract: "Be a rank of an all-reduce.", shouldDisplay: false)

  @Argument var count: Int
  @Argument var repeats: Int

  func run() async throws {
    let time = try await MainActor.run { () throws -> Double? in
      let world = try MPICommunicator.start()
      let numbers = [Double](repeating: 0.5, count: count)
      var sum = numbers
      _ = reference_mpi_all_reduce(numbers, &sum, Int32(count), 3)
      let time = reference_mpi_all_reduce(numbers, &sum, Int32(count), Int32(repeats))
      try world.finish()
      return world.rank == 0 ? time : nil
    }
    if let time { print(time) }
  }
}
