// What a truncated SVD asks of a matrix, wherever it is: in slabs on the workers (`RowMatrix`, `PreparedRowMatrix`), on
// the driver (`LocalSource`), or known by its products with vectors alone (`OperatorSource`).

import TesseraDistributedMatrices
import TesseraLocalMatrices

protocol SVDSource<Element>: TripletSource {
  /// The form in which it is read many times.
  associatedtype Iterated: SVDSource = Self where Iterated.Element == Element
  /// Stored elements, as a plan counts them.
  var storedCount: Int { get }
  var tileCount: Int { get }
  var access: SVDPlan.Access { get }
  /// What passes move; nil where only the operator knows.
  var traffic: SlabTraffic? { get }
  /// A in the form in which it is read many times.
  func iterated() async throws -> Iterated

  /// The largest modulus of an element, or what is known of it, and the Frobenius norm.
  func magnitudes() async throws -> (largest: Element.Real, frobenius: Element.Real)
  /// A times a power of two.
  func scaled(by factor: Element) async throws -> Self
  /// A^H.
  func flipped() async throws -> Self

  /// A^H A.
  func gram() async throws -> DenseMatrix<Element>
  /// All of A on the driver.
  func wholeMatrix() async throws -> DenseMatrix<Element>

  /// |I - Q^H Q|_F.
  func orthogonality(of q: Left) async throws -> Element.Real
  /// Q on the driver.
  func onDriver(_ q: Left) async throws -> DenseMatrix<Element>
  /// A matrix of the driver's beside the rows.
  func beside(_ q: DenseMatrix<Element>) async throws -> Left
}

extension SVDSource {
  func plan(count: Int, leftVectors: Bool) -> SVDPlan {
    let n = shape.columns
    return SVDPlan(
      shape: shape, storedCount: storedCount, tiles: tileCount, share: traffic?.share ?? SlabShare(),
      count: count, bytesPerElement: MemoryLayout<Element>.stride,
      canIterate: LanczosEigenpairs<Element>.canRun(order: n, count: count),
      basis: LanczosEigenpairs<Element>.basis(order: n, count: count),
      block: BlockKrylovVectors<Element>.block(order: n, count: count), access: access, traffic: traffic,
      leftVectors: leftVectors)
  }
}

extension SVDSource where Iterated == Self {
  func iterated() async throws -> Self { self }
}

extension RowMatrix: SVDSource {
  typealias Left = RowMatrix

  var traffic: SlabTraffic? { slabTraffic }
  var tileCount: Int { layout.tileCount }
  var access: SVDPlan.Access {
    .elements(isSparse: Double(storedCount) < 0.5 * Double(rows) * Double(columns))
  }

  func iterated() async throws -> PreparedRowMatrix<S> { try await prepared() }

  func flipped() async throws -> RowMatrix { try await adjoint().materialized() }

  func wholeMatrix() async throws -> DenseMatrix<S> { try await collect().dense() }

  func factors(ofImageOf x: DenseMatrix<S>) async throws -> (q: RowMatrix, r: DenseMatrix<S>) {
    try await multiplied(by: x).orthogonalFactors()
  }

  func orthogonality(of q: RowMatrix) async throws -> S.Real {
    try await (q.gram() - DenseMatrix(identity: q.columns)).norm()
  }

  func onDriver(_ q: RowMatrix) async throws -> DenseMatrix<S> { try await q.collect().dense() }

  func beside(_ q: DenseMatrix<S>) async throws -> RowMatrix { try await RowMatrix(.dense(q), beside: self) }
}
