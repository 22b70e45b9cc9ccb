// Tasks that take their time, say when they begin, and now and then do what a task must not do.

import Foundation
import Tessera

/// A tile of numbers.
struct Numbers: Tile, Equatable {
  static let typeName = "fault-job/numbers"
  var elements: [Double]
  init(_ elements: [Double]) { self.elements = elements }
  func encode(to writer: inout WireWriter) { writer.write(array: elements) }
  init(from reader: inout WireReader) throws(CommunicationError) {
    elements = try reader.readArray(of: Double.self)
  }
}

/// What a task does beside its work.
enum Fault: Int {
  case none
  /// Its process ends as if all were well.
  case exit
  /// Its process is killed.
  case kill
  /// It throws a megabyte of text.
  case raise
  /// It takes memory until there is none, in a process that may have little more than it has.
  case exhaust
}

/// How the tasks of a collection behave.
struct Behaviour: WireCodable {
  var milliseconds = 0
  var fault = Fault.none
  /// Where the fault happens: `kill` and the like in these tiles only.
  var tile = -1
  /// A file that does not exist: whoever creates it does the fault, nobody after. Empty: whoever comes.
  var marker = ""
  /// Whether tasks say on standard error when they begin.
  var isTalking = false
  /// A process that the fault spares: a slow end looks like a straggler's, and its backup may be the driver's.
  var spared = 0
  /// So many numbers, to make the arguments large.
  var ballast = 0

  init() {}

  func encode(to writer: inout WireWriter) {
    writer.write(milliseconds)
    writer.write(fault.rawValue)
    writer.write(tile)
    writer.write(marker)
    writer.write(isTalking ? 1 : 0)
    writer.write(spared)
    writer.write(array: [Double](repeating: 1, count: ballast))
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    milliseconds = try reader.readInt(in: 0...1_000_000, "milliseconds")
    guard let fault = Fault(rawValue: try reader.readInt()) else { throw .malformed(expected: "a fault") }
    self.fault = fault
    tile = try reader.readInt()
    marker = try reader.readString()
    isTalking = try reader.readInt() == 1
    spared = try reader.readInt()
    ballast = try reader.readArray(of: Double.self).count
  }

  struct Outrage: Error, CustomStringConvertible {
    // Not UTF-8 as it stands: what is no text becomes marks of it.
    let description =
      "first cause "
      + String(decoding: [0xff, 0xfe] + [UInt8](repeating: 120, count: 1 << 20), as: UTF8.self)
  }

  func happen(to tile: Int) throws {
    if isTalking { say("begin \(tile) \(getpid()) \(nanoseconds())") }
    // In pieces: a process that is stopped now and then gets slower, one that only sleeps does not.
    for piece in 0..<milliseconds {
      usleep(1000)
      if piece == milliseconds / 3 { try fail(tile) }
    }
    if milliseconds < 3 { try fail(tile) }
  }

  private func fail(_ tile: Int) throws {
    guard fault != .none, tile == self.tile, Int(getpid()) != spared else { return }
    if !marker.isEmpty {
      let file = open(marker, O_CREAT | O_EXCL | O_WRONLY, 0o600)
      guard file >= 0 else { return }
      close(file)
    }
    switch fault {
    case .none: break
    case .exit: Glibc.exit(0)
    case .kill: _ = Glibc.kill(getpid(), SIGKILL)
    case .raise: throw Outrage()
    case .exhaust:
      var limit = rlimit(rlim_cur: 1 << 20, rlim_max: 1 << 20)
      setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
      var hoard: [[UInt8]] = []
      while hoard.count < 1 << 20 { hoard.append([UInt8](repeating: 1, count: 1 << 20)) }
    }
  }
}

/// A line on standard error, which started workers have in common with their driver.
func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
}

/// The monotonic clock, which all processes of a machine have in common.
func nanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Numbers to numbers: none of the operations is exact.
enum WorkTask: MapTask {
  typealias Arguments = Behaviour
  typealias Input = Numbers
  static let name = "fault-job/work"
  static func run(_ behaviour: Behaviour, _ input: Numbers, tile: Int) throws -> Numbers {
    try behaviour.happen(to: tile)
    return Numbers(input.elements.map { ($0 * 1.1 + 0.7) / 3 })
  }
}

/// Row tiles of a grid to its columns.
enum TransposeTask: ExchangeTask {
  typealias Arguments = Behaviour
  typealias Input = Numbers
  static let name = "fault-job/transpose"
  static func split(_ behaviour: Behaviour, _ input: Numbers, tile: Int) throws -> [(
    target: Int, piece: Numbers
  )] {
    try behaviour.happen(to: tile)
    return input.elements.enumerated().map { ($0, Numbers([$1])) }
  }
  static func merge(_ behaviour: Behaviour, _ pieces: [Numbers], tile: Int) throws -> Numbers {
    Numbers(pieces.flatMap(\.elements))
  }
}

/// The sum of all tiles.
enum SumTask: ReduceTask {
  typealias Arguments = Behaviour
  typealias Input = Numbers
  static let name = "fault-job/sum"
  static func run(_ behaviour: Behaviour, _ input: Numbers, tile: Int) throws -> Numbers { input }
  static func combine(_ left: inout Numbers, _ right: Numbers, _ behaviour: Behaviour) {
    for i in left.elements.indices { left.elements[i] += right.elements[i] }
  }
}

/// A task that only one of two programs has.
enum StrangeTask: MapTask {
  typealias Arguments = Behaviour
  typealias Input = Numbers
  static let name = "fault-job/only-here"
  static func run(_ behaviour: Behaviour, _ input: Numbers, tile: Int) -> Numbers { input }
}
