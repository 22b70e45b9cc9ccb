// A worker that joins a running job hears the greeting first, whatever the driver does meanwhile, and the end when it
// joins at the end.

import Synchronization
import TesseraCommunication
import TesseraInstrumentation
import TesseraTestSupport
import Testing

@testable import TesseraExecution

/// The driver's end of a group that grows.
private final class GrowingCommunicator: Communicator {
  private let base: any Communicator
  private let count: Atomic<Int>

  init(_ base: any Communicator, size: Int) {
    self.base = base
    count = Atomic(size)
  }

  var rank: Int { base.rank }
  var size: Int { count.load(ordering: .acquiring) }
  func grow() { count.add(1, ordering: .acquiringAndReleasing) }
  func close(reason: String) { base.close(reason: reason) }

  func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: TesseraCommunication.Tag)
    throws(CommunicationError)
  {
    try base.send(value, to: destination, tag: tag)
  }

  func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: TesseraCommunication.Tag)
    throws(CommunicationError) -> Received<Value>
  {
    try base.receive(type, from: source, tag: tag)
  }
}

@Suite(.timeLimit(.minutes(30))) struct NewcomerTests {
  @Test(arguments: [true, false]) func aNewcomerIsGreetedBeforeAnythingElse(joinsAtTheEnd: Bool) async throws
  {
    let group = InProcessCommunicator.group(size: 3, encodes: true)
    let driver = GrowingCommunicator(group[0], size: 2)
    let join = Mutex<(@Sendable (Int) -> Void)?>(nil)
    let membership = Membership(
      fate: { _ in nil }, whenJoined: { whenJoined in join.withLock { $0 = whenJoined } }, startAnother: nil)
    async let served: Void = Cluster.serve(group[1], registry: .test)
    let configuration = ClusterConfiguration(workers: 2, style: .dataflow)
    try await Cluster.run(configuration, over: [driver], registry: .test, membership: membership) { cluster in
      // Messages can go to it, and it has not been welcomed.
      driver.grow()
      let ledger = try await cluster.ledger()
      #expect(ledger.workers.map(\.rank) == [0, 1])
      if !joinsAtTheEnd { join.withLock { $0 }?(2) }
    }
    if joinsAtTheEnd { join.withLock { $0 }?(2) }
    await served
    #expect(try Greeting.hear(group[2], registry: .test).style == .dataflow)
    while true {
      if case .stop = try group[2].receive(Command.self, from: 0, tag: .control) { return }
    }
  }
}
