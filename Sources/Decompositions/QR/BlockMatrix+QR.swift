// A = Q R for a matrix in blocks, of any shape: panel by panel, each factored by a tree over its rows, and what is
// to its right updated by its compact WY form. k = min(m, n) columns in panels of w:
//
//   flops    4 m n k - 2 (m + n) k^2 + 4 k^3 / 3, as LAPACK's, and 8 m k w for the panels; as many again for Q
//   words    a panel: w^2 log2 T up and down its tree of T slabs, two products of Y, m x w, with what is to its
//            right; in all about (m k + k n) / sqrt(P) per worker where the products are on square grids
//   steps    k / w panels of about log2 T each
//
// Source: Demmel, Grigori, Hoemmen, Langou, Communication-optimal Parallel and Sequential QR and LU
// Factorizations, SIAM J. Sci. Comput. 34, 2012, section 4 (CAQR), with the panels of `PanelReflector`.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices
import TesseraPartitioning

/// The factorization A = Q R of an m x n matrix in blocks, k = min(m, n).
public struct BlockQRDecomposition<S: Scalar>: Sendable {
  /// m x k with orthonormal columns; nil when only R was asked for.
  public let q: BlockMatrix<S>?
  /// k x n: zeros below a diagonal that is real and not negative.
  public let r: BlockMatrix<S>
  /// How good it is, when that was asked for: large where elements of R are beyond the range of the scalar.
  public let certificate: QRCertificate<S.Real>?
}

extension BlockMatrix {
  /// A = Q R of this m x n matrix of any shape, rank and condition; k = min(m, n). Nothing of the size of A comes to
  /// the driver.
  ///
  /// Shapes: Q m x k, R k x n, both in blocks. Passes: one over what is left of A for each panel. For a tall matrix
  /// with few columns `RowMatrix.qr` is faster. Elements near the ends of the scalar's range are scaled by one power of two
  /// for the whole matrix: what is smaller than the largest by that range counts as zero.
  ///
  /// - Parameters:
  ///   - panelWidth: columns that are factored at a time; by default 128.
  ///   - orthogonalFactor: whether to compute Q, which doubles the work.
  ///   - certify: whether to compute the certificate, for which Q is needed.
  /// - Throws: `LinearAlgebraError.notFinite` with row and column, `invalidArgument` for a panel of no columns,
  ///   `outOfMemory`, `PlanError`, `ExecutionError`.
  public func qr(panelWidth: Int = 128, orthogonalFactor: Bool = true, certify: Bool = false) async throws
    -> BlockQRDecomposition<S>
  {
    guard panelWidth >= 1 else {
      throw LinearAlgebraError.invalidArgument("a panel of \(panelWidth) columns")
    }
    let largest = try await norm(.max)
    if !largest.isFinite { _ = try await rowMatrix().magnitudes() }
    let factor: S.Real = safeFactor(Double(largest))
    if factor != 1 {
      let tame = try await scaled(by: S(real: factor))
      let found = try await tame.qr(panelWidth: panelWidth, orthogonalFactor: orthogonalFactor || certify)
      let r = try await found.r.scaled(by: S(real: 1 / factor))
      var certificate: QRCertificate<S.Real>?
      if certify, let q = found.q {
        // Of what of R remains in the range.
        certificate = try await tame.certificate(q, r.scaled(by: S(real: factor)))
      }
      return BlockQRDecomposition(q: orthogonalFactor ? found.q : nil, r: r, certificate: certificate)
    }
    let k = min(rows, columns)
    let triangleGrid = Partitioning.defaultBlocks(rows: k, columns: columns, stored: k * columns)
    var r = try await BlockMatrix(.sparse(SparseMatrix(zeros: k, columns)), grid: triangleGrid, on: cluster)
    var reflectors: [PanelReflector<S>] = []
    var rest = layout.view == .plain ? self : try await blockMatrix(grid: partitioning)
    var first = 0
    while first < k {
      let width = min(panelWidth, k - first)
      let panel = try await rest.slice(columns: 0..<width).rowMatrix()
      let tree = try await TreeFactorization(panel)
      let reflector = try await PanelReflector(
        try await tree.orthogonalFactor(), cuts: rest.partitioning.rowCuts)
      reflectors.append(reflector)
      r = try await r.adding(
        try await BlockMatrix(.dense(tree.r), on: cluster)
          .embedded(row: first, column: first, in: triangleGrid))
      let right = try await reflector.applied(
        adjoint: true, to: rest.slice(columns: width..<rest.columns))
      if right.columns > 0 {
        // H^H A = D^H R on the left of the panel, so D R there is what R's rows are.
        let turn = DenseMatrix<S>(rows: width, columns: width) {
          $0 == $1 ? reflector.d[$0].conjugate : 0
        }
        let top = try await turn * right.slice(rows: 0..<width)
        r = try await r.adding(
          try await top.embedded(row: first, column: first + width, in: triangleGrid))
      }
      rest = try await right.slice(rows: width..<right.rows)
      first += width
    }
    let q = orthogonalFactor || certify ? try await accumulated(reflectors) : nil
    var certificate: QRCertificate<S.Real>?
    if certify, let q { certificate = try await self.certificate(q, r) }
    return BlockQRDecomposition(q: orthogonalFactor ? q : nil, r: r, certificate: certificate)
  }

  /// H_1 diag(I, H_2 diag(I, ...)) times the diagonals D on the identity, from the last panel to the first.
  private func accumulated(_ reflectors: [PanelReflector<S>]) async throws -> BlockMatrix {
    let k = min(rows, columns)
    var first = k
    var q = try await BlockMatrix(.dense(DenseMatrix(zeros: rows - k, 0)), on: cluster)
    for reflector in reflectors.reversed() {
      let width = reflector.d.count
      first -= width
      let grid = Partitioning(
        rowCuts: reflector.y.partitioning.rowCuts,
        columnCuts: Partitioning.defaultBlocks(
          rows: rows - first, columns: k - first, stored: (rows - first) * (k - first)
        ).columnCuts)
      var corner = try TripletMatrix<S>(rows: rows - first, columns: k - first)
      for i in 0..<width { corner.append(i, i, reflector.d[i]) }
      let identity = try await BlockMatrix(corner, grid: grid, on: cluster)
      let inner = try await q.embedded(row: width, column: width, in: grid)
      q = try await reflector.applied(adjoint: false, to: identity.adding(inner))
    }
    return q
  }

  private func certificate(_ q: BlockMatrix, _ r: BlockMatrix) async throws -> QRCertificate<S.Real> {
    let (difference, size) = (try await subtracting(q * r).norm(.one), try await norm(.one))
    var identity = try TripletMatrix<S>(rows: q.columns, columns: q.columns)
    for i in 0..<q.columns { identity.append(i, i, 1) }
    let gram = try await plan(gramOf: q).run()
    let defect = try await gram.subtracting(
      BlockMatrix(identity, grid: gram.partitioning, on: cluster)
    ).norm(.one)
    return QRCertificate(
      difference: difference, size: size, defect: defect, rows: rows, unitRoundoff: S.unitRoundoff)
  }
}
