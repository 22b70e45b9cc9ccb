// Truth values as entries: several at one place are true if one of them is, as SciPy adds them. Elsewhere duplicates add
// up, to 2 here. O(n log n) time for n entries, O(n) where they are sorted; memory of 8 bytes each.

import TesseraLocalMatrices

extension TripletMatrix {
  /// The same entries, of which each is 0 or 1, with one at each place; as they are where that is so already.
  func withoutRepeatedTruth() -> TripletMatrix {
    func place(_ p: Int) -> UInt64 {
      UInt64(UInt32(bitPattern: rowIndices[p])) << 32 | UInt64(UInt32(bitPattern: columnIndices[p]))
    }
    var places = (0..<entryCount).map(place)
    places.sort()
    guard zip(places, places.dropFirst()).contains(where: ==) else { return self }
    let isTrue = Set((0..<entryCount).filter { storage[$0] != 0 }.map(place))
    var (rows, columns, values): ([Int32], [Int32], [S]) = ([], [], [])
    for (number, place) in places.enumerated() where number == 0 || place != places[number - 1] {
      rows.append(Int32(truncatingIfNeeded: place >> 32))
      columns.append(Int32(truncatingIfNeeded: place))
      values.append(isTrue.contains(place) ? 1 : 0)
    }
    return TripletMatrix(unchecked: self.rows, self.columns, rows, columns, values)
  }
}
