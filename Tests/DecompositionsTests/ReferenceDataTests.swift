// The six largest singular values of real matrices agree with those of another program, and have the same
// bits on any number of workers. Skipped, with a word, where the data is absent.

import Foundation
import Numerics
import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraMatrixFiles
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct ReferenceDataTests {
  @Test func realMatricesHaveTheirRecordedSingularValues() async throws {
    for (path, recorded) in try records() {
      let isComplex = ["complex.mtx", "young1c.mtx"].contains { path.hasSuffix($0) }
      if isComplex {
        try await check(path, recorded, Complex<Double>.self)
      } else {
        try await check(path, recorded, Double.self)
      }
    }
  }

  private func check<S: Scalar>(_ path: String, _ recorded: [S.Real], _: S.Type) async throws {
    var expected: Fingerprint?
    let local = try LocalMatrix<S>(try MatrixFile.read(path).contents)
    let count = min(6, local.rows, local.columns)
    for workers in [1, 2, 3, 7] {
      let found = try await withCluster(workers: workers, registry: .distributedMatrices) { cluster in
        let svd = try await RowMatrix(local, on: cluster).svd(count: 6)
        #expect(svd.converged && svd.singularValues.count == count, "\(path)")
        for (value, reference) in zip(svd.singularValues, recorded) {
          #expect((value - reference).magnitude <= 1e-10 * recorded[0], "\(path)")
        }
        #expect(svd.residuals.allSatisfy { $0 <= 1e-8 * recorded[0] }, "\(path)")
        var bits = Fingerprint()
        bits.add(svd.singularValues + svd.residuals)
        bits.add(svd.right)
        return bits
      }
      #expect(expected ?? found == found, "\(path) on \(workers) workers")
      expected = found
    }
  }

  /// Paths of Matrix Market files, and their largest singular values.
  private func records() throws -> [(path: String, values: [Double])] {
    guard let folder = ReferenceData.folder else { return [] }
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/reference.json"))
    let all = try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]] ?? [:]
    return all.sorted { $0.key < $1.key }.compactMap { name, record in
      guard name.hasSuffix(".mtx"), let texts = record["sv"] as? [String] else { return nil }
      let values = texts.compactMap(Double.init)
      return values.isEmpty || !values.allSatisfy(\.isFinite) ? nil : (folder + "/" + name, values)
    }
  }

  @Test func filesWithoutFiniteElementsAreRefused() async throws {
    guard let folder = ReferenceData.folder else { return }
    for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/mtx")
    where name.hasSuffix(".mtx") {
      guard let contents = try? MatrixFile.read(folder + "/mtx/" + name, as: Double.self).contents,
        case let local = try LocalMatrix(contents), !local.norm().isFinite
      else { continue }
      try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
        let a = try await RowMatrix(local, on: cluster)
        let error = await #expect(throws: LinearAlgebraError.self) { try await a.svd(count: 6) }
        guard case .notFinite? = error else {
          Issue.record("\(name): \(String(describing: error))")
          return
        }
      }
    }
  }
}
