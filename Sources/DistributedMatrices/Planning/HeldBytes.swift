// What things that workers hold have beside the arrays of their elements: shapes, flags, places and the lengths of
// arrays, eight bytes each, as they are encoded. Of tiles of a few dozen elements that is a large part.

/// Bytes of a tile, a part or a partial result beside its arrays.
enum HeldBytes {
  /// A tile: kind, rows, columns, order, conjugation and at most three lengths.
  static let tile = 64
  /// A dense part of an operand: the same with one length, and the place.
  static let densePart = 64
  /// A sparse part of an operand.
  static let sparsePart = 80
  /// A dense partial result, whose place has a leaf of the reduction tree too.
  static let densePartial = 72
  /// A sparse partial result.
  static let sparsePartial = 88
  /// An operand of a cell, or its result: the number of parts.
  static let cell = 8
  /// A piece of a list of entries: its kind and three lengths.
  static let entryPiece = 32
  /// Where a piece goes, and how many go there.
  static let target = 16
}
