// What the workers read by themselves is what the driver would have read and spread: the same slabs, bit for
// bit, on any number of workers.

import Foundation
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraMatrixFiles
import TesseraPartitioning
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct FileReadingTests {
  private func files(in folder: String) throws -> [String] {
    var random = SeededGenerator(seed: 3)
    let sparse = try (random.sparse(83, 40, density: 0.1) as SparseMatrix<Double>).triplets()
    let square = try MatrixGenerator.poisson(grid: Shape(7, 9), as: Double.self)
    let dense: DenseMatrix<Double> = random.dense(31, 6)
    try MatrixFile.write(.triplets(sparse), to: folder + "a.mtx")
    try MatrixFile.write(.triplets(sparse), to: folder + "a.mtx.gz")
    try MatrixFile.write(.triplets(square), to: folder + "b.mtx", symmetry: .symmetric)
    try MatrixFile.write(.dense(dense), to: folder + "c.npy")
    try MatrixFile.write(.dense(dense.transposed()), to: folder + "d.npy")
    try MatrixFile.write(.dense(dense), to: folder + "e.idx")
    try MatrixFile.write(.dense(DenseMatrix<Double>(zeros: 0, 4)), to: folder + "f.npy")
    try MatrixFile.write(.triplets(TripletMatrix<Double>(rows: 5, columns: 0)), to: folder + "g.mtx")
    try MatrixFile.write(.dense(dense), to: folder + "h.csv")
    try MatrixFile.write(.triplets(sparse), to: folder + "i.svm")
    #if HDF5
      try MatrixFile.write(.dense(dense), to: folder + "j.h5")
      try MatrixFile.write(.triplets(sparse), to: folder + "k.h5")
    #endif
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { folder + $0 }
  }

  @Test func workersReadTheSlabsThatTheDriverWouldHaveSent() async throws {
    let folder = NSTemporaryDirectory() + "tessera-\(UUID().uuidString)/"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let files = try files(in: folder)
    for (workers, encodes) in [(1, false), (3, true), (5, false)] {
      try await withCluster(workers: workers, encodes: encodes, registry: .distributedMatrices) { cluster in
        for file in files {
          let contents = try MatrixFile.read(file, as: Double.self).contents
          for partitions in [nil, 1, 3, 64] {
            let sent = try await RowMatrix(try LocalMatrix(contents), partitions: partitions, on: cluster)
            let read = try await RowMatrix<Double>.read(file, partitions: partitions, on: cluster)
            #expect(read.partitioning == sent.partitioning, "\(file)")
            #expect(read.storedCount == sent.storedCount, "\(file)")
            let (a, b) = (try await read.collect(), try await sent.collect())
            // Tiles without elements are dense or sparse alike.
            let isEmpty = b.rows * b.columns == 0
            #expect(isEmpty ? a.shape == b.shape : a == b, "\(file) on \(workers) workers")
          }
          let expected = try LocalMatrix(contents).dense()
          let blocks = try await BlockMatrix<Double>.read(file, on: cluster)
          #expect(try await blocks.collect().dense() == expected, "\(file) in blocks")
          let grid = Partitioning(rows: expected.rows, columns: expected.columns, blockSize: 7)
          let small = try await BlockMatrix<Double>.read(file, grid: grid, on: cluster)
          #expect(small.partitioning == grid)
          #expect(try await small.collect().dense() == expected, "\(file) in small blocks")
          let entries = try await CoordinateMatrix<Double>.read(file, on: cluster)
          #expect(try await entries.collect().dense() == expected, "\(file) in entries")
          #expect(entries.storedCount == (try await entries.countStored()))
        }
      }
    }
  }

  @Test func workersAreToldWhatAFileDoesNotSay() async throws {
    let folder = NSTemporaryDirectory() + "tessera-\(UUID().uuidString)/"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let files: [(String, String, MatrixReadOptions)] = [
      ("a.csv", "1;2\n3;4\n5;6\n7;8\n", MatrixReadOptions(delimiter: 59, headerRow: .present)),
      ("b.svm", "1 0:1 3:2\n1 1:3\n", MatrixReadOptions(isZeroBased: true, columns: 9)),
    ]
    try await withCluster(workers: 3, encodes: true, registry: .distributedMatrices) { cluster in
      for (name, text, options) in files {
        let path = folder + name
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        let contents = try MatrixFile.read(path, as: Double.self, options: options).contents
        let read = try await RowMatrix<Double>.read(path, options: options, partitions: 2, on: cluster)
        let dense = try await read.collect().dense()
        #expect(dense == (try LocalMatrix(contents).dense()), "\(name)")
      }
    }
  }

  @Test func whatIsWrongWithAFileIsSaidAsByTheReaderOfAllOfIt() async throws {
    let folder = NSTemporaryDirectory() + "tessera-\(UUID().uuidString)/"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let header = "%%MatrixMarket matrix coordinate real general\n3 3 3\n"
    for (text, line) in [("1 1 1\n2 2 x\n3 3 3\n", 4), ("1 1 1\n", 4), ("1 1 1\n2 2 2\n3 3 3\n1 1 1\n", 6)] {
      let path = folder + "a.mtx"
      try (header + text).write(toFile: path, atomically: false, encoding: .utf8)
      try await withCluster(workers: 3, encodes: true, registry: .distributedMatrices) { cluster in
        do {
          _ = try await RowMatrix<Double>.read(path, on: cluster)
          Issue.record("accepted")
        } catch let error as FileFormatError {
          #expect(error.description.contains("a.mtx:\(line):"))
        }
      }
    }
  }
}
