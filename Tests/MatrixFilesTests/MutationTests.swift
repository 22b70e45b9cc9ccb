// Small valid files, mutated at random by a fixed seed: reading ends in a matrix or in an error, never in a
// trap, and every matrix is one; from memory, from a disk, and from there in parts, which end as the whole does.
// `make fuzz` does the same with many more inputs and the address sanitizer. HDF5 files are read in a program of their
// own (HDF5Mutations), because libhdf5 crashes now and then.

import Foundation
import Numerics
import Synchronization
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

@testable import TesseraMatrixFiles

@Suite struct MutationTests {
  private static let texts: [(MatrixFileFormat, String)] = [
    (
      .matrixMarket,
      "%%MatrixMarket matrix coordinate real general\n%\n3 3 4\n1 1 1.5\n2 3 -2e3\n3 2 4\n1 3 .5\n"
    ),
    (.matrixMarket, "%%MatrixMarket matrix coordinate complex hermitian\n2 2 2\n1 1 3 0\n2 1 1 -1\n"),
    (.matrixMarket, "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 3\n1 1\n2 1\n3 2\n"),
    (.matrixMarket, "%%MatrixMarket matrix array integer skew-symmetric\n3 3\n1\n-2\n3\n"),
    (.matrixMarket, "%%MatrixMarket matrix array real general\n2 2\n1\n2.25\n3\n123456789012345678901\n"),
    (.csv, "x,\"y z\"\n1, 2.5\n# c\n-3e2,(1-2j)\n"), (.tsv, "1\t2\n\n3\tnan\n"),
    (.svmlight, "1 qid:1 1:2.5 4:1 # c\n-1 qid:2 3:.5\n"),
    (.npy, "\u{1}NUMPY\u{1}\0\u{3b}\0{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }\n12345678"),
    (
      .npy, "\u{1}NUMPY\u{2}\0\u{3a}\0\0\0{'descr': '>i2', 'fortran_order': False, 'shape': (2, 2)}\n12345678"
    ),
  ]

  private static let seeds =
    texts.map { format, text in
      (format, (format == .npy ? [0x93] : []) + Array(text.utf8).dropFirst(format == .npy ? 1 : 0))
    } + archives

  /// A small matrix in the formats that are not text.
  private static let archives: [(MatrixFileFormat, [UInt8])] = {
    let dense = DenseMatrix<Double>(rows: 3, columns: 2) { i, j in Double(i - j) }
    return [
      (.npz, MatrixContents.dense(dense)), (.npz, .triplets(dense.triplets())), (.idx, .dense(dense)),
      (.archive, .triplets(dense.triplets())),
    ].compactMap { format, contents in (try? written(contents, format)).map { (format, $0) } }
  }()

  /// Inputs made from each valid file in memory, and for each reader of those on a disk and of HDF5.
  private static let rounds =
    ProcessInfo.processInfo.environment["TESSERA_FUZZ_INPUTS"].flatMap { Int($0) } ?? 1300
  private static let seed =
    ProcessInfo.processInfo.environment["TESSERA_FUZZ_SEED"].flatMap { Int($0) } ?? 11

  @Test func mutatedFilesEndInAMatrixOrAnError() {
    for (format, bytes) in Self.seeds {
      #expect(throws: Never.self) { try read(bytes, as: Complex<Double>.self, format) }
    }
    var readable = 0
    for number in 0..<Self.rounds * Self.seeds.count {
      let (format, file) = Self.seeds[number % Self.seeds.count]
      var random = Mutations.generator(seed: Self.seed, number: number)
      let bytes = Mutations.mutated(file, &random)
      let pieces = Int.random(in: 1...64, using: &random)
      let blockSize = Int.random(in: 1...128, using: &random)
      let threads = Int.random(in: 0..<64, using: &random) == 0 ? 3 : 1
      let verdict = verdict(number) { () throws(FileFormatError) in
        try MatrixFile.read(
          Pieces(bytes, of: pieces), format, as: Complex<Double>.self, MatrixReadOptions(threads: threads),
          blockSize: blockSize
        ).contents
      }
      if verdict != nil { readable += 1 }
    }
    #expect(readable > Self.rounds / 3)
  }

  /// As their names are given, of each format that is read so as many; then what can be read in parts, by as many as
  /// the input says.
  @Test func mutatedFilesOnADiskAndTheirPartsGetOneVerdict() throws {
    typealias File = (format: MatrixFileFormat, name: String, bytes: [UInt8])
    try withFolder { folder in
      let plain = Self.seeds.enumerated().map { number, seed in
        File(seed.0, "\(number).\(seed.0.rawValue)", seed.1)
      }
      let dense = DenseMatrix<Double>(rows: 3, columns: 2) { i, j in Double(i - j) }
      let packed = try [("a.mtx.gz", MatrixFileFormat.matrixMarket), ("a.csv.gz", .csv)].map { name, format in
        try MatrixFile.write(.dense(dense), to: folder + name)
        return File(format, name, [UInt8](try Data(contentsOf: URL(filePath: folder + name))))
      }
      let readers: [[File]] =
        [[.matrixMarket], [.csv, .tsv], [.svmlight], [.npy], [.idx]].map { formats in
          plain.filter { formats.contains($0.format) }
        } + [packed]
      // One thread: with several, each file would cost as many buffers.
      let options = MatrixReadOptions(threads: 1)
      var (readable, divided) = (0, 0)
      for number in 0..<Self.rounds * readers.count {
        let files = readers[number % readers.count]
        let (format, name, file) = files[number / readers.count % files.count]
        var random = Mutations.generator(seed: Self.seed ^ 1, number: number)
        let path = folder + name
        try Mutations.put(Mutations.mutated(file, &random), at: path)
        let whole = verdict(number) { () throws(FileFormatError) in
          try MatrixFile.read(path, as: Complex<Double>.self, format: format, options: options).contents
        }
        if whole != nil { readable += 1 }
        _ = verdict(number) { () throws(FileFormatError) in
          try MatrixFile.readHead(path, count: 2, as: Complex<Double>.self, format: format, options: options)
            .contents
        }
        let parts = Int.random(in: 1...4, using: &random)
        if case .some(let together) = together(path, format, options, parts: parts, number) {
          divided += 1
          #expect(together == whole, "\(name), seed \(Self.seed), number \(number)")
        }
      }
      #expect(readable > Self.rounds / 3 && divided > Self.rounds)
    }
  }

  /// A matrix with its entries in an order that does not depend on how it was read.
  private struct Verdict: Equatable {
    var shape: Shape
    var entries: [Entry]

    init(shape: Shape, entries: [Entry]) {
      self.shape = shape
      self.entries = entries.sorted {
        ($0.row, $0.column, $0.real, $0.imaginary) < ($1.row, $1.column, $1.real, $1.imaginary)
      }
    }
  }

  /// The matrix that is read; nil for an error, which has to be one of the file.
  private func verdict(
    _ number: Int, _ read: () throws(FileFormatError) -> MatrixContents<Complex<Double>>
  ) -> Verdict? {
    do throws(FileFormatError) {
      let contents = try read()
      let (shape, entries) = (contents.shape, contents.entries)
      #expect(
        entries.allSatisfy { $0.row < shape.rows && $0.column < shape.columns },
        "seed \(Self.seed), number \(number)")
      return Verdict(shape: shape, entries: entries)
    } catch {
      #expect(
        error.kind == .badData && !error.description.contains { $0.isNewline },
        "seed \(Self.seed), number \(number): \(error)")
      return nil
    }
  }

  /// What the parts of a file are together, by the rules of those who read it so: nil inside where it is refused, nil
  /// outside where it has no parts.
  private func together(
    _ path: String, _ format: MatrixFileFormat, _ options: MatrixReadOptions, parts: Int, _ number: Int
  ) -> Verdict?? {
    do throws(FileFormatError) {
      guard let header = try MatrixFile.headerOfParts(path, format: format, options: options) else {
        return .none
      }
      var (entries, stored): ([Entry], Int) = ([], 0)
      for part in 0..<parts {
        let read = try MatrixFile.read(
          path, part: part, of: parts, as: Complex<Double>.self, format: format, options: options)
        stored += read.storedEntries
        switch read.contents {
        case .triplets: entries += read.contents.entries
        case .dense(let slab): slab.forEach { entries.append(Entry(read.firstRow + $0, $1, $2)) }
        }
      }
      // Whoever has all parts sees that there are not as many entries as the header says.
      guard stored == header.storedEntries else { return .some(nil) }
      return .some(Verdict(shape: Shape(header.rows, header.columns), entries: entries))
    } catch {
      #expect(error.kind == .badData, "seed \(Self.seed), number \(number): \(error)")
      return .some(nil)
    }
  }
}

#if HDF5
  extension MutationTests {
    /// Two programs at a time, each with half of the inputs of both files.
    @Test func mutatedHdf5FilesEndInAMatrixOrAnError() throws {
      let half = (Self.rounds + 1) / 2
      let results = Mutex((readable: 0, deadly: 0))
      try withFolder { folder in
        DispatchQueue.concurrentPerform(iterations: 2) { share in
          let result = readMutations(share * half..<(share + 1) * half, folder + "\(share).h5")
          results.withLock {
            $0.readable += result.readable
            $0.deadly += result.deadly
          }
        }
      }
      let (readable, deadly) = results.withLock { $0 }
      #expect(readable > Self.rounds / 10)
      if deadly > 0 { print("libhdf5 did not survive \(deadly) of \(2 * half) mutations") }
    }

    /// Has the program read some mutations: how many were readable, and how many ended it.
    private func readMutations(_ numbers: Range<Int>, _ path: String) -> (readable: Int, deadly: Int) {
      var (next, readable, deadly) = (numbers.lowerBound, 0, 0)
      while next < numbers.upperBound {
        let process = Process()
        process.executableURL = Bundle.main.bundleURL.appending(path: "HDF5Mutations")
        process.arguments = [path, "\(Self.seed)", "\(next)", "\(numbers.upperBound)"]
        process.environment = ProcessInfo.processInfo.environment.merging([
          "SWIFT_BACKTRACE": "enable=no", "OPENBLAS_NUM_THREADS": "1",
          "ASAN_OPTIONS": "allocator_may_return_null=1:detect_leaks=0:hard_rss_limit_mb=4000",
        ]) { $1 }
        let pipe = Pipe()
        (process.standardOutput, process.standardError) = (pipe, FileHandle.nullDevice)
        do { try process.run() } catch {
          Issue.record(error)
          break
        }
        let lines = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
          .split(separator: "\n")
        process.waitUntilExit()
        var last = next - 1
        for line in lines {
          if let number = Int(line) { last = number }
          if line.hasPrefix("wrong") { Issue.record("seed \(Self.seed), number \(last): \(line)") }
          if line == "readable" { readable += 1 }
        }
        if lines.last == "end" { break }
        // By a signal, or by the address sanitizer.
        let isCrash = process.terminationReason == .uncaughtSignal || process.terminationStatus == 1
        guard isCrash, last >= next else {
          Issue.record("ended with \(process.terminationStatus) behind \(last)")
          break
        }
        deadly += 1
        // As a user reads it, in a process of libhdf5's own, its end is an error of the file. (One that goes in circles
        // would be given 20 seconds; and a few are enough.)
        if process.terminationStatus != SIGPROF, deadly <= 20 {
          _ = verdict(last) { () throws(FileFormatError) in
            try MatrixFile.read(path, as: Complex<Double>.self, format: .hdf5).contents
          }
        }
        next = last + 1
      }
      return (readable, deadly)
    }
  }
#endif
