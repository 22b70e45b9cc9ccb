// HDF5Mutations FILE SEED FIRST END: reads the mutations FIRST..<END of small HDF5 files with libhdf5 in this very
// process, which some of them crash and others send in circles: whoever has started it goes on behind the one that it
// died of, which is then left in FILE. A process for each, as in earnest, would take a hundred times as long. Says the
// number of each on a line before it is read, "readable" when it was, "wrong" and why where something is not as it
// should be, and "end" at the end.
//
// Each is read from memory, from the file, and from there in parts.

#if HDF5
  import Foundation
  import Numerics
  import TesseraLocalMatrices
  import TesseraTestSupport

  @testable import TesseraMatrixFiles

  /// Bytes in memory as a stream.
  private final class Memory: ByteSource {
    let name = "A"
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var progress: ReadProgress { ReadProgress(bytesRead: 0, totalBytes: nil) }
    var remainingBytes: Int? { rest.count }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
      let piece = rest.prefix(buffer.count)
      buffer.copyBytes(from: piece)
      rest = rest.dropFirst(piece.count)
      return piece.count
    }
  }

  /// Writes a line at once: what is kept back is lost in a crash.
  private func say(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = line.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
  }

  /// What reading ends in: the matrix, or an error that is one of the file.
  private func outcome(_ read: () throws(FileFormatError) -> MatrixContents<Complex<Double>>)
    -> MatrixContents<Complex<Double>>?
  {
    do throws(FileFormatError) {
      let contents = try read()
      let shape = contents.shape
      if case .triplets(let list) = contents {
        list.forEach { i, j, _ in
          if i >= shape.rows || j >= shape.columns { say("wrong: (\(i), \(j)) in \(shape)") }
        }
      }
      return contents
    } catch {
      if error.kind != .badData || error.description.contains(where: \.isNewline) { say("wrong: \(error)") }
      return nil
    }
  }

  private func reader(_ source: any ByteSource) throws(FileFormatError) -> Hdf5Reader {
    try Hdf5Reader(source, member: nil, program: nil)
  }

  /// The parts of a dense matrix one below the other; nil where one of them cannot be read, or the matrix is sparse.
  private func rows(in path: String, parts: Int) -> [Complex<Double>]? {
    var elements: [Complex<Double>] = []
    for part in 0..<parts {
      let slab = outcome { () throws(FileFormatError) in
        let read = try reader(try FileSource(path)).rows(as: Complex<Double>.self, .share(part, of: parts))
        guard let read else { throw FileFormatError(.badData, file: path, "sparse") }
        return .dense(read.rows)
      }
      guard case .dense(let slab) = slab else { return nil }
      elements += slab.elements(in: .rowMajor)
    }
    return elements
  }

  private func run(_ path: String, seed: Int, _ numbers: Range<Int>) throws {
    let dense = DenseMatrix<Double>(rows: 3, columns: 2) { i, j in Double(i - j) }
    let files = try [MatrixContents.dense(dense), .triplets(dense.triplets())].map { contents in
      try MatrixFile.write(contents, to: path)
      return [UInt8](try Data(contentsOf: URL(filePath: path)))
    }
    for number in numbers {
      say("\(number)")
      var random = Mutations.generator(seed: seed, number: number)
      let bytes = Mutations.mutated(files[number % files.count], &random)
      try Mutations.put(bytes, at: path)
      // What takes longer goes in circles: SIGPROF ends a process that does not expect it.
      var timer = itimerval()
      timer.it_value.tv_sec = 2
      setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
      if outcome({ () throws(FileFormatError) in
        try reader(Memory(bytes)).matrix(as: Complex<Double>.self, progress: nil).1
      }) != nil {
        say("readable")
      }
      let whole = outcome { () throws(FileFormatError) in
        try reader(try FileSource(path)).matrix(as: Complex<Double>.self, progress: nil).1
      }
      let together = rows(in: path, parts: 1 + number % 4)
      if case .triplets = whole { continue }
      let elements: [Complex<Double>]? =
        if case .dense(let matrix) = whole { matrix.elements(in: .rowMajor) } else { nil }
      if (together == nil) != (elements == nil) || zip(together ?? [], elements ?? []).contains(where: differ)
      {
        say("wrong: the parts are not the whole")
      }
      // Until libhdf5 has let go of it, in the other thread.
      try Hdf5.session { () throws(FileFormatError) in () }
    }
    say("end")
  }

  private func differ(_ x: Complex<Double>, _ y: Complex<Double>) -> Bool {
    x.real.bitPattern != y.real.bitPattern || x.imaginary.bitPattern != y.imaginary.bitPattern
  }

  private let arguments = CommandLine.arguments.dropFirst()
  private let numbers = arguments.dropFirst().compactMap { Int($0) }
  guard let path = arguments.first, numbers.count == 3 else { exit(64) }
  try run(path, seed: numbers[0], numbers[1]..<numbers[2])
#endif
