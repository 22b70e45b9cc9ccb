// A program for every style, transport and number of workers, as the environment sets them: a truncated SVD
// with both sides, and a pipeline of a map, an exchange, a map and a sum. Prints how it runs to standard error
// and the bits of all results to standard output.

import Foundation
import Tessera
import TesseraTestSupport

try await Cluster.run { cluster in
  let configuration = cluster.configuration
  FileHandle.standardError.write(
    Data("\(configuration.style.rawValue) on \(cluster.engine.workerCount) workers\n".utf8))
  var results = Fingerprint()
  let local: SparseMatrix<Double> = try MatrixGenerator.sparse(Shape(900, 60), density: 0.1, seed: 3)
  let a = try await RowMatrix(.sparse(local), partitions: 13, on: cluster)
  let svd = try await a.svd(count: 5, method: .lanczos, leftVectors: true)
  results.add(svd.singularValues)
  results.add(svd.right)
  if let left = svd.left { results.add(try await left.collect().dense()) }

  let b: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(900, 40), seed: 5)
  let product = try await a.scaled(by: 1 / 3).adjoint().materialized(partitions: 6).multiplied(by: b)
  results.add(try await product.gram())
  results.add(try await product.collect().dense())
  for bits in results.bits { print(String(bits, radix: 16)) }
}
