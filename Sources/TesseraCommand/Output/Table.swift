// Numbers as they stand in tables.

import Foundation
import Tessera

/// The numbers one under the other with their points aligned, in the fewest digits that read back the same.
func pointAligned<Real: RealScalar>(_ values: [Real]) -> [String] {
  let texts = values.map { "\($0)" }
  func fraction(_ text: String) -> Int {
    text.firstIndex(of: ".").map { text.distance(from: $0, to: text.endIndex) } ?? 0
  }
  let longest = texts.map(fraction).max() ?? 0
  return texts.map { $0 + String(repeating: " ", count: longest - fraction($0)) }
}

/// A number in the fewest digits that read back the same; a complex one as Python writes it, unless it is real.
func numberText<S: Scalar>(_ x: S) -> String {
  if x.imaginaryPart == 0 { return "\(x.realPart)" }
  return "\(x.realPart)\(x.imaginaryPart.sign == .minus ? "" : "+")\(x.imaginaryPart)j"
}

/// 1.2e-13
func scientific(_ x: Double) -> String { String(format: "%.1e", x) }

/// 1 pass, 4 passes
func numberOfPasses(_ count: Int) -> String { count == 1 ? "1 pass" : "\(count) passes" }
