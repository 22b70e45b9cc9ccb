// Sets of positions do what sets of integers do, and come back from the wire as they were.

import TesseraCommunication
import TesseraTestSupport
import Testing

@testable import TesseraDistributedMatrices

@Suite struct PositionSetTests {
  @Test(arguments: [0, 1, 2, 63, 64, 65, 127, 128, 300]) func setsAreSetsOfIntegers(extent: Int) throws {
    var generator = SeededGenerator(seed: extent)
    func draw(_ oneIn: UInt64) -> (PositionSet, Set<Int>) {
      let members = Set((0..<extent).filter { _ in generator.next() % oneIn == 0 })
      var set = PositionSet(extent: extent)
      for member in members { set.insert(member) }
      return (set, members)
    }
    func members(_ set: PositionSet) -> [Int] {
      var found: [Int] = []
      set.forEach(in: 0..<extent) { found.append($0) }
      return found
    }
    for oneIn in [1, 2, 20] as [UInt64] {
      let ((a, x), (b, y)) = (draw(oneIn), draw(3))
      #expect(members(a) == x.sorted() && a.count == x.count)
      var union = a
      union.formUnion(b)
      #expect(members(union) == x.union(y).sorted())
      #expect(members(a.intersection(b)) == x.intersection(y).sorted())
      let ranks = a.ranks
      for position in 0...extent {
        #expect(ranks[position] == x.count { $0 < position })
        if position < extent { #expect(a.contains(position) == x.contains(position)) }
      }
      for _ in 0..<20 {
        let (p, q) = (Int(generator.next() % UInt64(extent + 1)), Int(generator.next() % UInt64(extent + 1)))
        let range = min(p, q)..<max(p, q)
        #expect(a.count(in: range) == x.count { range.contains($0) })
        var filled = a
        filled.insert(range)
        #expect(members(filled) == x.union(range).sorted())
      }
      var writer = WireWriter()
      a.encode(to: &writer)
      var reader = WireReader(writer.contiguous())
      #expect(try PositionSet(from: &reader) == a)
      #expect(reader.remaining == 0)
    }
  }

  @Test func bitsBeyondTheExtentAndRunsThatLeaveItAreRefused() {
    for (form, numbers) in [
      (1, [1 << 10]), (1, [0, 0]), (1, []), (0, [3, 11]), (0, [5, 3]), (0, [1]), (0, [-1, 2]), (2, [0]),
    ] {
      var writer = WireWriter()
      writer.write(10)
      writer.write(form)
      numbers.encode(to: &writer)
      #expect(throws: CommunicationError.self, "\(form) \(numbers)") {
        var reader = WireReader(writer.contiguous())
        _ = try PositionSet(from: &reader)
      }
    }
  }
}
