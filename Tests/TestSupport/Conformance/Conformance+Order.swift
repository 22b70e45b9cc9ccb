// What a reduction may not change: operations that are not sums, and the order of those that do not commute.

import TesseraCommunication

extension Conformance {
  func order() throws {
    for count in [1, 1000, 50_000] {
      let mine = (0..<count).map { Double(($0 * 37 + rank * 11) % 1009) }
      func everybodys(_ i: Int) -> [Double] { (0..<size).map { Double((i * 37 + $0 * 11) % 1009) } }
      var numbers = mine
      try end.allReduce(numbers: &numbers, .maximum)
      expect(numbers == (0..<count).map { everybodys($0).max() ?? 0 }, "the maximum of \(count)")
      numbers = mine
      try end.allReduce(numbers: &numbers, .minimum)
      expect(numbers == (0..<count).map { everybodys($0).min() ?? 0 }, "the minimum of \(count)")
      // x -> a x + b composed from the left: associative, and anything but commutative.
      var maps = (0..<count).map { AffineMap($0, by: rank) }
      try end.allReduce(numbers: &maps, .composition)
      let expected = (0..<count).map { i in
        (1..<size).reduce(AffineMap(i, by: 0)) { $0.then(AffineMap(i, by: $1)) }
      }
      expect(maps == expected, "the composition of \(count)")
    }
  }
}

/// x -> factor x + term, modulo 2^64.
struct AffineMap: Equatable {
  var factor: UInt64
  var term: UInt64

  init(factor: UInt64, term: UInt64) {
    self.factor = factor
    self.term = term
  }

  init(_ index: Int, by rank: Int) {
    self.init(factor: UInt64(2 * (rank + index) + 1), term: UInt64(rank + 7))
  }

  /// This map first.
  func then(_ other: AffineMap) -> AffineMap {
    AffineMap(factor: factor &* other.factor, term: term &* other.factor &+ other.term)
  }
}

extension Elementwise<AffineMap> {
  static var composition: Elementwise {
    Elementwise { left, right in
      for i in left.indices { left[i] = left[i].then(right[i]) }
    }
  }
}
