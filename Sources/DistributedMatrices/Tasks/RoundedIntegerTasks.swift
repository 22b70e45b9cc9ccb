// Whole numbers that were rounded when workers read them: whether there can be such among the elements, and how many
// there are in each part of a file, which only who reads it sees.

import Numerics
import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraMatrixFiles

/// 1 when an element is so large that it may be a whole number that has been rounded, 0 otherwise. O(elements).
enum LargeNumberTask<Content: MatrixTile>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = Content
  static var name: String { "large-numbers/" + Content.typeName }

  static func run(_: Empty, _ tile: Content, tile t: Int) -> Int {
    switch tile {
    case let matrix as LocalMatrix<Content.Element>: matrix.hasLargeNumber() ? 1 : 0
    case let entries as TripletMatrix<Content.Element>: entries.storage.hasLargeNumber() ? 1 : 0
    // Nobody knows: then the file tells.
    default: 1
    }
  }

  static func combine(_ left: inout Int, _ right: Int, _: Empty) { left = max(left, right) }
}

extension LocalMatrix {
  fileprivate func hasLargeNumber() -> Bool {
    switch self {
    case .dense(let a): a.storage.hasLargeNumber()
    case .sparse(let a): a.values.hasLargeNumber()
    }
  }
}

extension Array where Element: Scalar {
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  @specialized(where Element == Complex<Float>)
  @specialized(where Element == Complex<Double>)
  fileprivate func hasLargeNumber() -> Bool {
    contains { $0.realPart.magnitude >= 0x1p53 || $0.imaginaryPart.magnitude >= 0x1p53 }
  }
}

/// The whole numbers of a part that were rounded.
struct RoundedPart: Tile {
  var integers: RoundedIntegers

  static let typeName = "rounded-integers"

  init(_ integers: RoundedIntegers) { self.integers = integers }

  func encode(to writer: inout WireWriter) {
    writer.write(integers.count)
    writer.write(integers.first?.row ?? -1)
    writer.write(integers.first?.column ?? -1)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    let count = try reader.readInt(in: 0...Int.max, "a number of integers")
    let row = try reader.readInt(in: -1...Int(Int32.max), "a row")
    let column = try reader.readInt(in: -1...Int(Int32.max), "a column")
    integers = RoundedIntegers(
      count: count,
      first: row < 0 || column < 0 ? nil : RoundedIntegers.Place(row: row, column: column))
  }
}

/// What was rounded in a part of a file, which is read for that alone.
enum RoundedPartTask<S: Scalar>: SourceTask {
  typealias Arguments = FileParts
  static var name: String { scalarName("file-rounded", S.self) }

  static func make(_ parts: FileParts, tile: Int) throws -> RoundedPart {
    RoundedPart(try parts.read(tile, as: S.self).roundedIntegers)
  }
}

/// What was rounded in all parts.
enum RoundedSumTask: ReduceTask {
  typealias Arguments = Empty
  typealias Input = RoundedPart
  static var name: String { "rounded-sum" }

  static func run(_: Empty, _ part: RoundedPart, tile: Int) -> RoundedPart { part }

  static func combine(_ left: inout RoundedPart, _ right: RoundedPart, _: Empty) {
    left.integers = RoundedIntegers(
      count: left.integers.count + right.integers.count, first: left.integers.first ?? right.integers.first)
  }
}
