// What the planner knows of the result before it plans, and what a plan says of every worker.

/// The result as the planner sees it.
struct ResultMap: Hashable, Sendable {
  /// Whether a tile of C holds all columns of its rows, as in a row matrix, or one unit.
  var isInSlabs: Bool
  /// The owner of each tile where that is given (C += AB); nil where the plan decides.
  var owners: [Int]?
  /// Only units with I <= J are computed: C is Hermitian.
  var isTriangular = false
  /// Whether partial results of sparse operands are made dense.
  var fillsUp = false
  /// Whether its tiles are lists of entries.
  var isInEntries = false
}

/// What one worker receives and holds.
struct WorkerPrediction: Hashable, Sendable {
  /// Words of A.
  var leftWords = 0
  /// Words of B.
  var rightWords = 0
  /// Words of partial results.
  var partialWords = 0
  /// Bytes of operands where they lie.
  var operandBytes = 0
  /// Bytes of what its cell takes of them, beside what lies there whole.
  var cellBytes = 0
  /// Bytes of the partial results of its cell.
  var partialBytes = 0
  /// Bytes of partial results of others for its tiles of C, and of these tiles beside partial results that become
  /// tiles as they are.
  var resultBytes = 0

  /// Bytes of pieces that are cut out of what it has and kept until all is done; nil where what a cell took, too,
  /// is gone when partial results travel.
  var pieceBytes: Int?

  /// The most bytes of operands, panels and results at a time.
  var peakBytes: Int {
    guard let pieceBytes else { return operandBytes + partialBytes + max(cellBytes, resultBytes) }
    return operandBytes + pieceBytes + cellBytes + partialBytes + resultBytes
  }
  /// Words in all.
  var words: Int { leftWords + rightWords + partialWords }
}
