// bench-files: reading and writing files beside the same work by SciPy and NumPy in the same run, and beside
// what limits both, the bytes: a plain read of the file into one buffer. Medians of five after one to warm
// up. Memory is the peak of a process of its own that reads the file once, beside the bytes of the matrix.
//
//   bench-files [entries] [folder]      10 million entries and the temporary folder when absent
//   bench-files --read FILE             what that process does: prints its peak and the matrix's bytes
//
// Python with SciPy is asked with the interpreter in PYTHON, or python3; without it its columns are empty.

import Foundation
import Tessera

if CommandLine.arguments.count == 3, CommandLine.arguments[1] == "--read" {
  let (before, contents) = (
    peakBytes(), try MatrixFile.read(CommandLine.arguments[2], as: Double.self).contents
  )
  let bytes =
    switch contents {
    case .triplets(let list): 16 * list.entryCount
    case .dense(let matrix): 8 * matrix.rows * matrix.columns
    }
  print(peakBytes() - before, bytes)
  exit(0)
}

let entries = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 10_000_000
let folder = CommandLine.arguments.dropFirst(2).first ?? NSTemporaryDirectory()
let order = 1_000_000

func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  let duration = ContinuousClock.now - start
  return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

func median(_ body: () throws -> Void) rethrows -> Double {
  try body()
  var times: [Double] = []
  for _ in 0..<5 { times.append(try seconds(body)) }
  return times.sorted()[2]
}

/// The most memory that this process has had so far.
func peakBytes() -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  return (line?.split(separator: " ").dropLast().last.flatMap { Int($0) } ?? 0) * 1024
}

/// Prints the memory that reading a file takes.
func reportMemory(_ path: String) {
  let numbers = output(of: CommandLine.arguments[0], ["--read", path])?.split(separator: " ").compactMap {
    Double($0)
  }
  guard let numbers, numbers.count == 2 else { return }
  print(
    String(
      format: "  peak memory %.0f MB, %.2f times the matrix", numbers[0] / 1e6, numbers[0] / numbers[1]))
}

/// What a program prints; nil where it fails.
func output(of program: String, _ arguments: [String]) -> String? {
  let process = Process()
  process.executableURL = URL(filePath: program)
  process.arguments = arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  guard (try? process.run()) != nil else { return nil }
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else { return nil }
  return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
}

/// A file of the measurement.
func path(_ name: String) -> String { "\(folder)/tessera-bench-\(name)" }

func size(_ path: String) -> Double {
  Double((try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0)
}

/// Runs a Python program that prints one number; nil where it cannot run.
func python(_ statement: String, setup: String) -> Double? {
  let program = """
    import time, numpy, scipy.io, scipy.sparse
    \(setup)
    times = []
    for _ in range(6):
        start = time.perf_counter()
        \(statement)
        times.append(time.perf_counter() - start)
    print(sorted(times[1:])[2])
    """
  let python = ProcessInfo.processInfo.environment["PYTHON"] ?? "python3"
  return output(of: "/usr/bin/env", [python, "-c", program]).flatMap { Double($0) }
}

/// The time of reading all bytes of a file into a new buffer.
func plainRead(_ path: String) -> Double {
  let count = Int(size(path))
  return median {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 64)
    defer { buffer.deallocate() }
    let descriptor = open(path, O_RDONLY)
    var filled = 0
    while filled < count {
      let got = read(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled)
      if got <= 0 { break }
      filled += got
    }
    close(descriptor)
  }
}

func report(_ what: String, _ ours: Double, bytes: Double, limit: Double, theirs: Double?, _ name: String) {
  let other = theirs.map { String(format: "%@ %.3f s, ratio %.2f", name, $0, ours / $0) } ?? "\(name) absent"
  print(
    String(
      format: "%@\n  %.3f s, %.0f MB/s, %.1f times a plain read of the bytes; %@", what, ours,
      bytes / ours / 1e6, ours / limit, other))
}

/// Reads and writes the entries with values made by `value`.
func measure(_ name: String, value: (UInt64) -> Double) throws {
  let random = CounterBasedRandom(seed: 1)
  var matrix = try TripletMatrix<Double>(rows: order, columns: order)
  matrix.reserveCapacity(entries)
  for q in 0..<entries {
    let (a, b) = random.bits(UInt64(q))
    matrix.append(Int(a % UInt64(order)), Int(b % UInt64(order)), value(UInt64(q)))
  }
  let file = path("\(name).mtx")
  defer { for p in [file, path("theirs.mtx")] { try? FileManager.default.removeItem(atPath: p) } }
  let written = try median { try MatrixFile.write(.triplets(matrix), to: file) }
  let limit = plainRead(file)
  report(
    "write \(entries) entries, \(name)", written, bytes: size(file), limit: limit,
    theirs: python(
      "scipy.io.mmwrite('\(path("theirs.mtx"))', a)", setup: "a = scipy.io.mmread('\(file)')"),
    "mmwrite")
  for threads in [nil, 1] as [Int?] {
    let read = try median {
      _ = try MatrixFile.read(file, as: Double.self, options: MatrixReadOptions(threads: threads))
    }
    report(
      "read them, \(threads.map { "\($0) thread" } ?? "all processors")", read, bytes: size(file),
      limit: limit,
      theirs: threads == nil ? python("scipy.io.mmread('\(file)')", setup: "") : nil, "mmread")
  }
  reportMemory(file)
}

let random = CounterBasedRandom(seed: 2)
try measure("17 digits") { random.symmetric($0) }
try measure("whole numbers") { Double($0 % 100) }

// A dense matrix of 400 MB for the default number of entries.
let rows = max(1, entries / 200)
let dense = try MatrixGenerator.dense(Shape(rows, 1000), seed: 1, as: Double.self)
let file = path("dense.npy")
defer { try? FileManager.default.removeItem(atPath: file) }
let written = try median { try MatrixFile.write(.dense(dense), to: file) }
let limit = plainRead(file)
report(
  "write \(rows) x 1000 as .npy", written, bytes: size(file), limit: limit,
  theirs: python("numpy.save('\(file)', a)", setup: "a = numpy.load('\(file)')"), "numpy.save")
let loaded = try median { _ = try MatrixFile.read(file, as: Double.self) }
report(
  "read it", loaded, bytes: size(file), limit: limit,
  theirs: python("numpy.load('\(file)')", setup: ""), "numpy.load")
reportMemory(file)
