// A file written slab after slab is, to the byte, the one that the driver writes of the whole matrix, from any type,
// grid, style and number of workers; and never more than a slab of it is on the driver.

import Foundation
import Numerics
import TesseraDistributedMatrices
import TesseraExecution
import TesseraInstrumentation
import TesseraLocalMatrices
import TesseraMatrixFiles
import TesseraPartitioning
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct FileWritingTests {
  private let folder = NSTemporaryDirectory() + "tessera-\(UUID().uuidString)/"

  private func inFolder(_ body: () async throws -> Void) async throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body()
  }

  private func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: folder + name)) }

  private static let names = ["mtx", "mtx.gz", "npy", "npz", "csv", "tsv", "svm"]

  /// Writes `matrix`, which is `local`, in every format, and compares with the driver's files.
  private func check<M: DistributedMatrix>(_ matrix: M, _ local: LocalMatrix<M.Element>, _ what: String)
    async throws
  {
    let contents: MatrixContents<M.Element> =
      switch local {
      case .dense(let a):
        .dense(
          try DenseMatrix(
            rows: a.rows, columns: a.columns, order: .rowMajor, elements: a.elements(in: .rowMajor)))
      case .sparse(let a): .triplets(a.compressed(by: .rows).triplets())
      }
    for name in Self.names where !(M.Element.isComplex && name == "svm") {
      try MatrixFile.write(contents, to: folder + "whole." + name)
      let count = try await matrix.write(to: folder + "slabs." + name)
      let expected =
        switch contents {
        case .dense(let a): a.storage.count { $0 != 0 }
        case .triplets(let a): a.entryCount
        }
      #expect(count == expected, "\(what) to \(name)")
      if name == "npy", !local.isDense {
        // Rows come first here; of the whole matrix columns do.
        let found = try MatrixFile.read(folder + "slabs.npy", as: M.Element.self).contents
        #expect(try LocalMatrix(found).dense() == local.dense(), "\(what) to npy")
      } else {
        #expect(try bytes("slabs." + name) == bytes("whole." + name), "\(what) to \(name)")
      }
    }
  }

  @Test(arguments: Way.allCases, [1, 3]) func slabsMakeTheFileOfTheWholeMatrix(way: Way, workers: Int)
    async throws
  {
    try await inFolder {
      var generator = SeededGenerator(seed: 3)
      let dense: DenseMatrix<Double> = generator.dense(23, 9)
      var sparse: SparseMatrix<Double> = try generator.sparse(40, 31, density: 0.1)
      // Zeros that are stored are entries of a file.
      sparse = sparse.mapStored { $0 > 0.8 ? 0 : $0 }
      try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
        let a = try await RowMatrix(dense, partitions: 4, on: cluster)
        try await check(a, .dense(dense), "row")
        try await check(a.adjoint(), .dense(dense.adjoint()), "row'")
        let b = try await BlockMatrix(
          dense, grid: Partitioning(rows: 23, columns: 9, blockSize: 4), on: cluster)
        try await check(b, .dense(dense), "block")
        try await check(b.transposed(), .dense(dense.transposed()), "block'")
        let s = try await RowMatrix(sparse, partitions: 5, on: cluster)
        try await check(s, .sparse(sparse), "sparse row")
        try await check(s.transposed(), .sparse(sparse.transposed()), "sparse row'")
        let c = try await CoordinateMatrix(sparse, partitions: 3, on: cluster)
        try await check(c, .sparse(sparse), "chunks")
        // Smaller as an array, and a list all the same.
        let full = dense.sparse().mapStored { $0 > 0 ? 0 : $0 }
        let f = try await CoordinateMatrix(full, partitions: 3, on: cluster)
        try await check(f, .sparse(full), "full chunks")
        try await check(f.transposed(), .sparse(full.transposed()), "full chunks'")
        try await check(f.subtracting(f), .sparse(full.mapStored { _ in 0 }), "full chunks less themselves")
      }
    }
  }

  @Test(arguments: [(0, 0), (0, 3), (4, 0), (1, 1)]) func emptyMatricesAreWritten(rows: Int, columns: Int)
    async throws
  {
    try await inFolder {
      try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
        let zeros = SparseMatrix<Double>(zeros: rows, columns)
        for name in ["mtx", "npy"] {
          let path = folder + "zeros." + name
          #expect(try await CoordinateMatrix(zeros, on: cluster).write(to: path) == 0)
          let contents = try MatrixFile.read(path, as: Double.self).contents
          #expect(contents.shape == Shape(rows, columns))
        }
        if rows > 0, columns == 0 {
          let error = await #expect(throws: FileFormatError.self) {
            try await CoordinateMatrix(zeros, on: cluster).write(to: folder + "zeros.csv")
          }
          #expect(error?.kind == .badData)
        }
      }
    }
  }

  @Test func complexMatricesAreWrittenAsTheyAreRead() async throws {
    try await inFolder {
      var generator = SeededGenerator(seed: 5)
      let dense: DenseMatrix<Complex<Float>> = generator.dense(11, 6)
      try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
        try await check(
          try await RowMatrix(dense, partitions: 3, on: cluster).adjoint(), .dense(dense.adjoint()),
          "complex row'")
      }
    }
  }

  @Test func theDriverNeverHoldsMuchMoreThanASlab() async throws {
    try await inFolder {
      try await withCluster(workers: 2, encodes: true, registry: .distributedMatrices) { cluster in
        let a = try await RowMatrix<Double>.generated(
          .dense, Shape(640, 100), seed: 1, partitions: 64, on: cluster)
        _ = try await a.countStored()
        let before = try await cluster.ledger()
        try await a.write(to: folder + "a.npy")
        let moved = try await cluster.ledger() - before
        // What is not the driver's own moves once; the driver had half of the matrix, and then a slab.
        #expect(moved.workers[0].total.received.words == 32_000)
        #expect(moved.workers[0].peakBytes < 8 * (32_000 + 2 * 1000) + 64 * 100)
      }
    }
  }

  @Test func aFailedWriteLeavesTheOldFileAsItWas() async throws {
    try await inFolder {
      try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
        let old = Data("old".utf8)
        try old.write(to: URL(filePath: folder + "a.svm"))
        let a = try await RowMatrix(DenseMatrix<Complex<Double>>(zeros: 3, 3), on: cluster)
        await #expect(throws: FileFormatError.self) { try await a.write(to: folder + "a.svm") }
        #expect(try bytes("a.svm") == old)
        await #expect(throws: FileFormatError.self) { try await a.write(to: folder + "none/a.mtx") }
        await #expect(throws: FileFormatError.self) { try await a.write(to: folder + "a.unknown") }
      }
    }
  }
}
