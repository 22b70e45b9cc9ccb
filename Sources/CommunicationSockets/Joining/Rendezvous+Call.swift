// The calling side: one connection, TLS's handshake if there is TLS, then ours.

import Glibc
import TesseraCommunication

/// Why a call did not end in a connection.
enum CallFailure: Error {
  /// The peer does not want this caller, and will not another time.
  case final(String)
  /// Nobody there yet, or not listening properly.
  case tryAgain(CommunicationError)
}

extension Rendezvous {
  /// Calls `address` and proves to know the secret.
  ///
  /// - Parameter claim: what to claim, given the address of this end.
  static func call(
    _ address: SocketAddress, _ terms: JoiningTerms, _ tls: TLSContext?,
    until deadline: ContinuousClock.Instant,
    _ claim: (SocketAddress) throws(CommunicationError) -> Claim
  ) throws(CallFailure) -> (link: any Link, session: SessionKey) {
    let descriptor: Int32
    do throws(CommunicationError) {
      descriptor = try connectSocket(to: address, until: deadline)
    } catch {
      throw .tryAgain(error)
    }
    let link: any Link
    do throws(LinkError) {
      link = try tcpLink(descriptor, tls, .client)
    } catch {
      close(descriptor)
      throw .tryAgain(.closed(reason: error.reason))
    }
    do throws(CallFailure) {
      return (link, try shakeHands(link, terms, until: deadline, claim))
    } catch {
      link.close()
      throw error
    }
  }

  private static func shakeHands(
    _ link: any Link, _ terms: JoiningTerms, until deadline: ContinuousClock.Instant,
    _ claim: (SocketAddress) throws(CommunicationError) -> Claim
  ) throws(CallFailure) -> SessionKey {
    // The acceptor may let a caller wait before it answers; a caller gives it longer than it gives.
    let limit = min(deadline, .now + .seconds(10))
    if let link = link as? TLSLink { try shakeHands(inTLS: link, until: limit) }
    var handshake: Handshake
    do throws(CommunicationError) {
      guard let local = SocketAddress(local: link.descriptor) else {
        throw .closed(reason: "the connection has no address")
      }
      handshake = Handshake(initiator: try claim(local), secret: terms.secret)
    } catch {
      throw .tryAgain(error)
    }
    let stream = BlockingStream(link)
    while true {
      do throws(CommunicationError) {
        try stream.write(handshake.outgoing, until: limit)
        handshake.outgoing = []
        if handshake.outcome == nil { handshake.receive(try stream.read(handshake.missing, until: limit)) }
      } catch {
        guard case .closed(let reason) = error else { throw .tryAgain(error) }
        // An acceptor answers a proof, right or wrong. It may have ended, and another come in its place.
        if handshake.hasProved {
          throw .tryAgain(.closed(reason: "hung up after the proof: it has ended, or too many call at once"))
        }
        throw .tryAgain(.closed(reason: "no answer to this protocol (TLS on one side only?): \(reason)"))
      }
      switch handshake.outcome {
      case .admitted(_, let session)?: return session
      case .refused(.otherProgram)?:
        throw .final(otherProgram(link, handshake.session(), terms.contract.lines, until: limit))
      case .refused(let refusal)?: throw .final(refusal.description)
      case nil: break
      }
    }
  }

  /// What differs between this program and the acceptor's, which says what it knows.
  private static func otherProgram(
    _ link: any Link, _ session: SessionKey, _ mine: [String], until limit: ContinuousClock.Instant
  ) -> String {
    var stream = SealedMessages(link, session, sending: .fromInitiator)
    let theirs = (try? stream.receive([String].self, until: limit)) ?? []
    func list(_ names: [String]) -> String { names.prefix(20).joined(separator: ", ") }
    let lacks = theirs.filter { !mine.contains($0) }
    let has = theirs.isEmpty ? [] : mine.filter { !theirs.contains($0) }
    return "the driver is another program than this one"
      + (lacks.isEmpty ? "" : "; only the driver knows: \(list(lacks))")
      + (has.isEmpty ? "" : "; only this worker knows: \(list(has))")
  }

  private static func shakeHands(inTLS link: TLSLink, until limit: ContinuousClock.Instant)
    throws(CallFailure)
  {
    var refused = false
    while !refused {
      do throws(LinkError) {
        switch try link.shakeHands() {
        case .done: return
        case .refused: refused = true
        case .waits(let events):
          guard SystemCall.wait(link.descriptor, for: events, until: limit) else {
            throw LinkError(reason: "the peer did not answer in time")
          }
        }
      } catch {
        throw .tryAgain(.closed(reason: "no TLS there: \(error.reason)"))
      }
    }
    throw .final("the peer has another secret, or speaks no TLS")
  }
}
