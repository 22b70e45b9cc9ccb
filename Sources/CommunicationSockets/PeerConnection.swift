// The connection to one peer: what is on its way there, what is coming from there, and whether it lives.

import Glibc
import TesseraCommunication

/// One peer. Touched under the communicator's lock only.
final class PeerConnection {
  /// How things stand.
  enum State: Equatable {
    case open
    /// The peer has taken leave: nothing more will come, and it wants nothing more.
    case left
    case lost(reason: String)
  }

  /// What a read has brought beside messages.
  enum News {
    /// The peer has closed the whole group.
    case closed(reason: String)
    case left
    /// The stream is over, or broken.
    case ended(reason: String)
  }

  let rank: Int
  let link: any Link
  let outgoing: OutgoingQueue
  private let limits: SocketLimits
  private(set) var state = State.open
  /// What broke the way out, when messages may still come in.
  private(set) var brokenReason: String?
  /// Whether the link is closed.
  private(set) var isClosed = false
  /// Whether input is thrown away unread: nobody is there any more to read it.
  private(set) var isDraining = false
  /// Whether the last frame to the peer is on its way, or written.
  private var isEnding = false
  private var isShutDown = false

  private var decoder: FrameDecoder
  /// The message that is coming in.
  private(set) var message: Message?
  /// The kind of the frame that is coming in, and a `close` frame's payload.
  private var kind = FrameKind.heartbeat
  private var reason: [UInt8] = []
  /// Callers that wait for a message of this peer.
  var waiters = 0
  /// Whether the last poll asked for input.
  private(set) var isListenedTo = true
  private var lastHeard: Int

  /// Most bytes of a direct read: those that a checksum finds in the cache.
  private static let mostBytesPerRead = 1 << 20
  /// After so many bytes other peers have their turn.
  private static let mostBytesPerTurn = 1 << 22

  init(rank: Int, link: any Link, limits: SocketLimits, now: Int) {
    self.rank = rank
    self.link = link
    self.limits = limits
    outgoing = OutgoingQueue(link, now: now)
    decoder = FrameDecoder(isChecksummed: link.isChecksummed, longestMessage: limits.longestMessage)
    lastHeard = now
  }

  /// Whether the peer is lost.
  var isLost: Bool { if case .lost = state { true } else { false } }

  // MARK: out

  /// Why nothing can be sent to the peer; nil when something can.
  var sendFailure: CommunicationError? {
    switch state {
    case .open: brokenReason.map { .lost(rank: rank, reason: $0) }
    case .left: .lost(rank: rank, reason: "it has left the group")
    case .lost(let reason): .lost(rank: rank, reason: reason)
    }
  }

  /// Why no more messages will come from the peer; nil while some may.
  var receiveFailure: CommunicationError? { state == .open ? nil : sendFailure }

  /// Writes what can be written, and returns whether there was any. A broken way out fails what is on it; what
  /// has come in can still be read.
  @discardableResult func flush(now: Int) -> Bool {
    guard !isClosed else { return false }
    do throws(LinkError) {
      let hasMoved = try outgoing.flush(now: now)
      if isEnding, outgoing.isEmpty { shutDownWriting() }
      return hasMoved
    } catch {
      brokenReason = brokenReason ?? error.reason
      outgoing.fail(.lost(rank: rank, reason: error.reason))
      return true
    }
  }

  private func shutDownWriting() {
    guard !isShutDown, !isClosed else { return }
    link.shutdownWriting()
    isShutDown = true
  }

  /// Sends a heartbeat when nothing else has gone to the peer for long.
  func beat(now: Int) {
    guard isSilentTo, now - outgoing.lastWritten >= limits.heartbeatInterval.nanoseconds else { return }
    _ = outgoing.append(.heartbeat, .none, .owned([]))
    flush(now: now)
  }

  /// Whether the peer would take our silence for death.
  private var isSilentTo: Bool {
    !isClosed && state == .open && !isEnding && brokenReason == nil && outgoing.isEmpty
  }

  /// Takes leave, behind what is on its way.
  func sayGoodbye() {
    guard !isClosed, !isEnding else { return }
    if sendFailure == nil { _ = outgoing.append(.goodbye, .none, .owned([])) }
    isEnding = true
  }

  /// Tells the peer that the group is closed, behind the frame that has begun.
  func sayClosed(_ reason: String) {
    guard !isClosed, !isEnding else { return }
    let bytes = Array(reason.utf8.prefix(FrameHeader.longestReason))
    if sendFailure == nil,
      !outgoing.close(.close, bytes, .closed(reason: reason), mostBytesKept: limits.mostBytesKept)
    {
      outgoing.fail(.closed(reason: reason))
    }
    isEnding = true
  }

  // MARK: in

  /// From now on, throws away what comes in.
  func drain() { isDraining = true }

  /// Notes whether the coming poll asks for input. A peer that was not listened to has the whole silence limit
  /// from now.
  func listen(_ isListenedTo: Bool, now: Int) {
    if isListenedTo, !self.isListenedTo { lastHeard = now }
    self.isListenedTo = isListenedTo
  }

  /// Does not count `time` of the peer's silence.
  func excuse(_ time: Int, now: Int) { lastHeard = min(lastHeard + time, now) }

  /// Whether the peer has been silent for too long, as seen by a poll that began at `time`.
  func isSilent(at time: Int) -> Bool {
    isListenedTo && state == .open && time - lastHeard >= limits.silenceLimit.nanoseconds
  }

  /// When to beat or to judge silence next.
  var nextDue: Int {
    var due = Int.max
    if isSilentTo { due = outgoing.lastWritten + limits.heartbeatInterval.nanoseconds }
    if isListenedTo, state == .open { due = min(due, lastHeard + limits.silenceLimit.nanoseconds) }
    return due
  }

  /// Reads what has come, as long as `isWanted` and others need not have their turn. Large payloads are read
  /// to where they belong. Returns the bytes read, and what they have brought beside messages.
  func read(
    into inbox: inout Inbox, staging: UnsafeMutableRawBufferPointer, now: Int,
    isWanted: (borrowing Inbox) -> Bool
  ) -> (bytes: Int, news: News?) {
    var total = 0
    do throws(CommunicationError) {
      while total < Self.mostBytesPerTurn, !isClosed, isDraining || isWanted(inbox) {
        let target = try directTarget(staging) ?? staging
        let result: ReadResult
        do throws(LinkError) {
          result = try link.read(into: target)
        } catch {
          return (total, .ended(reason: error.reason))
        }
        switch result {
        case .wouldBlock: return (total, nil)
        case .end:
          let isWhole = isDraining || decoder.isBetweenFrames
          return (total, .ended(reason: isWhole ? "it has ended" : "it has ended in mid-message"))
        case .bytes(let count):
          lastHeard = now
          total += count
          if !isDraining,
            let news = try decode(UnsafeRawBufferPointer(rebasing: target[..<count]), into: &inbox)
          {
            return (total, news)
          }
          if count < target.count, link.shortReadTakesAll { return (total, nil) }
        }
      }
    } catch {
      return (total, .ended(reason: error.description))
    }
    return (total, nil)
  }

  /// Where the payload under way belongs, when more of it is to come than a look at the socket takes.
  private func directTarget(_ staging: UnsafeMutableRawBufferPointer) throws(CommunicationError)
    -> UnsafeMutableRawBufferPointer?
  {
    guard !isDraining, decoder.payloadLeft > staging.count, let message else { return nil }
    return try message.room(limit: min(decoder.payloadLeft, Self.mostBytesPerRead))
  }

  /// Takes what was read apart; what follows a goodbye or a close is of no interest.
  private func decode(_ bytes: UnsafeRawBufferPointer, into inbox: inout Inbox) throws(CommunicationError)
    -> News?
  {
    var input = bytes
    while let event = try decoder.next(&input) {
      switch event {
      case .begin(let header):
        kind = header.kind
        if kind == .value || kind == .numbers { message = inbox.begin(header, from: rank) }
      case .payload(let piece):
        if let message {
          try message.add(piece)
          if !message.isAsked { inbox.keep(piece.count, from: rank) }
        } else {
          reason += piece
        }
      case .end:
        message?.complete()
        message = nil
        if kind == .close { return .closed(reason: String(decoding: reason, as: UTF8.self)) }
        if kind == .goodbye { return .left }
      }
    }
    return nil
  }

  // MARK: the end

  /// Notes that the peer has taken leave, and takes leave too.
  func leave() {
    state = .left
    drain()
    if let sendFailure { outgoing.fail(sendFailure) }
    isEnding = true
    shutDownWriting()
  }

  /// Notes that the peer is lost; nothing more is read or written.
  func lose(reason: String) {
    state = .lost(reason: reason)
    outgoing.fail(.lost(rank: rank, reason: reason))
    close()
  }

  /// Forgets the message that was coming in.
  func takeMessage() -> Message? {
    defer { message = nil }
    return message
  }

  /// Closes the link.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    outgoing.fail(.lost(rank: rank, reason: "the connection is closed"))
    link.close()
  }
}

extension Duration {
  /// In nanoseconds, at most some thirty years: it can be added to any time of the clock.
  var nanoseconds: Int {
    let (seconds, attoseconds) = components
    return Int(min(max(seconds, 0), 1_000_000_000)) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
  }
}
