// bench-files: reading and writing files beside the same work by SciPy and NumPy in the same run, in turn, and beside
// what limits both, the bytes: a plain read of the file into one buffer; and the memory that reading takes beside that
// of the matrix. Files are written safely, which ends with waiting for the disk: where that decides, the peer waits
// too. Python's libraries are those of the interpreter in PYTHON, or python3.

import ArgumentParser
import BenchSupport
import Foundation
import Tessera

@main
struct BenchFiles: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-files",
    abstract: "Measure reading and writing files beside SciPy, NumPy and the bytes.",
    subcommands: [Measure.self, Reader.self], defaultSubcommand: Measure.self)
}

/// Measures all and prints what came of it.
struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measure everything.")

  @Option(help: "Entries of the coordinate file; the dense file has 5 numbers for each.") var entries =
    10_000_000
  @Option(help: "Where the files are made.") var folder = NSTemporaryDirectory()
  @Option(help: "Rounds; medians count.") var rounds = 5
  @OptionGroup var python: PythonChoice
  @OptionGroup var output: OutputChoice

  func validate() throws {
    guard entries >= 1, rounds >= 1 else { throw ValidationError("nothing to measure") }
    try refuseMPIJob()
  }

  func run() throws {
    var report = BenchReport("bench-files")
    let peer = python.peer(threads: 2, setup: "import os, numpy, scipy.io, scipy.sparse")
    let random = CounterBasedRandom(seed: 2)
    try coordinate("17 digits", peer, &report) { random.symmetric($0) }
    try coordinate("whole numbers", peer, &report) { Double($0 % 100) }
    try dense(peer, &report)
    try report.print(output)
  }

  // MARK: -

  private func path(_ name: String) -> String { "\(folder)/tessera-bench-\(name)" }

  private func size(_ path: String) -> Double {
    Double((try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0)
  }

  /// Adds a row with the bytes of `file` as the work, beside Python's statement, and one beside a plain read, unless
  /// there is no limit.
  private func compare(
    _ name: String, file: String, _ peer: PythonPeer?, _ statement: String, _ library: String,
    limit: Row.Limit?, beside plain: Bool = false, _ report: inout BenchReport,
    _ body: () throws -> Void
  ) throws {
    let times = try medians(rounds, peer == nil ? 2 : 3) { k in
      switch k {
      case 0: try seconds(body)
      case 1: seconds { readBytes(file) }
      default: peer?.seconds(statement) ?? .nan
      }
    }
    let rate = Row.Rate.giga(size(file), in: times[0], "GB/s")
    if times.count > 2 {
      report.add(
        Row(
          name, seconds: times[0], rate: rate, reference: .init(library, seconds: times[2]),
          limits: plain ? nil : limit))
    }
    guard limit != nil else { return }
    report.add(
      Row(
        name, seconds: times[0], rate: rate, reference: .init("a plain read of the bytes", seconds: times[1]),
        limits: plain ? limit : nil))
  }

  /// A file of entries with values made by `value`.
  private func coordinate(
    _ name: String, _ peer: PythonPeer?, _ report: inout BenchReport, value: (UInt64) -> Double
  ) throws {
    let random = CounterBasedRandom(seed: 1)
    let order: UInt64 = 1_000_000
    var matrix = try TripletMatrix<Double>(rows: Int(order), columns: Int(order))
    matrix.reserveCapacity(entries)
    for q in 0..<entries {
      let (a, b) = random.bits(UInt64(q))
      matrix.append(Int(a % order), Int(b % order), value(UInt64(q)))
    }
    let (file, theirs) = (path("ours.mtx"), path("theirs.mtx"))
    defer { for p in [file, theirs] { try? FileManager.default.removeItem(atPath: p) } }
    try MatrixFile.write(.triplets(matrix), to: file)
    _ = peer?.seconds("a = scipy.io.mmread('\(file)')")
    try compare(
      "write \(entries) entries, \(name)", file: file, peer, "scipy.io.mmwrite('\(theirs)', a)",
      "mmwrite of SciPy",
      limit: .atMost(1), &report
    ) { try MatrixFile.write(.triplets(matrix), to: file) }
    try compare(
      "read \(entries) entries, \(name)", file: file, peer, "scipy.io.mmread('\(file)')", "mmread of SciPy",
      limit: .atMost(1), &report
    ) { _ = try MatrixFile.read(file, as: Double.self) }
    _ = peer?.seconds("a = None")
    if name == "17 digits" {
      try memoryOfEntries(matrix, &report)
    }
  }

  /// The memory that reading the entries takes, from every format that keeps entries.
  private func memoryOfEntries(_ matrix: TripletMatrix<Double>, _ report: inout BenchReport) throws {
    for ending in ["mtx", "mtx.gz", "npz", "svm"] {
      let file = path("ours." + ending)
      defer { try? FileManager.default.removeItem(atPath: file) }
      try MatrixFile.write(.triplets(matrix), to: file)
      // What a reader of this format takes whatever there is to read.
      let small = path("one." + ending)
      defer { try? FileManager.default.removeItem(atPath: small) }
      var one = try TripletMatrix<Double>(rows: 1, columns: 1)
      one.append(0, 0, 1)
      try MatrixFile.write(.triplets(one), to: small)
      for target in ReadingTarget.allCases {
        try memory("\(entries) entries, .\(ending)\(target.title)", file, beyond: small, target, &report)
      }
    }
  }

  /// Adds a row with the most memory that reading `file` takes beyond that of reading `small`, a file of one number,
  /// each in a process of its own, beside twice the bytes of the matrix and the reader's buffers: a mebibyte of text and
  /// what it says for every thread and two more.
  private func memory(
    _ name: String, _ file: String, beyond small: String, _ target: ReadingTarget, _ report: inout BenchReport
  ) throws {
    let (found, base) = (try readingApart(file, target), try readingApart(small, target))
    guard let most = found.peakBytes, let least = base.peakBytes else {
      return report.note("The kernel does not say what memory reading takes.")
    }
    // No more than for one number: nothing was measured.
    let peak = most > least ? Double(most - least) : .nan
    let buffers = (ProcessInfo.processInfo.activeProcessorCount + 2) * 2 << 20
    let matrix = found.matrixBytes
    report.add(
      Row(
        "memory to read \(name), one run", rate: .init(peak / 1e6, "MB"),
        reference: .init(
          "twice \(matrix / 1_000_000) MB, and buffers", rate: Double(2 * matrix + buffers) / 1e6),
        limits: .atMost(1)))
  }

  /// A dense matrix, 400 MB for the default number of entries.
  private func dense(_ peer: PythonPeer?, _ report: inout BenchReport) throws {
    let rows = max(1, entries / 200)
    let matrix = try MatrixGenerator.dense(Shape(rows, 1000), seed: 1, as: Double.self)
    let (file, theirs) = (path("ours.npy"), path("theirs.npy"))
    defer { for p in [file, theirs] { try? FileManager.default.removeItem(atPath: p) } }
    try MatrixFile.write(.dense(matrix), to: file)
    _ = peer?.seconds("a = numpy.load('\(file)')")
    try compare(
      "write \(rows) x 1000 as .npy", file: file, peer,
      "f = open('\(theirs)', 'wb'); numpy.save(f, a); f.flush(); os.fsync(f.fileno()); f.close()",
      "numpy.save and fsync", limit: .atMost(1), &report
    ) { try MatrixFile.write(.dense(matrix), to: file) }
    try compare(
      "write \(rows) x 1000 as .npy", file: file, peer, "numpy.save('\(theirs)', a)",
      "numpy.save, which does not wait for the disk", limit: nil, &report
    ) { try MatrixFile.write(.dense(matrix), to: file) }
    try compare(
      "read \(rows) x 1000 as .npy", file: file, peer, "numpy.load('\(file)')", "numpy.load",
      limit: .atMost(1.2),
      beside: true, &report
    ) { _ = try MatrixFile.read(file, as: Double.self) }
    let (table, part) = (path("ours.csv"), max(1, rows / 10))
    defer { try? FileManager.default.removeItem(atPath: table) }
    try MatrixFile.write(.dense(matrix[0..<part, 0..<1000]), to: table)
    for (file, rows, ending) in [(file, rows, "npy"), (table, part, "csv")] {
      let small = path("one." + ending)
      defer { try? FileManager.default.removeItem(atPath: small) }
      try MatrixFile.write(.dense(DenseMatrix<Double>(zeros: 1, 1)), to: small)
      try memory("\(rows) x 1000, .\(ending)", file, beyond: small, .entries, &report)
    }
  }

  /// Reads all bytes of a file into a new buffer.
  private func readBytes(_ path: String) {
    let count = Int(size(path))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 64)
    defer { buffer.deallocate() }
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    var filled = 0
    while filled < count {
      let got = read(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled)
      if got <= 0 { break }
      filled += got
    }
  }
}
