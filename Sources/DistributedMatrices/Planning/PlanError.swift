// Why a product is not started.

/// Square blocks in which a refused product fits.
public struct FinerBlocks: Hashable, Sendable {
  /// Rows and columns of a block.
  public let size: Int
  /// The number of workers on which it fits so.
  public let workers: Int
}

/// A plan that cannot be carried out.
public enum PlanError: Error, Equatable, Sendable {
  /// No plan fits the memory of a worker. `nearest` is the plan that needs least, with `bytesNeeded` it fits;
  /// `workersNeeded` is the least power of two of workers with as much memory each on which some plan fits with these
  /// cuts, nil when up to 256 none does, and `finer` says how dense factors have to be cut to fit on fewer, nil when
  /// none of the sizes that are tried helps.
  case outOfMemory(
    bytesNeeded: Int, bytesAvailable: Int, nearest: MultiplyPlan, workersNeeded: Int?, finer: FinerBlocks?)
  /// A plan that was asked for and does not fit the operands or the workers.
  case inapplicable(plan: MultiplyPlan, reason: String)
}

extension PlanError: CustomStringConvertible {
  /// One line for a person.
  public var description: String {
    switch self {
    case .outOfMemory(let needed, let available, let nearest, let workers, let finer):
      "the product needs \(needed) bytes on a worker by the most sparing plan, \(nearest), and \(available) are "
        + "available; " + Self.remedies(needed, workers, finer).joined(separator: "; ")
    case .inapplicable(let plan, let reason): "the plan \(plan) cannot be used: \(reason)"
    }
  }

  /// What the planner has found to fit, and nothing else: finer pieces of sparse factors, say, can take more memory.
  private static func remedies(_ bytes: Int, _ workers: Int?, _ finer: FinerBlocks?) -> [String] {
    [
      finer.map {
        "in blocks of \($0.size) (--block-size \($0.size)) it fits on "
          + ($0.workers == 1 ? "1 worker" : "\($0.workers) workers")
      },
      workers.map { "in these pieces it fits on \($0) workers, the least power of two that does" },
      "it fits as it is where a worker is given as much as that plan needs (--memory \(bytes))",
    ].compactMap(\.self)
  }
}
