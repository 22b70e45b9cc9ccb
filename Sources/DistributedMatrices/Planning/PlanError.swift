// Why a product is not started.

/// A plan that cannot be carried out.
public enum PlanError: Error, Equatable, Sendable {
  /// No plan fits the memory of a worker. `nearest` is the plan that needs least, `workersNeeded` the number
  /// of workers with as much memory each on which some plan fits with these cuts, nil when up to 256 none does.
  case outOfMemory(bytesNeeded: Int, bytesAvailable: Int, nearest: MultiplyPlan, workersNeeded: Int?)
  /// A plan that was asked for and does not fit the operands or the workers.
  case inapplicable(plan: MultiplyPlan, reason: String)
}

extension PlanError: CustomStringConvertible {
  /// One line for a person.
  public var description: String {
    switch self {
    case .outOfMemory(let needed, let available, let nearest, let workers):
      "the product needs \(needed) bytes on a worker by the most sparing plan, \(nearest), and \(available) are "
        + "available"
        + (workers.map { "; it fits on \($0) workers" }
          ?? "; 256 workers are not enough with pieces as large as these: cut the factors finer (--block-size, "
          + "--partitions) or give a worker more memory (--memory)")
    case .inapplicable(let plan, let reason): "the plan \(plan) cannot be used: \(reason)"
    }
  }
}
