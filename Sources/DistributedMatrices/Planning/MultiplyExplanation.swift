// A plan for a person, before it runs: what moves, what it needs, how far it is from the lower bound, and
// what else was considered, as a database explains a query.

import TesseraInstrumentation
public import TesseraLocalMatrices
import TesseraPartitioning

/// What is known of a product before it begins.
public struct MultiplyExplanation: Sendable {
  /// One plan and what it would cost.
  public struct Candidate: Sendable, Hashable {
    /// The plan.
    public let plan: MultiplyPlan
    /// Words that each worker receives: of A, of B and of partial results. Operands exactly, but that what is
    /// touched of a sparse one is estimated in plans that are not chosen; partial results exactly where they
    /// are dense, else at most so many.
    public let words: [Int]
    /// Bytes that the worker that holds most holds at a time.
    public let peakBytes: Int

    /// Words of the worker that receives most.
    public var mostWords: Int { words.max() ?? 0 }
  }

  /// The plan that will be used.
  public let chosen: Candidate
  /// Other plans that fit the memory, best first.
  public let alternatives: [Candidate]
  /// Rows and columns of A.
  public let left: Shape
  /// Rows and columns of B.
  public let right: Shape
  /// Unit products along rows, inner dimension and columns.
  public let units: [Int]
  /// Words that some worker must receive for dense operands spread over all workers; nil where one is sparse.
  public let lowerBoundWords: Double?
  /// Bytes that a worker may hold.
  public let memoryPerWorker: Int
  /// Words of A, of B and of partial results to the worker that receives most.
  public let parts: [Int]

  /// The plan that will be used.
  public var plan: MultiplyPlan { chosen.plan }

  init(
    _ choice: MultiplyPlanner.Choice, left: Shape, right: Shape, isDense: Bool, isGram: Bool,
    memoryPerWorker: Int
  ) {
    func candidate(_ schedule: MultiplySchedule) -> Candidate {
      Candidate(
        plan: schedule.plan, words: schedule.predictions.map(\.words), peakBytes: schedule.peakBytes)
    }
    chosen = candidate(choice.schedule)
    alternatives = choice.alternatives.map(candidate)
    (self.left, self.right) = (left, right)
    let cuts = choice.schedule.cuts
    units = [cuts.rows.count, cuts.inner.count, cuts.columns.count]
    let workers = choice.schedule.predictions.count
    lowerBoundWords =
      !isDense
      ? nil
      : isGram
        ? CommunicationBound.gram(inner: right.rows, order: right.columns, workers: workers)
        : CommunicationBound.product(
          rows: left.rows, inner: left.columns, columns: right.columns, workers: workers)
    self.memoryPerWorker = memoryPerWorker
    let busiest = choice.schedule.predictions.max { $0.words < $1.words } ?? WorkerPrediction()
    parts = [busiest.leftWords, busiest.rightWords, busiest.partialWords]
  }

  /// A product of two matrices of the driver's, which moves nothing.
  ///
  /// - Precondition: the inner dimensions agree.
  /// - Throws: `PlanError.outOfMemory` where operands and result do not fit `memoryPerWorker` bytes.
  public init<S: Scalar>(
    local left: LocalMatrix<S>, _ right: LocalMatrix<S>, memoryPerWorker: Int
  ) throws(PlanError) {
    let bytes = left.heldBytes + right.heldBytes + left.mostProductBytes(times: right)
    guard bytes <= memoryPerWorker else {
      throw .outOfMemory(
        bytesNeeded: bytes, bytesAvailable: memoryPerWorker, nearest: .local, workersNeeded: nil, finer: nil)
    }
    chosen = Candidate(plan: .local, words: [0], peakBytes: bytes)
    alternatives = []
    (self.left, self.right) = (Shape(left.rows, left.columns), Shape(right.rows, right.columns))
    units = [1, 1, 1]
    lowerBoundWords = nil
    self.memoryPerWorker = memoryPerWorker
    parts = [0, 0, 0]
  }

  /// Why some workers have no work, where that is because the factors have no more pieces; nil otherwise.
  public var shortageOfPieces: String? {
    let (cells, workers) = (plan.grid?.cellCount ?? 1, chosen.words.count)
    guard 1 < cells, cells < workers, cells == units.reduce(1, *) else { return nil }
    return "only \(cells) of \(workers) workers have work: the factors have no more pieces "
      + "(\(unitsText)); --partitions cuts slabs of rows finer, --block-size blocks (--left-as block)"
  }

  private var unitsText: String { units.map(String.init).joined(separator: " x ") }
}

extension MultiplyExplanation: CustomStringConvertible {
  /// Several lines.
  public var description: String {
    let shapes = "C (\(left.rows) x \(right.columns)) = A (\(left)) B (\(right))"
    let memory = "memory: \(Text.bytes(chosen.peakBytes)) of \(Text.bytes(memoryPerWorker)) a worker\n"
    guard let grid = plan.grid else {
      return shapes + "\nplan local: both operands are the driver's\n" + memory
    }
    let workers = chosen.words.count == 1 ? "1 worker" : "\(chosen.words.count) workers"
    var text = shapes + ", \(workers), \(unitsText) unit products\n"
    text += "plan \(plan): \(plan.name), \(grid.cellCount == 1 ? "1 cell" : "\(grid.cellCount) cells")\n"
    if let shortage = shortageOfPieces { text += shortage + "\n" }
    let atMost = lowerBoundWords == nil ? "at most " : ""
    text +=
      "words to the worker that receives most: \(atMost)\(Text.grouped(chosen.mostWords)) "
      + "(A \(Text.grouped(parts[0])), B \(Text.grouped(parts[1])), partial results \(Text.grouped(parts[2])))\n"
    if grid.cellCount == 1, chosen.mostWords == 0 {
      text += "one worker has and computes all: nothing moves\n"
    } else if let bound = lowerBoundWords {
      let ratio = bound > 0 ? ", ratio \(Text.fixed(Double(chosen.mostWords) / bound, 3))" : ""
      text += "lower bound for operands spread evenly: \(Text.grouped(Int(bound.rounded())))\(ratio)\n"
    }
    text += memory
    guard !alternatives.isEmpty else { return text }
    let rows = ([chosen] + alternatives.prefix(9)).map { candidate in
      [
        "\(candidate.plan)", candidate.plan.name, Text.grouped(candidate.mostWords),
        Text.bytes(candidate.peakBytes),
      ]
    }
    text += Text.table([["considered", "", "words", "memory"]] + rows, leading: 2)
    let others = alternatives.count - 9
    return others > 0 ? text + "and \(others) more\n" : text
  }
}
