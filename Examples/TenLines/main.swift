import Tessera

try await Cluster.run { cluster in
  let a = try await RowMatrix<Double>.read("Data/digits/digits.mtx.gz", on: cluster)
  let svd = try await a.svd(count: 10, leftVectors: true)
  print("\(a.shape) in \(svd.passes) passes by \(svd.method), converged: \(svd.converged)")
  for (value, residual) in zip(svd.singularValues, svd.residuals) {
    print(value, residual)
  }
}
