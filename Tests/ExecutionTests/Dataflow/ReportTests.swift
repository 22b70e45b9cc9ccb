// What a worker reports is read as it was said, and refused where no worker could have said it.

import TesseraCommunication
import TesseraTestSupport
import Testing

@testable import TesseraExecution

@Suite struct ReportTests {
  @Test func aStrainIsReadWithinTheRangeOfSizes() throws {
    let report = try decoded(Report.self, encoded(Report.strained(limit: 0, placed: 1 << 52)))
    guard case .strained(0, 0x10_0000_0000_0000) = report else {
      Issue.record("\(report)")
      return
    }
    for (limit, placed) in [(Int.min, 0), (-1, 0), (0, -1), (1, .max), (1 << 52 + 1, 1)] {
      #expect(throws: CommunicationError.self) {
        try decoded(Report.self, encoded(Report.strained(limit: limit, placed: placed)))
      }
    }
  }
}
