// Sends: written at once as far as the socket takes them, the rest by whoever polls.

import TesseraCommunication

extension Progress {
  /// Starts a send. Returns nil when the payload may be forgotten already.
  ///
  /// - Throws: `closed`, `lost`.
  func postSend(_ kind: FrameKind, _ payload: OutgoingPayload, to peer: Int, _ channel: Channel)
    throws(CommunicationError) -> OutgoingFrame?
  {
    enter()
    defer { leave() }
    if let closedReason { throw .closed(reason: closedReason) }
    guard let connection = connections[peer] else {
      try deliverToSelf(kind, payload, channel)
      return nil
    }
    if let failure = connection.sendFailure { throw failure }
    let wasBusy = !connection.outgoing.isEmpty
    let frame = connection.outgoing.append(kind, channel, payload)
    connection.flush(now: Monitor.now())
    // Others wait for frames that this may have sent, and the poll would tell them only of more room.
    if wasBusy { wakeCallers() }
    if let failure = frame?.failure ?? connection.sendFailure { throw failure }
    if !connection.outgoing.isEmpty { wakePollers() }
    return frame?.isSent == false ? frame : nil
  }

  /// Returns when the frame's payload may be forgotten.
  ///
  /// - Throws: `closed`, `lost`.
  func wait(for frame: OutgoingFrame) throws(CommunicationError) {
    enter()
    defer { leave() }
    wait(preferring: nil) { frame.isFinished }
    if let failure = frame.failure { throw failure }
  }

  func deliverToSelf(_ kind: FrameKind, _ payload: OutgoingPayload, _ channel: Channel)
    throws(CommunicationError)
  {
    let bytes = ReceivedBytes(length: payload.count)
    try withUnsafeTemporaryCopy(of: payload) { (copy) throws(CommunicationError) in try bytes.add(copy) }
    inbox.deliver(bytes, kind, to: rank, channel: channel)
    wakeCallers()
  }

  func withUnsafeTemporaryCopy(
    of payload: OutgoingPayload, _ body: (UnsafeRawBufferPointer) throws(CommunicationError) -> Void
  ) throws(CommunicationError) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: payload.count, alignment: 16)
    defer { copy.deallocate() }
    payload.copy(to: copy)
    try body(UnsafeRawBufferPointer(copy))
  }
}
