// Text tables with right-aligned columns, and numbers in few digits for them.

import Foundation
import Tessera

/// The rows with each column as wide as its widest cell, right-aligned, two blanks between.
func alignedTable(_ rows: [[String]]) -> String {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { j in rows.map { j < $0.count ? $0[j].count : 0 }.max() ?? 0 }
  return rows.map { row in
    zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
  }.joined(separator: "\n")
}

/// The numbers one under the other with their points aligned, in the fewest digits that read back the same.
func pointAligned<Real: RealScalar>(_ values: [Real]) -> [String] {
  let texts = values.map { "\($0)" }
  func fraction(_ text: String) -> Int {
    text.firstIndex(of: ".").map { text.distance(from: $0, to: text.endIndex) } ?? 0
  }
  let longest = texts.map(fraction).max() ?? 0
  return texts.map { $0 + String(repeating: " ", count: longest - fraction($0)) }
}

/// 1.2e-13
func scientific(_ x: Double) -> String { String(format: "%.1e", x) }

/// 12.3 %
func percent(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }

/// With the given number of digits after the point.
func fixed(_ x: Double, digits: Int) -> String { String(format: "%.\(digits)f", x) }
