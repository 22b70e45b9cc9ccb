// Room for elements that a file seems to have: asked for once, so that nothing is copied on the way, in large pages,
// and only written to when the elements have come.

import TesseraLocalMatrices

extension Array {
  /// Makes room for `growth` times the elements that there are: no more than a quarter of the memory holds, with
  /// `besides` more bytes for each, because the size of a file may be a hole.
  mutating func reserve(growth: Double, besides: Int = 0) {
    let affordable = MemoryGuard.physicalBytes / 4 / (MemoryLayout<Element>.stride + besides)
    reserveInLargePages(Swift.min(affordable, Int(Swift.min(Double(count) * growth, 0x1p62))))
  }

  /// Makes room for `wanted` elements.
  mutating func reserveInLargePages(_ wanted: Int) {
    guard wanted > capacity else { return }
    var larger = [Element](roomInLargePages: wanted)
    larger += self
    self = larger
  }
}
