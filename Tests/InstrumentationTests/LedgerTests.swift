// Messages are counted where they belong, and ledgers add up and subtract exactly.

import TesseraInstrumentation
import Testing

/// Three workers: 0 sends tiles to both others, 2 answers.
func sampleReport(factor: Int = 1) -> LedgerReport {
  func traffic(_ messages: Int, _ words: Int) -> Traffic {
    Traffic(
      messages: factor * messages, words: factor * words, payloadBytes: factor * 8 * words,
      headerBytes: factor * 16 * messages)
  }
  func operation(_ name: String, _ peers: [(Int, Account)]) -> WorkerLedger.Operation {
    WorkerLedger.Operation(name, peers: peers.map { WorkerLedger.Peer(rank: $0, account: $1) })
  }
  return LedgerReport([
    WorkerLedger(
      rank: 2,
      operations: [
        operation("place", [(0, Account(received: traffic(2, 1500), waiting: factor * 1_000_000))]),
        operation("reduce", [(0, Account(sent: traffic(1, 10)))]),
      ]),
    WorkerLedger(
      rank: 0,
      operations: [
        operation(
          "place", [(1, Account(sent: traffic(1, 1000))), (2, Account(sent: traffic(2, 1500)))]),
        operation("reduce", [(2, Account(received: traffic(1, 10), waiting: factor * 500))]),
      ]),
    WorkerLedger(rank: 1, operations: [operation("place", [(0, Account(received: traffic(1, 1000)))])]),
  ])
}

@Suite struct LedgerTests {
  @Test func aMessageBelongsToTheOperationThatItAnnounces() {
    let ledger = Ledger()
    ledger.received(from: 0, words: 0, payloadBytes: 0, headerBytes: 40, waited: 7)
    ledger.begin("map a")
    ledger.sent(to: 3, words: 5, payloadBytes: 40, headerBytes: 8)
    ledger.end()
    ledger.received(from: 0, words: 1, payloadBytes: 8, headerBytes: 40, waited: 2)
    ledger.begin("map a")
    ledger.end()
    let entries = ledger.entries(of: 1)
    #expect(entries.rank == 1)
    #expect(entries.operations.map(\.name) == ["map a", Ledger.idle])
    #expect(entries[Ledger.idle] == Account(waiting: 9))
    #expect(
      entries["map a"]
        == Account(
          sent: Traffic(messages: 1, words: 5, payloadBytes: 40, headerBytes: 8),
          received: Traffic(messages: 2, words: 1, payloadBytes: 8, headerBytes: 80)))
    #expect(entries.operations.first?.peers.map(\.rank) == [0, 3])
  }

  @Test func whatIsDiscardedIsNotCounted() {
    let ledger = Ledger()
    ledger.received(from: 0, words: 0, payloadBytes: 0, headerBytes: 40, waited: 0)
    ledger.discard()
    ledger.begin("map a")
    #expect(ledger.entries(of: 0).operations.isEmpty)
  }

  @Test func peersInAnyOrderAreKeptApart() {
    let ledger = Ledger()
    for round in 1...3 {
      for peer in [5, 0, 9, 3, 1_000, 7] {
        ledger.sent(to: peer, words: peer, payloadBytes: 0, headerBytes: round)
      }
    }
    let peers = ledger.entries(of: 0).operations[0].peers
    #expect(peers.map(\.rank) == [0, 3, 5, 7, 9, 1_000])
    #expect(peers.allSatisfy { $0.account.sent.words == 3 * $0.rank && $0.account.sent.headerBytes == 6 })
  }

  @Test func reportsOfAllWorkersAddUp() {
    let report = sampleReport()
    #expect(report.workers.map(\.rank) == [0, 1, 2])
    #expect(report.operations == ["place", "reduce"])
    #expect(report.total.sent == report.total.received)
    #expect(report.total.sent.words == 2510)
    #expect(report["reduce"].received.words == 10)
    #expect(report["nothing"] == Account())
    #expect(report.mostReceiving?.rank == 2)
    #expect(LedgerReport([]).mostReceiving == nil)
  }

  @Test func theDifferenceIsWhatHappenedInBetween() {
    let (one, three) = (sampleReport(), sampleReport(factor: 3))
    #expect(three - one == sampleReport(factor: 2))
    #expect((one - one).operations.isEmpty)
    #expect(one - LedgerReport([]) == one)
  }

  @Test func theTableShowsTheWorkerThatReceivesMost() {
    let expected = """
      received by worker 2, of 3 the one that receives most
      operation  messages  words  payload  headers  waiting  most words  fewest words
      place             2  1,500  12.0 kB     32 B  1.00 ms       1,500             0
      reduce            0      0      0 B      0 B     0 ns          10             0
      total             2  1,500  12.0 kB     32 B  1.00 ms       1,500            10
      all workers sent 4 messages, 2,510 words, 20.1 kB and 64 B of headers

      """
    #expect(LedgerTable(sampleReport()).description == expected)
  }
}
