// One connection at a door that is not admitted yet: TLS's handshake if there is TLS, then ours, without
// waiting.

import Glibc
import TesseraCommunication

/// A peer that may or may not know the secret. Confined to the doorkeeper's thread.
final class Visitor {
  enum Progress {
    /// Nothing to do before the descriptor is ready for these events.
    case waits(for: Int32)
    case admitted(Arrival)
    /// To be closed.
    case refused(Refusal, countsAsFailure: Bool)
    /// It has hung up.
    case left
  }

  let peer: SocketAddress?
  /// Where it comes from; empty for one that has gone already.
  let host: String
  /// When it is closed if it is not admitted.
  let deadline: ContinuousClock.Instant
  /// Nothing of it is read before.
  let earliest: ContinuousClock.Instant
  /// Whether it is read from; before that nothing but its leaving is looked for.
  private(set) var isListenedTo: Bool
  /// What is looked for.
  private(set) var events: Int32
  private let link: any Link
  private var handshake: Handshake
  private var isSecured: Bool

  var descriptor: Int32 { link.descriptor }

  /// Takes over a connected socket.
  ///
  /// - Parameter earliest: nil for one that is listened to at once; the others need `beginToListen`.
  /// - Throws: when there is no memory for it, with the socket closed.
  init(
    descriptor: Int32, _ handshake: Handshake, _ tls: TLSContext?,
    waitingUntil earliest: ContinuousClock.Instant?, deadline: ContinuousClock.Instant
  ) throws(LinkError) {
    peer = SocketAddress(peer: descriptor)
    host = Self.host(peer)
    self.handshake = handshake
    self.earliest = earliest ?? .now
    isListenedTo = earliest == nil
    events = earliest == nil ? POLLIN : SystemCall.peerHasLeft
    self.deadline = deadline
    isSecured = tls == nil
    do throws(LinkError) {
      link = try tcpLink(descriptor, tls, .server)
    } catch {
      Glibc.close(descriptor)
      throw error
    }
  }

  static func host(_ peer: SocketAddress?) -> String { peer?.host ?? "" }

  func close() { link.close() }

  func beginToListen() {
    isListenedTo = true
    events = POLLIN
  }

  /// Goes on as far as possible.
  func advance() -> Progress {
    let progress: Progress
    do throws(LinkError) {
      progress = try step()
    } catch {
      return .left
    }
    if case .waits(let events) = progress { self.events = events }
    return progress
  }

  private func step() throws(LinkError) -> Progress {
    if !isSecured, let link = link as? TLSLink {
      switch try link.shakeHands() {
      case .done: isSecured = true
      case .waits(let events): return .waits(for: events)
      case .refused:
        let reason = "no TLS with the same secret (TLS on one side only?)"
        return .refused(Refusal(kind: .noTLS, reason: reason), countsAsFailure: true)
      }
    }
    while true {
      if !handshake.outgoing.isEmpty {
        handshake.outgoing.removeFirst(try link.write(bytes: handshake.outgoing[...]))
        if !handshake.outgoing.isEmpty { return .waits(for: POLLOUT) }
      }
      switch handshake.outcome {
      case .admitted(let claim, let session)?:
        let messages = SealedMessages(link, session, sending: .fromAcceptor)
        return .admitted(Arrival(link: link, peer: peer, claim: claim, messages: messages))
      case .refused(let refusal)?:
        return .refused(Refusal(refusal), countsAsFailure: refusal.isSuspicious)
      case nil: break
      }
      switch try link.read(atMost: handshake.missing) {
      case .bytes(let bytes): handshake.receive(bytes)
      case .wouldBlock: return .waits(for: POLLIN)
      case .end: return .left
      }
    }
  }
}

/// A peer that knows the secret and is wanted.
struct Arrival {
  let link: any Link
  let peer: SocketAddress?
  let claim: Claim
  /// What is said to it before it is a member.
  var messages: SealedMessages
}

/// A link over a connected TCP socket. A peer whose machine vanishes before the job begins, when heartbeats
/// take over, is noticed by TCP within half a minute.
func tcpLink(_ descriptor: Int32, _ tls: TLSContext?, _ side: TLSLink.Side) throws(LinkError) -> any Link {
  SystemCall.set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
  SystemCall.set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 10)
  SystemCall.set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 5)
  SystemCall.set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
  guard let tls else { return PlainLink(descriptor: descriptor, isChecksummed: true) }
  return try TLSLink(descriptor: descriptor, tls, side)
}
