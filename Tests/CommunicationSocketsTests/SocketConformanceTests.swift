// The conformance suite of all transports, over sockets.

import TesseraCommunication
import TesseraCommunicationSockets
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct SocketConformanceTests {
  @Test(arguments: Wire.allCases, 1...8) func socketsConform(wire: Wire, size: Int) throws {
    let failures = try onThreads(try wire.group(size: size)) { conformanceFailures(of: $0) }
    #expect(failures.flatMap { $0 } == [])
  }

  /// On one number of ranks: what depends on that shows with fewer numbers.
  @Test(.serialized, arguments: [(Wire.tcp, 1), (.unix, 2)])
  func socketsMoveTenMillionNumbers(wire: Wire, turn: Int) throws {
    let failures = try onThreads(try wire.group(size: 3)) {
      conformanceFailures(of: $0, largest: 10_000_000, turn: turn, messages: 500)
    }
    #expect(failures.flatMap { $0 } == [])
  }

  @Test(arguments: Wire.allCases, 1...5) func socketsServeSeveralThreadsAtOnce(wire: Wire, size: Int) throws {
    let failures = try onThreads(try wire.group(size: size)) { concurrencyFailures(of: $0) }
    #expect(failures.flatMap { $0 } == [])
  }
}
