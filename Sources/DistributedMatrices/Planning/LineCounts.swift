// How unevenly an operand's elements lie over the inner dimension, and how many multiply-adds that allows. Let A
// store a_l elements in column l and B store b_l in row l; A B takes sum a_l b_l multiply-adds, and stores at most
// as many elements. A count of all elements says nothing of that sum: one full column against one full row is as
// much as a full product. With the sums of squares
//
//   sum a_l b_l <= |a| |b|                    (Cauchy-Schwarz; exact where a and b are proportional, as of even
//                                              operands, and of A A^H)
//   sum a_l b_l <= sum a_l max b_l            (better where A has less than an element in most columns)
//
// so that two numbers from every tile and unit bound it, whatever is stored. Tiles side by side along the inner
// dimension have different l, and their squares add up; tiles one upon the other have the same, and their norms do
// (UnitContent.swift). O(1) for a line or an element.

/// Of the numbers of elements in each line along the inner dimension, a column of A or a row of B.
struct LineCounts: Hashable, Sendable {
  /// The sum of their squares.
  var squares = 0.0
  /// The largest.
  var most = 0

  /// Takes in a line of `count` elements.
  mutating func add(line count: Int) {
    squares += Double(count) * Double(count)
    most = max(most, count)
  }

  /// Takes in one more element of a line that had `count`.
  mutating func grow(line count: Int) {
    squares += Double(2 * count + 1)
    most = max(most, count + 1)
  }
}
