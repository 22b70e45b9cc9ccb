// Receives: announced, so that what comes is read to where it belongs; waited for whole, or read while they
// come. Why no message will come any more.

import TesseraCommunication

extension Progress {
  /// Announces a receive.
  func post(_ receive: PendingReceive) {
    enter()
    defer { leave() }
    announce(receive)
  }

  /// Announces a receive, with the lock held.
  private func announce(_ receive: PendingReceive) {
    if let closedReason { return receive.fail(.closed(reason: closedReason)) }
    inbox.post(receive)
    wakePollersForInput()
    if receive.message == nil, receive.failure == nil, let failure = failure(of: receive) {
      inbox.forget(receive)
      receive.fail(failure)
    }
  }

  /// Why no message will come for the receive; nil while some may. Where others may still send, receives from
  /// anyone are told of a lost worker once a channel, and go on.
  func failure(of receive: PendingReceive) -> CommunicationError? {
    if case .rank(let peer) = receive.source { return connections[peer]?.receiveFailure }
    for case let peer? in connections
    where peer.isLost && told[receive.channel, default: []].insert(peer.rank).inserted {
      return peer.receiveFailure
    }
    if keepsListening || connections.contains(where: { $0?.state == .open }) { return nil }
    let gone = connections.compactMap { $0 }
    return (gone.first(where: \.isLost) ?? gone.first)?.receiveFailure
  }

  /// Returns the receive's message when it is whole. Of a receive that `isNew`, announces it first.
  ///
  /// - Throws: `closed`, `lost`, `unexpectedMessage`, `wrongLength`.
  func wait(for receive: PendingReceive, isNew: Bool = false) throws(CommunicationError) -> Message {
    enter()
    defer { leave() }
    if isNew { announce(receive) }
    return try wait(for: receive) { $0.isComplete }
  }

  /// Returns the receive's message when it is whole or, if it is so long as to be read while it comes, has
  /// begun to come. Of such a message, tells the length. Of a receive that `isNew`, announces it first.
  ///
  /// - Throws: `closed`, `lost`, `unexpectedMessage`.
  func begin(_ receive: PendingReceive, isNew: Bool) throws(CommunicationError)
    -> (message: Message, streamed: Int?)
  {
    enter()
    defer { leave() }
    if isNew { announce(receive) }
    let message = try wait(for: receive) { $0.isComplete || Self.streamed ~= $0.length }
    return (message, message.isComplete ? nil : message.length)
  }

  /// Puts the next bytes of the receive's message into `buffer`, at least `least`, and returns how many.
  ///
  /// - Throws: `closed`, `lost`.
  func read(
    _ receive: PendingReceive, into buffer: UnsafeMutableRawBufferPointer, atLeast least: Int
  ) throws(CommunicationError) -> Int {
    enter()
    defer { leave() }
    receive.message?.put(into: buffer)
    // Whoever gives up takes the memory back.
    let message = try wait(for: receive) { buffer.count - $0.placeLeft >= least }
    return buffer.count - message.takePlaceBack()
  }

  /// Ends a receive whose message is of no use.
  func abandon(_ receive: PendingReceive, _ error: CommunicationError) {
    enter()
    defer { leave() }
    receive.fail(error)
  }

  /// Messages that are read while they come: long enough for a copy to cost more than some more waits, and so
  /// short that memory of the length that a peer claims can be had, though not used, for nothing.
  static let streamed = 1 << 18...1 << 30

  func wait(for receive: PendingReceive, until isDone: (Message) -> Bool)
    throws(CommunicationError) -> Message
  {
    func isOver() -> Bool { receive.failure != nil || receive.message.map(isDone) == true }
    if !isOver() {
      let source = receive.message.map { Source.rank($0.source) } ?? receive.source
      var preferred: PeerConnection?
      if case .rank(let peer) = source { preferred = connections[peer] }
      preferred?.waiters += 1
      if source == .any { anySourceWaiters += 1 }
      wakePollersForInput()
      let time = wait(preferring: preferred, isOver)
      ThreadWaiting.add(time)
      preferred?.waiters -= 1
      if source == .any { anySourceWaiters -= 1 }
    }
    guard let message = receive.message else { throw receive.failure ?? .closed(reason: "no message") }
    return message
  }

  /// Whether a peer is to be read from: somebody waits for what it sends, or there is room to keep it.
  func isWanted(_ connection: PeerConnection, _ inbox: borrowing Inbox) -> Bool {
    connection.isDraining || connection.waiters > 0 || anySourceWaiters > 0
      || connection.message?.isAsked == true || inbox.bytesKept[connection.rank] < limits.mostBytesKept
  }
}
