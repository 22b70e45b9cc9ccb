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
  /// No plan fits the memory of a worker. `nearest` is the plan that needs least, `workersNeeded` the number
  /// of workers with as much memory each on which some plan fits with these cuts, nil when up to 256 none does, and
  /// `finer` says how dense factors have to be cut to fit on fewer, nil when no cut helps.
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
        + "available" + Self.remedy(workers, finer)
    case .inapplicable(let plan, let reason): "the plan \(plan) cannot be used: \(reason)"
    }
  }

  private static func remedy(_ workers: Int?, _ finer: FinerBlocks?) -> String {
    func count(_ workers: Int) -> String { workers == 1 ? "1 worker" : "\(workers) workers" }
    switch (workers, finer) {
    case (let workers, let finer?):
      return "; in blocks of \(finer.size) (--block-size \(finer.size)) it fits on " + count(finer.workers)
        + (workers.map { ", with these pieces on \($0)" } ?? "")
    case (let workers?, nil): return "; it fits on \(count(workers))"
    case (nil, nil):
      return
        "; 256 workers are not enough with pieces as large as these: cut the factors finer (--block-size, "
        + "--partitions) or give a worker more memory (--memory)"
    }
  }
}
