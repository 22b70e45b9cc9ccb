// Matching of messages and receives. A message goes to the first posted receive that accepts it; one that
// nobody has asked for waits in the order of its coming. O(1) a message, but for the receives posted before
// it on the same channel.

import TesseraCommunication

/// The messages that nobody has asked for yet, and the receives whose message has not begun to come.
struct Inbox {
  /// Messages of one channel and sender in order of arrival; no queue is empty.
  private var unasked: [Channel: [Int: Queue<Message>]] = [:]
  private var pending: [Channel: [PendingReceive]] = [:]
  private var arrivals = 0
  /// Bytes of unasked messages by sender, each with the cost of keeping a message.
  private(set) var bytesKept: [Int]

  /// What keeping a message costs beside its bytes, roughly.
  private static let messageCost = 160

  /// An empty inbox for messages of `size` workers.
  init(size: Int) { bytesKept = [Int](repeating: 0, count: size) }

  /// From now on there are `size` workers.
  mutating func makeRoom(for size: Int) {
    bytesKept += [Int](repeating: 0, count: max(0, size - bytesKept.count))
  }

  /// A message begins to come.
  mutating func begin(_ header: FrameHeader, from source: Int) -> Message {
    let message = Message(
      source: source, channel: header.channel, kind: header.kind, length: header.length, arrival: arrivals)
    deliver(message)
    return message
  }

  /// A whole message from this worker to itself.
  mutating func deliver(_ bytes: ReceivedBytes, _ kind: FrameKind, to rank: Int, channel: Channel) {
    deliver(Message(source: rank, channel: channel, kind: kind, arrival: arrivals, bytes: bytes))
  }

  private mutating func deliver(_ message: Message) {
    arrivals += 1
    let channel = message.channel
    if let place = pending.index(forKey: channel),
      let index = pending.values[place].firstIndex(where: { $0.accepts(message.source) })
    {
      let receive = pending.values[place].remove(at: index)
      if pending.values[place].isEmpty { pending.remove(at: place) }
      receive.take(message)
      return
    }
    unasked[channel, default: [:]][message.source, default: Queue()].append(message)
    bytesKept[message.source] += Self.messageCost + message.received
  }

  /// Counts bytes of a message under way that nobody has asked for.
  mutating func keep(_ bytes: Int, from source: Int) { bytesKept[source] += bytes }

  /// Gives the receive the first message it accepts, of anyone's the one that came first; or keeps the
  /// receive for one to come.
  mutating func post(_ receive: PendingReceive) {
    guard let source = firstSource(of: receive), let message = takeFirst(from: source, receive.channel) else {
      pending[receive.channel, default: []].append(receive)
      return
    }
    bytesKept[source] -= Self.messageCost + message.received
    receive.take(message)
  }

  private func firstSource(of receive: PendingReceive) -> Int? {
    guard let queues = unasked[receive.channel] else { return nil }
    if case .rank(let rank) = receive.source { return queues[rank] == nil ? nil : rank }
    return queues.min { ($0.value.first?.arrival ?? .max) < ($1.value.first?.arrival ?? .max) }?.key
  }

  /// The first message that is not taken, in constant time.
  private mutating func takeFirst(from source: Int, _ channel: Channel) -> Message? {
    guard let message = unasked[channel]?[source]?.popFirst() else { return nil }
    dropEmptyQueue(of: source, channel)
    return message
  }

  private mutating func dropEmptyQueue(of source: Int, _ channel: Channel) {
    if unasked[channel]?[source]?.isEmpty == true { unasked[channel]?[source] = nil }
    if unasked[channel]?.isEmpty == true { unasked[channel] = nil }
  }

  /// Forgets a message that will never be whole: whoever waits for it fails.
  mutating func forget(_ message: Message, _ error: CommunicationError) {
    message.receiver?.fail(error)
    // If it is among the unasked, it is the last of its sender.
    let (channel, source) = (message.channel, message.source)
    if unasked[channel]?[source]?.last === message {
      _ = unasked[channel]?[source]?.popLast()
      dropEmptyQueue(of: source, channel)
    }
  }

  /// Forgets a receive that is waited for no more.
  mutating func forget(_ receive: PendingReceive) {
    pending[receive.channel]?.removeAll { $0 === receive }
    if pending[receive.channel]?.isEmpty == true { pending[receive.channel] = nil }
  }

  /// Ends the receives for which there is a `failure`, in the order of posting on each channel.
  mutating func fail(_ failure: (PendingReceive) -> CommunicationError?) {
    for (channel, receives) in pending {
      for receive in receives {
        if let error = failure(receive) { receive.fail(error) }
      }
      let rest = receives.filter { $0.failure == nil }
      pending[channel] = rest.isEmpty ? nil : rest
    }
  }
}
