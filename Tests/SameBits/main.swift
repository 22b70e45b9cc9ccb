// A program for every style, transport and number of workers, as the environment sets them: a truncated SVD
// with both sides, a pipeline of a map, an exchange, a map and a sum, QR both ways and in blocks, principal components,
// column statistics, similarities of sampled columns and of rows, LU, Cholesky and triangular solves; and a truncated SVD
// of each file that it is given. Prints how it runs to standard error and the bits of all results to standard output.

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

  for method in [QRMethod.tsqr, .cholesky] {
    let qr = try await product.qr(method: method, certify: true)
    results.add(qr.r)
    if let q = qr.q { results.add(try await q.collect().dense()) }
  }
  let pca = try await a.pca(count: 3, method: .lanczos, scores: true)
  results.add(pca.explainedVariance + pca.residuals)
  if let scores = pca.scores { results.add(try await scores.collect().dense()) }
  results.add(try await a.columnStatistics().variance)
  let similar = try await a.columnSimilarities(threshold: 0.1, standardError: 0.15, seed: 9)
  results.add(similar.pairs.storage)
  results.add(try await a.rowSimilarities(threshold: 0.4).pairs.storage)

  let (n, right): (Int, DenseMatrix<Double>) = (70, try MatrixGenerator.dense(Shape(70, 3), seed: 11))
  let square: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(n, n), seed: 13)
  let blocks = try await BlockMatrix(.dense(square), blockSize: 16, on: cluster)
  let lu = try await blocks.lu(blockSize: 12)
  results.add(lu.permutation.map { Double($0) })
  for factor in [try await lu.lower(), try await lu.upper()] {
    results.add(try await factor.collect().dense())
  }
  for adjoint in [false, true] { results.add(try await lu.solve(right, adjoint: adjoint)) }
  let definite = try square.adjoint() * square + DenseMatrix(identity: n)
  let cholesky = try await BlockMatrix(.dense(definite), blockSize: 16, on: cluster).cholesky(blockSize: 12)
  results.add(try await cholesky.lower().collect().dense())
  results.add(try await cholesky.solve(right))
  for part in [TriangularPart(.upper), TriangularPart(.lower, isAdjoint: true)] {
    results.add(try await blocks.solve(part, right, blockSize: 9))
  }
  let panels = try await blocks.qr(panelWidth: 20)
  results.add(try await panels.r.collect().dense())
  if let q = panels.q { results.add(try await q.collect().dense()) }

  for path in CommandLine.arguments.dropFirst() {
    let file = try await RowMatrix<Double>.read(path, partitions: 9, on: cluster)
    let svd = try await file.svd(count: 3, leftVectors: true)
    results.add(svd.singularValues)
    results.add(svd.right)
    if let left = svd.left { results.add(try await left.collect().dense()) }
  }
  for bits in results.bits { print(String(bits, radix: 16)) }
}
