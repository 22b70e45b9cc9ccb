// Operations that are under way at once: everything is posted before anything is waited for, so that two
// workers that send to each other, or a ring of them, cannot wait for each other, and numbers arrive where
// they belong.
//
// The memory of a posted operation must stay until it has ended. So when one fails, or cannot even be posted,
// the group is closed, which ends the others, and they are waited for before the error is thrown on.

/// The posted operations of one step of a collective.
struct PendingOperations {
  private let communicator: any Communicator
  private let tag: Tag
  private var posted: [Operation] = []

  private enum Operation {
    case send(Posted<Void>)
    case receive(Posted<Int>)
  }

  fileprivate init(_ communicator: any Communicator, _ tag: Tag) {
    self.communicator = communicator
    self.tag = tag
  }

  /// Posts a receive into `buffer`; nothing is sent for none.
  mutating func receive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Int
  ) throws(CommunicationError) {
    guard !buffer.isEmpty else { return }
    posted.append(.receive(try communicator.postReceive(into: buffer, from: .rank(source), tag: tag)))
  }

  /// Posts a send of `numbers`, if there are any.
  mutating func send<Element: Sendable>(_ numbers: UnsafeBufferPointer<Element>, to destination: Int)
    throws(CommunicationError)
  {
    guard !numbers.isEmpty else { return }
    posted.append(.send(try communicator.postSend(numbers: numbers, to: destination, tag: tag)))
  }

  /// Posts a send of a value.
  mutating func send<Value: WireCodable>(_ value: Value, to destination: Int) throws(CommunicationError) {
    posted.append(.send(try communicator.postSend(value, to: destination, tag: tag)))
  }

  /// Waits for the operation that was posted first of those that are left.
  mutating func waitForFirst() throws(CommunicationError) {
    guard !posted.isEmpty else { return }
    switch posted.removeFirst() {
    case .send(let operation): try operation.wait()
    case .receive(let operation): _ = try operation.wait()
    }
  }

  /// Waits for all, in the order of posting.
  fileprivate mutating func finish() throws(CommunicationError) {
    while !posted.isEmpty { try waitForFirst() }
  }

  /// Waits for all, whatever becomes of them.
  fileprivate mutating func abandon() {
    while !posted.isEmpty { try? waitForFirst() }
  }
}

extension Communicator {
  /// Runs a worker's part of a collective. What `body` posts and does not wait for is waited for at the end.
  ///
  /// - Throws: the first error of posting, waiting and `body`, after closing the group.
  func completing<Result>(
    _ tag: Tag, _ body: (inout PendingOperations) throws(CommunicationError) -> Result
  ) throws(CommunicationError) -> Result {
    var pending = PendingOperations(self, tag)
    do throws(CommunicationError) {
      let result = try body(&pending)
      try pending.finish()
      return result
    } catch {
      if case .closed(let reason) = error { close(reason: reason) } else { close(reason: "\(error)") }
      pending.abandon()
      throw error
    }
  }
}
