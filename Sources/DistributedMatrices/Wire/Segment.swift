// Numbers of a part of a vector: partial sums of the columns or rows that a tile reaches.

import TesseraCommunication
import TesseraLocalMatrices

/// Numbers at consecutive places, the first of which is `first`.
struct Segment<S: Scalar>: WireCodable {
  var first: Int
  var elements: [S]

  init(first: Int, _ elements: [S]) {
    self.first = first
    self.elements = elements
  }

  func encode(to writer: inout WireWriter) {
    writer.write(first)
    writer.write(array: elements)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    first = try reader.readInt(in: 0...(Int.max >> 1), "a place")
    elements = try reader.readArray(of: S.self)
  }

  /// Adds numbers, wherever they lie; zeros between. O(places from the first to the last).
  mutating func add(_ other: Segment) {
    if other.elements.isEmpty { return }
    if elements.isEmpty {
      self = other
      return
    }
    let start = min(first, other.first)
    let end = max(first + elements.count, other.first + other.elements.count)
    if start < first { elements.insert(contentsOf: repeatElement(0, count: first - start), at: 0) }
    if end - start > elements.count {
      elements.append(contentsOf: repeatElement(0, count: end - start - elements.count))
    }
    first = start
    for k in other.elements.indices { elements[other.first - start + k] += other.elements[k] }
  }
}
