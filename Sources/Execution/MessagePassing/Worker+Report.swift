// How ledgers and events reach the driver: past the ledger, which would count its own journey otherwise. One
// message from every worker; for events a question about the clock before it.
//
// The others hear the announcement through their counted communicators and forget it then (`discard`); so the
// driver sends it through one of the same kind, whose broadcast is the same.

import TesseraCommunication
import TesseraInstrumentation

extension Worker {
  /// This worker's counts so far.
  private func entries() -> WorkerLedger {
    var entries = communicator.ledger.entries(of: communicator.rank)
    entries.peakBytes = store.takeMostHeld()
    return entries
  }

  // MARK: rank 0

  /// The counts of all workers, each after the steps announced so far.
  func gatherLedgers() throws(CommunicationError) -> LedgerReport {
    try announceUncounted(Step(.ledger))
    var ledgers = [entries()]
    for rank in 1..<max(uncounted.size, 1) {
      let ledger = try uncounted.receive(WorkerLedger.self, from: rank, tag: .control)
      guard ledger.rank == rank else { throw .malformed(expected: "the ledger of worker \(rank)") }
      ledgers.append(ledger)
    }
    return LedgerReport(ledgers)
  }

  /// Adds the events of the workers `ranks`, which are other processes, to this one's recorder.
  func gatherEvents(from ranks: [Int]) throws(CommunicationError) {
    guard let recorder, !ranks.isEmpty else { return }
    try announceUncounted(Step(.events))
    for rank in ranks {
      let asked = MonotonicClock.now()
      try uncounted.send(Empty(), to: rank, tag: .control)
      let answer = try uncounted.receive(Int.self, from: rank, tag: .control)
      let heard = MonotonicClock.now()
      let log = try uncounted.receive(EventLog.self, from: rank, tag: .control)
      guard EventLog.times ~= answer, log.events.allSatisfy({ $0.worker == rank }) else {
        throw .malformed(expected: "the events of worker \(rank)")
      }
      let offset = EventLog.clockOffset(asked: asked, answer: answer, heard: heard)
      for event in log.shifted(by: offset) { recorder.record(event) }
    }
  }

  private func announceUncounted(_ step: Step) throws(CommunicationError) {
    _ = try uncounted.broadcast(Announcement(step), as: Announcement.self, from: 0, tag: .control)
  }

  // MARK: the others

  func sendLedger() throws(CommunicationError) {
    communicator.ledger.discard()
    try uncounted.send(entries(), to: 0, tag: .control)
  }

  /// Workers of rank 0's process have recorded into its recorder, and have nothing to send.
  func sendEvents() throws(CommunicationError) {
    communicator.ledger.discard()
    guard isElsewhere else { return }
    let log = EventLog(recorder?.events() ?? [])
    recorder?.removeAll()
    _ = try uncounted.receive(Empty.self, from: 0, tag: .control)
    try uncounted.send(MonotonicClock.now(), to: 0, tag: .control)
    try uncounted.send(log, to: 0, tag: .control)
  }
}
