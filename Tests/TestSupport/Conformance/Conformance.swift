// What every transport must do, as one program that all ranks of a group run at once: in threads, in
// processes of an MPI job, in workers at the end of a socket. It compares with results computed on the spot
// and says in words what differs, so that it runs where no test framework is.
//
//   what                                               of          numbers          run on
//   messages, posted and not, any source, split        values      up to 8 MB       every transport and wire,
//   every collective: its results                      4 scalars   0 to 20,011      1 to 8 ranks
//   every collective: its messages and words           Double      0 to 20,011      (MPI: 1, 2, 3, 4, 7)
//   every collective on ten million numbers (volume)   4 scalars   10^7             threads, sockets: 3;
//                                                                                   MPI: 2
//
// Of the last row `make test` runs every collective with one scalar, another on every transport; `make
// test-full` with all.

public import TesseraCommunication

/// Runs all checks at this rank; every rank of the group calls it with the same arguments. Returns what is
/// wrong, one line each, nothing when all is well. An error of the transport ends the checks and closes the
/// group.
///
/// - Parameters:
///   - largest: how many numbers the longest collectives move (`volume`); none are done for 0.
///   - turn: which scalar the first of them takes, 0 to 3; each takes the next.
///   - postedBytes: the length of the messages that cross each other, beyond what any buffer on the way holds.
///   - messages: how many short messages follow each other.
public func conformanceFailures(
  of end: any Communicator, largest: Int = 0, turn: Int = 0, postedBytes: Int = 8 << 20,
  messages: Int = 10_000
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
    try check.costs()
    if largest > 0 { try check.volume(largest, turn: turn) }
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
  /// The roots that collectives are tried with.
  var roots: [Int] { Set([0, size / 2, size - 1]).sorted() }

  func expect(_ isTrue: Bool, _ what: @autoclosure () -> String) {
    if !isTrue { failures.append("rank \(rank) of \(size): \(what())") }
  }
}
