// The conformance suite on threads: values handed over, values encoded, and sends that wait for the receiver.

import TesseraCommunication
import TesseraInstrumentation
import TesseraTestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(30))) struct ConformanceTests {
  @Test(arguments: 1...8, [false, true])
  func threadsConform(size: Int, encodes: Bool) throws {
    let group = InProcessCommunicator.group(size: size, encodes: encodes)
    let failures = try onThreads(group) { conformanceFailures(of: $0) }
    #expect(failures.flatMap { $0 } == [])
  }

  @Test(arguments: [1, 2, 3, 7, 8]) func threadsWhoseMessagesAreCountedConform(size: Int) throws {
    let group = InProcessCommunicator.group(size: size).map { MeasuredCommunicator($0) }
    let failures = try onThreads(group) { conformanceFailures(of: $0) }
    #expect(failures.flatMap { $0 } == [])
    let report = LedgerReport(group.map { $0.ledger.entries(of: $0.rank) })
    #expect(report.total.sent == report.total.received)
  }

  @Test(arguments: 1...5, [false, true]) func endsServeSeveralThreadsAtOnce(size: Int, encodes: Bool) throws {
    let group = InProcessCommunicator.group(size: size, encodes: encodes)
    #expect(try onThreads(group) { concurrencyFailures(of: $0) }.flatMap { $0 } == [])
  }

  /// On one number of ranks: what depends on that shows with fewer numbers.
  @Test func threadsMoveTenMillionNumbers() throws {
    let failures = try onThreads(InProcessCommunicator.group(size: 3)) {
      conformanceFailures(of: $0, largest: 10_000_000, turn: 0)
    }
    #expect(failures.flatMap { $0 } == [])
  }

  /// No collective relies on a send that returns before it is received.
  @Test(arguments: 1...8) func sendsMayWaitForTheirReceivers(size: Int) throws {
    let group = InProcessCommunicator.group(size: size).map(SynchronousCommunicator.init)
    let failures = try onThreads(group) { conformanceFailures(of: $0, messages: 500) }
    #expect(failures.flatMap { $0 } == [])
  }
}
