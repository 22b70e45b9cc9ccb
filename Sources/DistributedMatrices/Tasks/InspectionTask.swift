// One pass over the elements that tells whether they are all finite, how large they get, and the Frobenius
// norm: what a decomposition needs to know before it starts. Three numbers from every worker.

import Numerics
import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

/// What one pass over the elements of a matrix finds.
struct Inspection<Real: RealScalar>: WireCodable {
  /// Row and column of the first NaN or infinite element, in row order, counted from the matrix's corner.
  var firstNotFinite: [Int] = []
  /// The largest modulus of the finite elements.
  var largest: Real = 0
  /// The Frobenius norm.
  var frobenius: Real = 0

  init() {}

  func encode(to writer: inout WireWriter) {
    firstNotFinite.encode(to: &writer)
    writer.write(array: [largest, frobenius])
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    firstNotFinite = try [Int](from: &reader)
    let numbers = try reader.readArray(of: Real.self)
    guard numbers.count == 2, firstNotFinite.isEmpty || firstNotFinite.count == 2 else {
      throw .malformed(expected: "an inspection")
    }
    (largest, frobenius) = (numbers[0], numbers[1])
  }
}

enum InspectionTask<A: RowSlab>: ReduceTask {
  typealias S = A.Element
  typealias Arguments = [Int]
  typealias Input = A
  static var name: String { A.taskName("inspection") }

  /// - Parameter firstRows: the first row of each slab.
  static func run(_ firstRows: [Int], _ slab: A, tile: Int) throws -> Inspection<S.Real> {
    guard firstRows.indices.contains(tile) else {
      throw CommunicationError.malformed(expected: "the first row of tile \(tile)")
    }
    var found = Inspection<S.Real>()
    if let finite = slab.finiteMagnitudes {
      (found.largest, found.frobenius) = finite
      return found
    }
    let summary = slab.local.summary()
    if let (row, column) = summary.firstNotFinite { found.firstNotFinite = [firstRows[tile] + row, column] }
    found.largest = summary.largest
    found.frobenius = summary.frobenius
    return found
  }

  static func combine(_ left: inout Inspection<S.Real>, _ right: Inspection<S.Real>, _: [Int]) {
    if left.firstNotFinite.isEmpty { left.firstNotFinite = right.firstNotFinite }
    left.largest = max(left.largest, right.largest)
    left.frobenius = hypotenuse(left.frobenius, right.frobenius)
  }
}
