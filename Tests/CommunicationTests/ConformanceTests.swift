// The conformance suite on threads, with values handed over and with values encoded.

import TesseraCommunication
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConformanceTests {
  @Test(arguments: 1...8, [false, true])
  func threadsConform(size: Int, encodes: Bool) throws {
    let group = InProcessCommunicator.group(size: size, encodes: encodes)
    let failures = try onThreads(group) { conformanceFailures(of: $0) }
    #expect(failures.flatMap { $0 } == [])
  }
}
