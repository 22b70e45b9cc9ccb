// Y = A^H (A X) = sum over slabs of A_i^H (A_i X): the fused pass of Krylov methods. X and Y are n x b
// panels, row-major. One read of every tile; nb words to every worker and nb from it.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

/// A panel of b vectors, row-major.
struct Panel<S: Scalar>: WireCodable {
  let width: Int
  let elements: [S]

  init(width: Int, elements: [S]) {
    self.width = width
    self.elements = elements
  }

  func encode(to writer: inout WireWriter) {
    writer.write(width)
    writer.write(array: elements)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    width = try reader.readInt(in: 0...Int.max, "a panel's width")
    elements = try reader.readArray(of: S.self)
  }
}

enum GramProductTask<A: RowSlab>: ReduceTask {
  typealias S = A.Element
  typealias Arguments = Panel<S>
  typealias Input = A
  static var name: String { A.taskName("gram-product") }

  static func run(_ x: Panel<S>, _ slab: A, tile: Int) throws -> VectorTile<S> {
    let columns = slab.shape.columns
    let (count, overflow) = columns.multipliedReportingOverflow(by: x.width)
    guard !overflow, x.elements.count == count else {
      throw CommunicationError.malformed(expected: "a panel of \(columns) x \(x.width)")
    }
    var y: [S] = zeroVector(count: columns * x.width)
    slab.addGramProduct(x.elements, width: x.width, to: &y)
    return VectorTile(y)
  }

  static func combine(_ left: inout VectorTile<S>, _ right: VectorTile<S>, _ x: Panel<S>) throws {
    try left.add(right)
  }
}
