// Processes that are joined to this one by sockets, as a user's workers are, but started and wired by hand.

import ArgumentParser
import BenchSupport
import CReference
import Glibc
import Tessera
import TesseraCommunicationSockets

/// Kinds of sockets between two processes of one machine.
enum SocketKind: String, CaseIterable, ExpressibleByArgument {
  case tcp, unix

  /// A connected pair.
  func pair() throws -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    guard (self == .tcp ? reference_tcp_pair(&ends) : reference_unix_pair(&ends)) == 0 else {
      throw ProcessFailure(command: "a pair of \(rawValue) sockets", status: errno)
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// The transport's end: TCP's checksum has 16 bits, so that the transport adds its own.
  func link(_ descriptor: Int32) -> PlainLink {
    PlainLink(descriptor: descriptor, isChecksummed: self == .tcp)
  }
}

/// Starts this binary with the given descriptors left open.
func startPeer(_ arguments: [String], keeping descriptors: [Int32]) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  // A descriptor that is duplicated onto itself stays open.
  for descriptor in descriptors { posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor) }
  let words = ["bench-collectives"] + arguments
  var pointers = words.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  var process = pid_t()
  let status = posix_spawn(&process, "/proc/self/exe", &actions, nil, &pointers, environ)
  guard status == 0 else { throw ProcessFailure(command: "bench-collectives", status: status) }
  return process
}

/// What rank 0 asks of its peers.
enum Order {
  static let stop = 0
  static let echo = 1
  static let allReduce = 2
  static let echoMatrix = 3
}

/// A group of processes joined by sockets, of which this one is rank 0.
final class PeerGroup {
  let communicator: SocketCommunicator
  private var processes: [pid_t] = []

  init(size: Int, _ kind: SocketKind) throws {
    var ends: [[Int: Int32]] = Array(repeating: [:], count: size)
    for low in 0..<size {
      for high in low + 1..<size {
        let pair = try kind.pair()
        ends[low][high] = pair.0
        ends[high][low] = pair.1
      }
    }
    for rank in 1..<size {
      let mine = ends[rank].sorted { $0.key < $1.key }.map(\.value)
      processes.append(
        try startPeer(
          ["peer", "\(rank)", "\(size)", kind.rawValue] + mine.map { "\($0)" }, keeping: mine))
    }
    for rank in 1..<size { for end in ends[rank].values { close(end) } }
    communicator = SocketCommunicator(rank: 0, size: size, links: ends[0].mapValues { kind.link($0) })
  }

  /// Asks everybody for something.
  func order(_ words: [Int]) throws {
    for rank in 1..<communicator.size { try communicator.send(words, to: rank, tag: .control) }
  }

  /// Sends `bytes` bytes to rank 1 and waits for `answer` bytes: the seconds of one of `repeats` round trips.
  func roundTrip(bytes: Int, answer: Int, repeats: Int) throws -> Double {
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes, answer))
    buffer.initialize(repeating: 1)
    defer { buffer.deallocate() }
    let sent = UnsafeBufferPointer(rebasing: buffer[..<bytes])
    let place = UnsafeMutableBufferPointer(rebasing: buffer[..<answer])
    try order([Order.echo, bytes, answer, repeats])
    // The peer has its memory.
    try communicator.barrier()
    return try seconds(repeats) {
      try communicator.send(numbers: sent, to: 1, tag: .tiles)
      _ = try communicator.receive(into: place, from: .rank(1), tag: .tiles)
    }
  }

  /// Sends a matrix of `bytes` bytes to rank 1, which makes it its own, and waits for a word: the seconds of
  /// one of `repeats` round trips.
  func matrixRoundTrip(bytes: Int, repeats: Int) throws -> Double {
    let matrix = DenseMatrix<Double>(rows: bytes / 8 / 1024, columns: 1024) { _, _ in 1 }
    try order([Order.echoMatrix, repeats])
    return try seconds(repeats) {
      try communicator.send(matrix, to: 1, tag: .tiles)
      _ = try communicator.receive(Int.self, from: 1, tag: .tiles)
    }
  }

  /// The seconds of one of `repeats` sums of `count` doubles.
  func allReduce(count: Int, repeats: Int) throws -> Double {
    try order([Order.allReduce, count, repeats])
    return try timeAllReduce(communicator, count: count, repeats: repeats)
  }

  /// Sends everybody home.
  func stop() throws {
    try order([Order.stop])
    communicator.finish()
    for process in processes {
      var status: Int32 = 0
      waitpid(process, &status, 0)
    }
  }
}

private func timeAllReduce(_ communicator: any Communicator, count: Int, repeats: Int) throws -> Double {
  let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
  buffer.initialize(repeating: 0.5)
  defer { buffer.deallocate() }
  try communicator.barrier()
  return try seconds(1) {
    for _ in 0..<repeats { try communicator.allReduce(numbers: buffer, .sum, tag: .collective) }
    try communicator.barrier()
  } / Double(repeats)
}

/// Another rank of a `PeerGroup`.
struct Peer: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Be a process at the end of a socket.", shouldDisplay: false)

  @Argument var rank: Int
  @Argument var size: Int
  @Argument var kind: SocketKind
  @Argument var descriptors: [Int32]

  func run() throws {
    let others = (0..<size).filter { $0 != rank }
    let links = Dictionary(uniqueKeysWithValues: zip(others, descriptors.map { kind.link($0) }))
    let communicator = SocketCommunicator(rank: rank, size: size, links: links)
    defer { communicator.finish() }
    while true {
      let words = try communicator.receive([Int].self, from: 0, tag: .control)
      switch words[0] {
      case Order.echo:
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(words[1], words[2]))
        buffer.initialize(repeating: 2)
        defer { buffer.deallocate() }
        try communicator.barrier()
        for _ in 0..<words[3] {
          _ = try communicator.receive(
            into: UnsafeMutableBufferPointer(rebasing: buffer[..<words[1]]), from: .rank(0), tag: .tiles)
          try communicator.send(
            numbers: UnsafeBufferPointer(rebasing: buffer[..<words[2]]), to: 0, tag: .tiles)
        }
      case Order.echoMatrix:
        for _ in 0..<words[1] {
          let matrix = try communicator.receive(DenseMatrix<Double>.self, from: 0, tag: .tiles)
          try communicator.send(matrix.rows, to: 0, tag: .tiles)
        }
      case Order.allReduce: _ = try timeAllReduce(communicator, count: words[1], repeats: words[2])
      default: return
      }
    }
  }
}

/// The other end of a plain socket.
struct RawPeer: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Be a process at the end of a plain socket.", shouldDisplay: false)

  @Argument var descriptor: Int32
  @Argument var bytes: Int
  @Argument var answer: Int

  func run() {
    let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: max(bytes, answer))
    buffer.initialize(repeating: 2, count: max(bytes, answer))
    reference_socket_echo(descriptor, buffer, bytes, answer)
    buffer.deallocate()
  }
}
