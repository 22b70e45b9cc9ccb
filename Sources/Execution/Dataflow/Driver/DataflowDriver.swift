// The driver of a dataflow job: three threads that take turns with the scheduler. The program's own says what it
// wants; one hears what workers report and who is lost; one the time. Each goes on from there at once: between
// a wish or a report and the next task's leaving there is no other thread to be woken. What a step costs in
// messages and threads stands in Docs/Decisions/0011-what-a-dataflow-step-costs.md.

import Dispatch
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
    /// None can be had in place of those that are lost.
    case nobodyElse
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
  private let inbox = DriverInbox<Message>()
  /// Questions to the workers, for a thread that may wait for the answers.
  let questions = ClosableQueue<@Sendable () -> Void>()
  /// Signalled when the first workers have been greeted: no question comes before the greeting.
  private let begun = DispatchSemaphore(value: 0)
  private let here: Set<Int>
  private let membership: Membership
  private let greet: @Sendable (_ workers: [Int]) throws(CommunicationError) -> Void
  private let recorder: Recorder?
  private let loop: Mutex<DriverLoop>

  /// - Parameters:
  ///   - here: the ranks of workers that are threads of this process.
  ///   - membership: how a lost worker has ended, if that is known, and whom to tell who comes and goes.
  ///   - greet: tells workers of other processes what the job is.
  init(
    communicator: MeasuredCommunicator, here: Set<Int>, recorder: Recorder?, membership: Membership,
    greet: @escaping @Sendable (_ workers: [Int]) throws(CommunicationError) -> Void
  ) {
    self.communicator = communicator
    self.here = here
    self.membership = membership
    self.greet = greet
    self.recorder = recorder
    loop = Mutex(DriverLoop(communicator: communicator, limits: .inForce))
  }

  /// Adds its threads; they end after the driver has been told to stop. The workers `elsewhere`, in other
  /// processes, are greeted first.
  func prepare(on threads: WorkerThreads, with elsewhere: [Int]) {
    threads.add(named: "tessera scheduler") {
      closingOnFailure(self.communicator) { () throws(CommunicationError) in
        do throws(CommunicationError) {
          try self.greet(elsewhere)
        } catch {
          // A worker that is lost already is reported lost by the thread that hears.
          guard case .lost = error else { throw error }
        }
        self.membership.whenJoined(self.welcome)
      }
      self.watchTheTime()
    }
    threads.add(named: "tessera reports") { self.hear() }
    threads.add(named: "tessera questions") {
      self.begun.wait()
      while let ask = self.questions.next() { ask() }
    }
  }

  /// Has a worker that can be reached take part.
  @Sendable private func welcome(_ worker: Int) {
    // One that is lost already is reported lost. What it hears first is the greeting, also when the program has ended.
    try? greet([worker])
    if !tell(.joined(worker)) { loop.withLock { $0.sendStop(to: [worker]) } }
  }

  /// Has a worker come in place of those that are lost. One that is lost while it starts is no reason to give up.
  private func replace() {
    for _ in 0..<3 {
      guard let startAnother = membership.startAnother else { break }
      if let worker = startAnother() { return welcome(worker) }
      membership.tell("a worker that was started in place of those that are lost has not come")
    }
    tell(.nobodyElse)
  }

  /// Takes reports until the driver's own worker has ended.
  private func hear() {
    defer {
      loop.withLock { $0.isDeaf = true }
      inbox.wake()
    }
    while true {
      do throws(CommunicationError) {
        let message = try communicator.receive(ReportMessage.self, from: .any, tag: .report)
        let (worker, reports) = (message.source, try reports(of: message))
        for report in reports {
          if case .stopped = report { return }
          loop.withLock { $0.hear(report, from: worker) }
          if case .finished = report { inbox.wake() }
        }
        tellTheNews()
      } catch {
        guard case .lost(let rank, let reason) = error, rank != 0 else {
          loop.withLock { $0.close(error) }
          // Who waits for another worker would wait for ever after the end of that one's service: a driver that is
          // deaf does not hear whose tasks have ended, and waits for none.
          communicator.close(reason: error.reasonToClose)
          return
        }
        let cause = membership.fate(rank).map { "\($0) (\(reason))" } ?? reason
        loop.withLock { $0.lose(rank, cause) }
        tellTheNews()
      }
    }
  }

  /// What a worker has sent. Of one that sends what no worker does, none: it is sent home, and its tasks are for others.
  ///
  /// - Throws: `malformed`, `tooLong` when it is the driver's own.
  private func reports(of message: Received<ReportMessage>) throws(CommunicationError) -> [Report] {
    let failure: CommunicationError
    switch message.value.content {
    case .success(let reports) where message.source == 0 || !reports.contains(where: \.isLast): return reports
    case .success: failure = .malformed(expected: "the last report from the driver's own worker alone")
    case .failure(let error): failure = error
    }
    guard message.source != 0 else { throw failure }
    loop.withLock { loop in
      loop.lose(message.source, "its report cannot be read: \(failure)")
      loop.sendStop(to: [message.source])
    }
    return []
  }

  /// The workers that are there now.
  var livingWorkerCount: Int { loop.withLock(\.livingCount) }

  /// What there is to tell a person, told with no lock held: whoever reads it may be slow.
  private func tellTheNews() {
    let news = loop.withLock { $0.takeNews() }
    for line in news.lines { membership.tell(line) }
    if news.isCalling { questions.push { self.replace() } }
  }

  /// Notes what the program says, to be heard before what it says next; false when the program has ended.
  @discardableResult func note(_ message: Message) -> Bool { inbox.push(message) }

  /// Hears what the program says, on the calling thread; false when the program has ended.
  @discardableResult func tell(_ message: Message) -> Bool {
    guard inbox.push(message) else { return false }
    hearProgram()
    if case .stop = message { inbox.wake() }
    return true
  }

  /// Messages are taken and heard under one lock, so that they are heard in order, whoever hears them.
  private func hearProgram() {
    let hasNews = loop.withLock { loop in
      guard loop.hasBegun else { return false }
      for message in inbox.takeAll() { loop.hear(message) }
      return loop.hasNews
    }
    if hasNews { tellTheNews() }
  }

  /// Sees to stragglers, and to what has been said since, ten times a second until the program says stop.
  private func watchTheTime() {
    loop.withLock { $0.hasBegun = true }
    begun.signal()
    hearProgram()
    while !loop.withLock(\.hasEnded) {
      inbox.sleep(seconds: 0.1)
      hearProgram()
      loop.withLock { $0.tick() }
    }
    let others = loop.withLock(\.members).filter { !here.contains($0) }
    loop.withLock { $0.finish(here.union(membership.endsTogether ? others : [])) }
    while !loop.withLock(\.isFinished) { inbox.sleep(seconds: 0.1) }
    gatherEvents(from: loop.withLock { loop in others.filter(loop.isAlive) })
    loop.withLock { $0.sendStop() }
    inbox.close()
    hearProgram()
    questions.close()
  }
}

extension DataflowDriver {
  /// The counts of all workers that can be asked. Blocks; belongs on the thread of `questions`.
  func gatherLedgers() -> LedgerReport {
    var ledgers: [WorkerLedger] = []
    for rank in loop.withLock(\.members) {
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
