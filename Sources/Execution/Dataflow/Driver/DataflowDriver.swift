// The driver of a dataflow job: two threads that take turns with the scheduler. One hears what the program
// wants, and the time; the other what workers report and who is lost, and goes on from there at once: between
// a worker's report and the next task's leaving there is no other thread to be woken.

import Synchronization
import TesseraCommunication
import TesseraInstrumentation

/// The scheduler's hands and ears.
final class DataflowDriver: Sendable {
  /// What the program says.
  enum Message: Sendable {
    case define(Int, Recipe, Source)
    case release(Int)
    case keep(Int, StorageLevel?)
    case want(Int, Job)
    /// A worker has joined the running job.
    case joined(Int)
    case stop
  }

  /// Where a collection's blocks come from.
  enum Source: Sendable {
    case tiles([any WireCodable], type: String)
    case task(Definition)

    /// Its definition, if it has the number `collection`.
    func definition(_ collection: Int) -> Definition {
      switch self {
      case .tiles(_, let type): Definition(collection, .place, type, Empty())
      case .task(let definition): definition
      }
    }
  }

  /// A wish of the program.
  struct Job: Sendable {
    let wanted: [BlockID]
    /// Gives the program the wanted blocks, in order, or says why there are none.
    let finish: @Sendable (Result<[SealedValue], ExecutionError>) -> Void
  }

  let communicator: MeasuredCommunicator
  let messages = ClosableQueue<Message>()
  /// Questions to the workers, for a thread that may wait for the answers.
  let questions = ClosableQueue<@Sendable () -> Void>()
  private let here: Set<Int>
  private let fate: @Sendable (Int) -> String?
  private let recorder: Recorder?
  private let loop: Mutex<DriverLoop>

  /// - Parameters:
  ///   - here: the ranks of workers that are threads of this process.
  ///   - fate: how a lost worker has ended, if that is known.
  init(
    communicator: MeasuredCommunicator, here: Set<Int>, recorder: Recorder?,
    fate: @escaping @Sendable (Int) -> String? = { _ in nil },
    limits: Scheduler.Limits = Scheduler.Limits()
  ) {
    self.communicator = communicator
    self.here = here
    self.fate = fate
    self.recorder = recorder
    loop = Mutex(DriverLoop(communicator: communicator, limits: limits))
  }

  /// Starts the threads; they end after `messages` has been told to stop. `greet` comes first.
  func start(on threads: WorkerThreads, greet: @escaping @Sendable () throws(CommunicationError) -> Void) {
    threads.start(named: "tessera scheduler") {
      closingOnFailure(self.communicator, greet)
      self.schedule()
    }
    threads.start(named: "tessera reports") { self.hear() }
    threads.start(named: "tessera questions") {
      while let ask = self.questions.next() { ask() }
    }
  }

  /// Takes reports until the driver's own worker has ended.
  private func hear() {
    while true {
      do throws(CommunicationError) {
        let reports = try communicator.receive([Report].self, from: .any, tag: .report)
        for report in reports.value {
          if case .stopped = report { return }
          loop.withLock { $0.hear(report, from: reports.source) }
        }
      } catch {
        guard case .lost(let rank, let reason) = error, rank != 0 else {
          loop.withLock { $0.close(error) }
          return
        }
        let cause = fate(rank).map { "worker \(rank): \($0) (\(reason))" } ?? "worker \(rank): \(reason)"
        loop.withLock { $0.lose(rank, cause) }
      }
    }
  }

  /// Takes what the program says until it says stop.
  private func schedule() {
    var isStopped = false
    while !isStopped {
      let heard = messages.takeAll(within: loop.withLock(\.isIdle) ? nil : 0.1)
      loop.withLock { loop in
        if heard.isEmpty { loop.tick() }
        for message in heard { isStopped = loop.hear(message) || isStopped }
      }
    }
    let others = (0..<communicator.size).filter { !here.contains($0) }
    gatherEvents(from: loop.withLock { loop in others.filter(loop.isAlive) })
    loop.withLock { $0.sendStop() }
    messages.close()
    for message in messages.takeAll() { loop.withLock { _ = $0.hear(message) } }
    questions.close()
  }
}

extension DataflowDriver {
  /// The counts of all workers that can be asked. Blocks; belongs on the thread of `questions`.
  func gatherLedgers() -> LedgerReport {
    var ledgers: [WorkerLedger] = []
    for rank in 0..<communicator.size {
      do throws(CommunicationError) {
        _ = try communicator.base.postSend(Command.ledger, to: rank, tag: .control)
        let ledger = try communicator.base.receive(WorkerLedger.self, from: rank, tag: .accounts)
        if ledger.rank == rank { ledgers.append(ledger) }
      } catch {
        // A lost worker's counts are lost with it.
      }
    }
    return LedgerReport(ledgers)
  }

  /// Adds the events of the workers `ranks`, which are other processes, to this one's recorder.
  private func gatherEvents(from ranks: [Int]) {
    guard let recorder else { return }
    for rank in ranks {
      do throws(CommunicationError) {
        let asked = MonotonicClock.now()
        _ = try communicator.base.postSend(Command.events, to: rank, tag: .control)
        let answer = try communicator.base.receive(Int.self, from: rank, tag: .accounts)
        let heard = MonotonicClock.now()
        let log = try communicator.base.receive(EventLog.self, from: rank, tag: .accounts)
        guard EventLog.times ~= answer, log.events.allSatisfy({ $0.worker == rank }) else { continue }
        let offset = EventLog.clockOffset(asked: asked, answer: answer, heard: heard)
        for event in log.shifted(by: offset) { recorder.record(event) }
      } catch {
        // A lost worker's events are lost with it.
      }
    }
  }
}
