// Dense products by the plain library, on as many threads as are asked for: what ours stand beside.

import CBLAS

/// The seconds of C := A B by dgemm, all three of order `n` and by columns.
public func dgemmSeconds(
  order n: Int, _ a: [Double], _ b: [Double], into c: inout [Double], threadCount: Int
) -> Double {
  openblas_set_num_threads(Int32(threadCount))
  defer { openblas_set_num_threads(1) }
  return seconds {
    cblas_dgemm(
      CblasColMajor, CblasNoTrans, CblasNoTrans, Int32(n), Int32(n), Int32(n), 1, a, Int32(n), b, Int32(n), 0,
      &c, Int32(n))
  }
}

/// The seconds of a triangle of A'A by dsyrk, A with `rows` rows of `columns` elements, row after row.
public func dsyrkSeconds(rows: Int, columns: Int, _ a: [Double], threadCount: Int) -> Double {
  var c = [Double](repeating: 0, count: columns * columns)
  openblas_set_num_threads(Int32(threadCount))
  defer { openblas_set_num_threads(1) }
  return seconds {
    cblas_dsyrk(
      CblasColMajor, CblasUpper, CblasNoTrans, Int32(columns), Int32(rows), 1, a, Int32(columns), 0, &c,
      Int32(columns))
  }
}
