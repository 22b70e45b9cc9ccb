// A grid of pm x pk x pn cells over the index space m x k x n of C = A B: each cell is a range of rows, a
// range of the inner dimension and a range of columns, and at most one worker computes it.
//
//   P x 1 x 1  every worker has rows of A and all of B          (broadcast right)
//   1 x 1 x P  every worker has all of A and columns of B       (broadcast left)
//   1 x P x 1  columns of A times rows of B, partial results    (inner split)
//   pk = 1     C stays, A and B move (SUMMA, Cannon);  pn = 1  A stays;  pm = 1  B stays;  else 3-D

/// How many cells there are along rows, inner dimension and columns.
public struct MultiplyGrid: Hashable, Sendable {
  /// Cells along the rows of A and C.
  public let rows: Int
  /// Cells along the columns of A and rows of B.
  public let inner: Int
  /// Cells along the columns of B and C.
  public let columns: Int

  /// A grid of `rows` x `inner` x `columns` cells.
  ///
  /// - Precondition: at least one cell each way.
  public init(_ rows: Int, _ inner: Int, _ columns: Int) {
    precondition(rows >= 1 && inner >= 1 && columns >= 1)
    self.rows = rows
    self.inner = inner
    self.columns = columns
  }

  /// Number of cells.
  public var cellCount: Int { rows * inner * columns }

  /// The number of cell (i, k, j).
  func cell(_ i: Int, _ k: Int, _ j: Int) -> Int { (i * inner + k) * columns + j }

  /// Where cell `c` stands.
  func position(of c: Int) -> (i: Int, k: Int, j: Int) {
    (c / (inner * columns), c / columns % inner, c % columns)
  }

  /// What the field calls it.
  public var name: String {
    switch (rows > 1, inner > 1, columns > 1) {
    case (false, false, false): "one worker"
    case (true, false, false): "broadcast right"
    case (false, false, true): "broadcast left"
    case (false, true, false): "inner split"
    case (true, false, true): "stationary C"
    case (true, true, false): "stationary A"
    case (false, true, true): "stationary B"
    case (true, true, true): "3-D"
    }
  }

  /// Words that each worker receives when every operand and the result lie spread over the cells that use
  /// them: mk/(pm pk) (1 - 1/pn) + kn/(pk pn) (1 - 1/pm) + mn/(pm pn) (1 - 1/pk).
  public func words(rows m: Int, inner k: Int, columns n: Int) -> Double {
    let (m, k, n) = (Double(m), Double(k), Double(n))
    let (pm, pk, pn) = (Double(rows), Double(inner), Double(columns))
    return m * k / (pm * pk) * (1 - 1 / pn) + k * n / (pk * pn) * (1 - 1 / pm)
      + m * n / (pm * pn) * (1 - 1 / pk)
  }

  /// The grids of at most `workers` cells within the given limits that cannot be made longer in any
  /// direction, and the single cell. In lexicographic order.
  static func candidates(workers: Int, rows: Int, inner: Int, columns: Int) -> [MultiplyGrid] {
    var grids: [MultiplyGrid] = []
    for pm in 1...max(1, min(rows, workers)) {
      for pk in 1...max(1, min(inner, workers / pm)) {
        let pn = max(1, min(columns, workers / (pm * pk)))
        let isMaximal =
          (pm == rows || (pm + 1) * pk * pn > workers) && (pk == inner || pm * (pk + 1) * pn > workers)
        if isMaximal || pm * pk * pn == 1 { grids.append(MultiplyGrid(pm, pk, pn)) }
      }
    }
    let one = MultiplyGrid(1, 1, 1)
    return grids.contains(one) ? grids : [one] + grids
  }
}

extension MultiplyGrid: CustomStringConvertible {
  /// "4x1x4"
  public var description: String { "\(rows)x\(inner)x\(columns)" }

  /// The grid that `description` prints; nil for other text.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 3, let pm = parts[0], let pk = parts[1], let pn = parts[2], pm >= 1, pk >= 1, pn >= 1
    else { return nil }
    let (first, overflow) = pm.multipliedReportingOverflow(by: pk)
    guard !overflow, !first.multipliedReportingOverflow(by: pn).overflow else { return nil }
    self.init(pm, pk, pn)
  }
}
