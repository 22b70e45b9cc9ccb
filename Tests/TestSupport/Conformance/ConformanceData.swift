// Numbers that say by whom they were made and where they belong.

import Numerics
import TesseraCommunication
import TesseraLocalMatrices
import TesseraPartitioning

typealias ComplexFloat = Complex<Float>
typealias ComplexDouble = Complex<Double>

/// Element `index` of worker `rank`: a small integer in each part.
func number<S: Scalar>(_ index: Int, by rank: Int) -> S {
  S(real: S.Real((rank * 31 + index * 7) % 101 - 50), imaginary: S.Real((rank * 5 + index * 3) % 13))
}

/// The first numbers of worker `rank`.
func vector<S: Scalar>(_ count: Int, of _: S.Type = S.self, by rank: Int) -> [S] {
  (0..<count).map { number($0, by: rank) }
}

/// Element `index` of worker `rank`: numbers of such different size that their sum depends on the order.
func roughNumber<S: Scalar>(_ index: Int, by rank: Int) -> S {
  let huge = 1 / S.Real.ulpOfOne
  let sizes: [S.Real] = [huge, 1, -huge, 0.3, -1, huge * 3, -0.7]
  return S(
    real: sizes[(rank * 3 + index) % 7] * S.Real(1 + index % 3), imaginary: sizes[(rank + index * 2) % 7])
}

/// Everybody's rough numbers, added along the reduction tree over the ranks.
func treeSum<S: Scalar>(_ index: Int, below node: ReductionNode) -> S {
  if node.isLeaf { return roughNumber(index, by: node.first) }
  let (left, right) = node.children
  let sum: S = treeSum(index, below: left)
  guard let right else { return sum }
  return sum + treeSum(index, below: right)
}

/// Whether the numbers are the same, bit for bit.
func haveEqualBits<S: Scalar>(_ a: [S], _ b: [S]) -> Bool {
  a.withUnsafeBytes { a in b.withUnsafeBytes { b in a.elementsEqual(b) } }
}

/// Lengths that differ from rank to rank, none among them.
func unevenCounts(_ size: Int, about count: Int) -> [Int] {
  (0..<size).map { $0 % 3 == 1 ? 0 : count + $0 % 4 }
}

/// Numbers as a value.
struct Numbers<S: Scalar>: WireCodable, Equatable {
  let elements: [S]
  init(_ elements: [S]) { self.elements = elements }
  func encode(to writer: inout WireWriter) { writer.write(array: elements) }
  init(from reader: inout WireReader) throws(CommunicationError) {
    elements = try reader.readArray(of: S.self)
  }
}
