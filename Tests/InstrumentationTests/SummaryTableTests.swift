import TesseraInstrumentation
import Testing

/// A small run: worker 0 drives a product on three workers, who exchange tiles.
func sampleRun() -> [Event] {
  let millisecond = 1_000_000
  func transfer(_ direction: Transfer.Direction, _ worker: Int, _ peer: Int, at start: Int) -> Event {
    Event(
      .transfer(Transfer(direction, peer: peer, words: 125_000, payloadBytes: 1_000_000, headerBytes: 64)),
      "exchange tiles", worker: worker, start: start * millisecond, duration: 5 * millisecond)
  }
  let tasks = (0..<3).map {
    Event(
      .task, "multiply.tiles", worker: $0, start: 10 * millisecond, duration: (40 + 20 * $0) * millisecond,
      flops: 12_000_000)
  }
  return tasks + [
    Event(.step, "multiply", worker: 0, start: 0, duration: 100 * millisecond),
    transfer(.sent, 0, 1, at: 1), transfer(.received, 1, 0, at: 1),
    transfer(.sent, 1, 2, at: 3), transfer(.received, 2, 1, at: 3),
    Event(.wait, "barrier", worker: 0, start: 50 * millisecond, duration: 40 * millisecond),
    Event(.wait, "barrier", worker: 1, start: 70 * millisecond, duration: 0),
  ]
}

@Suite struct SummaryTableTests {
  @Test func printsAlignedColumns() {
    let expected = """
      kind      name            count  workers  max time  max/min  flops  flop/s  messages    bytes  % of total
      step      multiply            1        1    100 ms     1.00                                         100.0
      task      multiply.tiles      3        3   80.0 ms     2.00  36.0M    200M                           80.0
      transfer  exchange tiles      4        3   10.0 ms     2.00                        2  2.00 MB        10.0
      wait      barrier             2        2   40.0 ms        -                                          40.0
      total 100 ms on 3 workers

      """
    #expect(SummaryTable(sampleRun()).description == expected)
  }

  @Test func doesNotDependOnTheOrderOfEvents() {
    #expect(SummaryTable(sampleRun()) == SummaryTable(sampleRun().reversed()))
  }

  @Test func countsEveryEventOnceAndEveryMessageOnce() {
    let table = SummaryTable(sampleRun())
    #expect(table.rows.reduce(0) { $0 + $1.count } == sampleRun().count)
    #expect(table.rows.reduce(0) { $0 + $1.messages } == 2)
    #expect(table.rows.reduce(0) { $0 + $1.bytes } == 2 * 1_000_064)
  }

  @Test func timesThatNoSumHoldsAreNoTrap() {
    let row = SummaryTable((0..<9).map { Event(.task, "t", worker: $0, start: 0, duration: 1 << 60) }).rows[0]
    #expect(row.longest == 1 << 60 && row.time == .max)
  }

  @Test func isATableAlsoWithoutEvents() {
    let table = SummaryTable([])
    #expect(table.rows.isEmpty)
    #expect(table.description.hasSuffix("total 0 ns on 0 workers\n"))
  }
}
