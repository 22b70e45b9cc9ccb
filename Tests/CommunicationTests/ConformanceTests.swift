// The conformance suite on threads, with values handed over and with values encoded.

import TesseraCommunication
import TesseraInstrumentation
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConformanceTests {
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
}
