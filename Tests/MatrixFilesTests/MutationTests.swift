// Small valid files, mutated at random by a fixed seed: reading ends in a matrix or in an error, never in a
// trap, and every matrix is one. `make fuzz` does the same with many more inputs and the address sanitizer. Of HDF5
// files there are a twentieth of the others' inputs: each is read in a process of its own, which libhdf5 crashes now
// and then.

import Foundation
import Numerics
import Testing
import TesseraLocalMatrices

@testable import TesseraMatrixFiles

@Suite struct MutationTests {
  private static let words = [
    "0", "-1", "1e999", "nan", "inf", "18446744073709551616", "9223372036854775807", "\0", "\n", "\r", " ",
    "%", "complex", "pattern", "symmetric", "hermitian", "skew-symmetric", "array", ".", "+", "(", ")", ",",
    "'", ">f8", "<c16", "|O", "2147483648", "\u{feff}",
  ]

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

  /// The same in HDF5 files, if there are such.
  private static let hdf5: [(MatrixFileFormat, [UInt8])] = {
    let dense = DenseMatrix<Double>(rows: 3, columns: 2) { i, j in Double(i - j) }
    return [MatrixContents.dense(dense), .triplets(dense.triplets())]
      .compactMap { contents in (try? written(contents, .hdf5)).map { (.hdf5, $0) } }
  }()

  /// Inputs made from each valid file.
  private static let rounds =
    ProcessInfo.processInfo.environment["TESSERA_FUZZ_INPUTS"].flatMap { Int($0) } ?? 1300
  private static let seed =
    ProcessInfo.processInfo.environment["TESSERA_FUZZ_SEED"].flatMap { UInt64($0) } ?? 11

  @Test func mutatedFilesEndInAMatrixOrAnError() { readMutations(of: Self.seeds, rounds: Self.rounds) }

  @Test(.enabled(if: MatrixFileFormat.hdf5.isAvailable)) func mutatedHdf5FilesEndInAMatrixOrAnError() {
    #expect(!Self.hdf5.isEmpty)
    readMutations(of: Self.hdf5, rounds: Self.rounds / 20)
  }

  private func readMutations(of seeds: [(MatrixFileFormat, [UInt8])], rounds: Int) {
    var random = SeededGenerator(seed: Self.seed)
    var (readable, crashes) = (0, 0)
    for (format, bytes) in seeds {
      #expect(throws: Never.self) { try read(bytes, as: Complex<Double>.self, format) }
    }
    for round in 0..<rounds * seeds.count {
      var (format, bytes) = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&bytes, &random) }
      let pieces = Int.random(in: 1...64, using: &random)
      let blockSize = Int.random(in: 1...128, using: &random)
      let threads = Int.random(in: 0..<64, using: &random) == 0 ? 3 : 1
      do throws(FileFormatError) {
        let matrix = try MatrixFile.read(
          Pieces(bytes, of: pieces), format, as: Complex<Double>.self, MatrixReadOptions(threads: threads),
          blockSize: blockSize
        ).contents
        let (shape, entries) = (matrix.shape, matrix.entries)
        #expect(entries.allSatisfy { $0.row < shape.rows && $0.column < shape.columns })
        readable += 1
      } catch {
        #expect(error.kind == .badData && !error.description.contains { $0.isNewline }, "seed \(Self.seed)")
        if error.message.starts(with: /libhdf5 (crashed|gave no answer)/) { crashes += 1 }
      }
    }
    #expect(readable > rounds / 3)
    if crashes > 0 { print("libhdf5 did not survive \(crashes) of \(rounds * seeds.count) mutations") }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let end = min(bytes.count, place + Int.random(in: 1...8, using: &random))
    switch Int.random(in: 0..<6, using: &random) {
    case 0: if place < bytes.count { bytes[place] = UInt8.random(in: 0 ... .max, using: &random) }
    case 1: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
    case 2: bytes.removeSubrange(place..<end)
    case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 4: bytes.insert(contentsOf: (Self.words.randomElement(using: &random) ?? "").utf8, at: place)
    default: bytes.removeSubrange(place...)
    }
  }
}
