// What every transport must do, as one program that all ranks of a group run at once: in threads, in processes
// of an MPI job, in workers at the end of a socket. It compares with results computed on the spot and says in
// words what differs, so that it runs where no test framework is.

public import TesseraCommunication

/// Runs all checks at this rank; every rank of the group calls it with the same arguments. Returns what is
/// wrong, one line each, nothing when all is well. An error of the transport ends the checks and closes the
/// group.
///
/// - Parameters:
///   - largest: how many numbers the longest collectives move; none are done for 0.
///   - postedBytes: the length of the messages that cross each other, beyond what any buffer on the way holds.
///   - messages: how many short messages follow each other.
public func conformanceFailures(
  of end: any Communicator, largest: Int = 0, postedBytes: Int = 8 << 20, messages: Int = 10_000
) -> [String] {
  let check = Conformance(end)
  do {
    try check.messages(count: messages, bytes: postedBytes)
    try check.values()
    try check.numbers(Float.self)
    try check.numbers(Double.self)
    try check.numbers(ComplexFloat.self)
    try check.numbers(ComplexDouble.self)
    try check.order()
    try check.groups()
    if largest > 0 { try check.many(largest) }
    try end.barrier()
  } catch {
    check.failures.append("rank \(end.rank) of \(end.size): \(error)")
    end.close(reason: "\(error)")
  }
  return check.failures
}

/// The checks of one rank, and what they have found.
final class Conformance {
  let end: any Communicator
  var failures: [String] = []

  init(_ end: any Communicator) { self.end = end }

  var rank: Int { end.rank }
  var size: Int { end.size }
  var next: Int { (rank + 1) % size }
  var previous: Int { (rank - 1 + size) % size }

  func expect(_ isTrue: Bool, _ what: @autoclosure () -> String) {
    if !isTrue { failures.append("rank \(rank) of \(size): \(what())") }
  }
}
