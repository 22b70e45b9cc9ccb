// bench-kernels: the local kernels through the public interface, generic and from another module, beside the
// loop one would write by hand or the direct call of the library; and what steps and their recording cost. Arguments
// choose some of them by name.

import CBLAS
import Foundation
import Tessera

openblas_set_num_threads(1)

/// Calls the kernels as a library user's generic code does.
func productThroughGenericCode<S: Scalar>(_ a: SparseMatrix<S>, _ x: [S]) throws -> [S] { try a * x }

func benchSparse(rows: Int, columns: Int, perRow: Int) throws {
  let random = CounterBasedRandom(seed: 1)
  var indices: [Int32] = []
  var values: [Double] = []
  for i in 0..<rows {
    var row = Set<Int32>()
    for l in 0..<perRow {
      row.insert(Int32(random.uniform(UInt64(i * perRow + l)) * Double(columns)))
    }
    // A collision leaves the row shorter; fill up from the left so that every row is as long.
    var next: Int32 = 0
    while row.count < perRow {
      row.insert(next)
      next += 1
    }
    indices += row.sorted()
    for l in 0..<perRow { values.append(random.symmetric(UInt64(i * perRow + l), stream: 1)) }
  }
  let offsets = (0...rows).map { $0 * perRow }
  let a = try SparseMatrix(
    rows: rows, columns: columns, axis: .rows, offsets: offsets, indices: indices, values: values)
  let x: [Double] = (0..<columns).map { random.symmetric(UInt64($0), stream: 2) }
  var y: [Double] = []
  var result: [Double] = []
  let nonzeros = Double(rows * perRow)

  Paired(
    ours: { result = (try? productThroughGenericCode(a, x)) ?? [] },
    reference: { y = handSparseTimesVector(offsets, indices, values, x) }
  ).report(
    "sparse x vector, \(rows) x \(columns), \(perRow) a row", against: "hand loop", work: nonzeros,
    unit: "Gnz/s")
  guard result == y else { throw LinearAlgebraError.notConverged("the check of the product") }

  let local = LocalMatrix.sparse(a)
  var ours = [Double](repeating: 0, count: columns)
  var theirs = ours
  Paired(
    ours: {
      ours = [Double](repeating: 0, count: columns)
      local.addGramProduct(x, width: 1, to: &ours)
    },
    reference: { handGramTimesVector(offsets, indices, values, x, &theirs) }
  ).report("fused A'(A x), the same", against: "hand loop", work: nonzeros, unit: "Gnz/s")
  guard ours == theirs else { throw LinearAlgebraError.notConverged("the check of the fused product") }
}

func benchDense(order n: Int) throws {
  let a: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(n, n), seed: 1)
  let b: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(n, n), seed: 2)
  var c = [Double](repeating: 0, count: n * n)
  var product = DenseMatrix<Double>(zeros: 0, 0)
  Paired(
    rounds: 25, ours: { product = (try? a * b) ?? product },
    reference: {
      cblas_dgemm(
        CblasColMajor, CblasNoTrans, CblasNoTrans, Int32(n), Int32(n), Int32(n), 1, a.storage, Int32(n),
        b.storage, Int32(n), 0, &c, Int32(n))
    }
  ).report(
    "dense product of order \(n)", against: "cblas_dgemm", work: 2 * Double(n * n * n), unit: "GFLOP/s")
  guard product.storage == c else { throw LinearAlgebraError.notConverged("the check of the product") }
}

let kernels: [(name: String, run: () throws -> Void)] = [
  ("short", { try benchSparse(rows: 4_000_000, columns: 38_000, perRow: 2) }),
  ("long", { try benchSparse(rows: 1_000_000, columns: 300_000, perRow: 20) }),
  ("dense", { try benchDense(order: 1024) }),
  ("grouped", benchGrouped), ("products", benchProducts), ("generation", benchGeneration),
]
let chosen = CommandLine.arguments.dropFirst()
for (name, run) in kernels where chosen.isEmpty || chosen.contains(name) { try run() }
