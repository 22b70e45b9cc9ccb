// bench-limits: what this machine reaches, by plain C loops, OpenBLAS and plain system calls: the limits that
// every other benchmark stands beside. No Tessera in it.

import ArgumentParser
import BenchSupport
import CLimits
import CReference
import Foundation

@main
struct BenchLimits: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-limits", abstract: "Measure what this machine reaches: arithmetic, memory, messages.")

  @Option(help: "Rounds; medians count.") var rounds = 5
  @Option(help: "Order of the dense product.") var order = 4096
  @Option(help: "Megabytes of a stream and of a vector in memory.") var megabytes = 512
  @OptionGroup var output: OutputChoice
  @Flag(help: .hidden) var rank = false

  func validate() throws {
    guard rounds >= 1, order >= 1, 1...16384 ~= megabytes else { throw ValidationError("nothing to measure") }
    if !rank { try refuseMPIJob() }
  }

  func run() async throws {
    if rank { return try measureRank() }
    var report = BenchReport("bench-limits")
    arithmetic(&report)
    streams(&report)
    gathers(&report)
    try messages(&report)
    try report.print(output)
  }

  /// The median seconds of a call by each of `count` threads at once.
  private func together(_ count: Int, _ body: @Sendable (Int) -> Void) -> Double {
    medianSeconds(rounds) { onThreads(count, body) }
  }

  // MARK: arithmetic

  private func arithmetic(_ report: inout BenchReport) {
    let flops = 96_000_000
    for count in threadCounts {
      let sink = Sink(count)
      let time = together(count) { sink[$0] = limit_multiply_add(flops) }
      report.add(
        Row(
          "multiply-add in registers, double, \(threads(count))", seconds: time,
          rate: .giga(2 * Double(flops * count), in: time, "GFLOP/s")))
    }
    let n = order
    let a = (0..<n * n).map { Double($0 % 17) - 8 }
    var c = [Double](repeating: 0, count: n * n)
    for count in threadCounts {
      let time = medians(min(rounds, 3), 1) { _ in
        dgemmSeconds(order: n, a, a, into: &c, threadCount: count)
      }[0]
      report.add(
        Row(
          "dgemm of order \(n), \(threads(count))", seconds: time,
          rate: .giga(2 * pow(Double(n), 3), in: time, "GFLOP/s")))
    }
  }

  // MARK: memory

  private func streams(_ report: inout BenchReport) {
    let length = megabytes << 17
    let (a, b, c) = (Numbers(length), Numbers(length), Numbers(length))
    for count in threadCounts {
      let part = length / count
      let sink = Sink(count)
      let reading = together(count) { sink[$0] = limit_read(a.base + $0 * part, part) }
      report.add(
        Row(
          "read-only stream, \(threads(count))", seconds: reading,
          rate: .giga(8 * Double(part * count), in: reading, "GB/s")))
      let triad = together(count) {
        limit_triad(a.base + $0 * part, b.base + $0 * part, c.base + $0 * part, 0.5, part)
      }
      report.add(
        Row(
          "triad a = b + s c, \(threads(count))", seconds: triad,
          rate: .giga(24 * Double(part * count), in: triad, "GB/s")))
    }
  }

  private func gathers(_ report: inout BenchReport) {
    let loads = 8 << 20
    for (length, name) in [(38_000, "304 KB"), (megabytes << 17, "\(megabytes) MB")] {
      let x = Numbers(length)
      let index = UnsafeMutablePointer<UInt32>.allocate(capacity: loads)
      defer { index.deallocate() }
      // A multiplicative generator: cheap, and without a pattern that a prefetcher knows.
      var state: UInt64 = 88_172_645_463_325_252
      for k in 0..<loads {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        (index + k).initialize(to: UInt32((state >> 33) % UInt64(length)))
      }
      // Written above, by this thread; from here on all threads only read it.
      nonisolated(unsafe) let places = index
      for count in threadCounts {
        let part = loads / count
        let sink = Sink(count)
        let time = together(count) { sink[$0] = limit_gather(x.base, places + $0 * part, part) }
        report.add(
          Row(
            "random loads from \(name), \(threads(count))",
            rate: .init(time * 1e9 / Double(part * count), "ns a load")))
      }
    }
  }

  // MARK: messages

  private func messages(_ report: inout BenchReport) throws {
    let handOver = medians(rounds, 1) { _ in reference_thread_hand_over(5000) }[0]
    report.add(Row("hand a word to another thread: mutex and condition", seconds: handOver))
    for (name, connect) in [
      ("TCP over loopback", reference_tcp_pair), ("Unix-domain socket", reference_unix_pair),
    ] {
      for (bytes, repeats) in [(8, 2000), (64 << 20, 1)] {
        var ends: [Int32] = [-1, -1]
        guard connect(&ends) == 0 else {
          report.note("\(name): there is none")
          break
        }
        let time = roundTrip(ends, bytes: bytes, repeats: repeats)
        report.add(
          bytes == 8
            ? Row("\(name), blocking, 8 bytes one way", seconds: time / 2)
            : Row(
              "\(name), blocking, \(bytes >> 20) MiB", seconds: time,
              rate: .giga(Double(bytes), in: time, "GB/s")))
      }
    }
    guard let rows = try? ranks() else { return report.note("No mpirun, or it failed: MPI is not measured.") }
    for row in rows { report.add(row) }
  }

  /// There with `bytes` bytes and back with 8, the other end being another thread.
  private func roundTrip(_ ends: [Int32], bytes: Int, repeats: Int) -> Double {
    let (mine, theirs) = (Numbers(max(1, bytes / 8)), Numbers(max(1, bytes / 8)))
    let thread = Thread {
      theirs.base.withMemoryRebound(to: CChar.self, capacity: bytes) {
        reference_socket_echo(ends[1], $0, bytes, 8)
      }
    }
    thread.start()
    defer {
      close(ends[0])
      while thread.isExecuting { Thread.sleep(forTimeInterval: 0.001) }
      close(ends[1])
    }
    return mine.base.withMemoryRebound(to: CChar.self, capacity: bytes) { buffer in
      medians(rounds, 1) { _ in reference_socket_round_trip(ends[0], buffer, bytes, 8, Int32(repeats)) }[0]
    }
  }

  /// Two ranks of an MPI job.
  private func ranks() throws -> [Row] {
    let output = try BenchSupport.output(
      ofMPIJob: 2, ["--rank", "--rounds", "\(rounds)"])
    return try JSONDecoder().decode([Row].self, from: output)
  }

  private func measureRank() throws {
    let rank = limit_mpi_start()
    guard rank >= 0 else { throw ProcessFailure(command: "MPI_Init", status: rank) }
    let rows = [(8, 5000), (1 << 20, 200), (64 << 20, 3)].map { bytes, repeats in
      let buffer = Numbers(bytes / 8)
      let time = medians(rounds, 1) { _ in
        reference_mpi_one_way(buffer.base, Int32(bytes / 8), Int32(repeats))
      }[0]
      return bytes == 8
        ? Row("MPI, 8 bytes one way", seconds: time)
        : Row(
          "MPI, \(bytes >> 20) MiB one way", seconds: time, rate: .giga(Double(bytes), in: time, "GB/s"))
    }
    limit_mpi_finish()
    if rank == 0 { print(String(decoding: try JSONEncoder().encode(rows), as: UTF8.self)) }
  }
}
