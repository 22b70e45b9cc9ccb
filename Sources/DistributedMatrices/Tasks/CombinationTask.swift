// C_t = alpha A_t + beta B_t, or A_t .* B_t, tile by tile. Nothing moves but two numbers.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

/// What to make of two tiles.
struct Combination<S: Scalar>: WireCodable {
  enum Kind: Int { case sum, elementwiseProduct }

  let kind: Kind
  /// The factors of a sum; of a product the first counts.
  let alpha: S
  let beta: S
  /// How the tiles are read; both are stored alike.
  let firstIsConjugated: Bool
  let secondIsConjugated: Bool

  init(_ kind: Kind, _ alpha: S, _ beta: S, firstIsConjugated: Bool, secondIsConjugated: Bool) {
    self.kind = kind
    self.alpha = alpha
    self.beta = beta
    self.firstIsConjugated = firstIsConjugated
    self.secondIsConjugated = secondIsConjugated
  }

  func encode(to writer: inout WireWriter) {
    writer.write(kind.rawValue)
    writer.write((firstIsConjugated ? 1 : 0) + (secondIsConjugated ? 2 : 0))
    writer.write(array: [alpha, beta])
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    guard let kind = Kind(rawValue: try reader.readInt()) else { throw .malformed(expected: "a combination") }
    self.kind = kind
    let flags = try reader.readInt(in: 0...3, "flags")
    firstIsConjugated = flags & 1 != 0
    secondIsConjugated = flags & 2 != 0
    let factors = try reader.readArray(of: S.self)
    guard factors.count == 2 else { throw .malformed(expected: "two factors") }
    (alpha, beta) = (factors[0], factors[1])
  }
}

enum CombinationTask<S: Scalar>: MapTask {
  typealias Arguments = Combination<S>
  typealias Input = TilePair<LocalMatrix<S>, LocalMatrix<S>>
  static var name: String { scalarName("combination", S.self) }

  static func run(_ what: Combination<S>, _ input: TilePair<LocalMatrix<S>, LocalMatrix<S>>, tile: Int) throws
    -> LocalMatrix<S>
  {
    let a = MatrixView(isConjugated: what.firstIsConjugated)(input.first)
    let b = MatrixView(isConjugated: what.secondIsConjugated)(input.second)
    switch what.kind {
    case .elementwiseProduct:
      let product = try a.elementwiseProduct(b)
      return try (what.alpha == 1 ? product : what.alpha * product).byRows().compact()
    case .sum:
      let left = what.alpha == 1 ? a : what.alpha * a
      if what.beta == -1 { return try (left - b).byRows().compact() }
      return try (left + (what.beta == 1 ? b : what.beta * b)).byRows().compact()
    }
  }
}

/// The largest absolute and relative difference of two tiles.
enum DifferenceTask<S: Scalar>: ReduceTask {
  typealias Arguments = [Int]
  typealias Input = TilePair<LocalMatrix<S>, LocalMatrix<S>>
  static var name: String { scalarName("difference", S.self) }

  /// - Parameter conjugated: for each of the two, whether it is to be read so.
  static func run(_ conjugated: [Int], _ input: TilePair<LocalMatrix<S>, LocalMatrix<S>>, tile: Int) throws
    -> VectorTile<S.Real>
  {
    guard conjugated.count == 2 else { throw CommunicationError.malformed(expected: "two flags") }
    let a = MatrixView(isConjugated: conjugated[0] == 1)(input.first)
    let b = MatrixView(isConjugated: conjugated[1] == 1)(input.second)
    var (absolute, relative): (S.Real, S.Real) = (0, 0)
    try (a - b).forEach { i, j, difference in
      // Equal infinities differ by NaN.
      if a[i, j] == b[i, j] { return }
      let size = difference.modulus
      absolute = larger(absolute, size)
      relative = larger(relative, size / Swift.max(a[i, j].modulus, b[i, j].modulus))
    }
    return VectorTile([absolute, relative])
  }

  static func combine(_ left: inout VectorTile<S.Real>, _ right: VectorTile<S.Real>, _: [Int]) throws {
    guard left.elements.count == 2, right.elements.count == 2 else {
      throw CommunicationError.malformed(expected: "two differences")
    }
    for k in 0..<2 { left.elements[k] = larger(left.elements[k], right.elements[k]) }
  }
}

/// The larger of the two, NaN when either is.
func larger<Real: RealScalar>(_ a: Real, _ b: Real) -> Real { a.isNaN || b.isNaN ? .nan : Swift.max(a, b) }

extension LocalMatrix {
  /// The element in row `i`, column `j`.
  ///
  /// - Precondition: (i, j) lies in the matrix.
  subscript(i: Int, j: Int) -> S {
    switch self {
    case .dense(let a): a[i, j]
    case .sparse(let a): a[i, j]
    }
  }
}
