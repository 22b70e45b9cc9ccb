// One worker's end of a group whose members are joined by sockets, each to each. Values and numbers go to the
// socket from where they lie: a value's arrays, the caller's numbers. Numbers that are waited for are read
// from the socket to where they belong, and so are the arrays of a long value, which is decoded while it
// comes. Payload copies: none beside the kernel's own; one of what came before it was asked for, and of
// short values.

public import TesseraCommunication

/// A communicator over links to every other worker.
public final class SocketCommunicator: Communicator {
  /// This worker's number.
  public let rank: Int
  /// The number of workers, which grows when one joins.
  public var size: Int { progress.size }
  let progress: Progress
  /// Where workers that come later knock; nil where none can come.
  let door: OpenDoor?

  /// A worker's end of a group; the links are the communicator's from now on.
  ///
  /// - Precondition: a link for each rank in 0..<size but `rank`.
  public convenience init(
    rank: Int, size: Int, links: [Int: any Link], limits: SocketLimits = SocketLimits()
  ) {
    self.init(rank: rank, size: size, links: links, limits: limits, door: nil)
  }

  init(
    rank: Int, size: Int, links: [Int: any Link], limits: SocketLimits = SocketLimits(), door: OpenDoor?
  ) {
    precondition(0..<size ~= rank && Set(links.keys) == Set(0..<size).subtracting([rank]))
    self.rank = rank
    self.door = door
    progress = Progress(rank: rank, size: size, links: links, limits: limits)
  }

  deinit {
    door?.close()
    progress.finish()
  }

  /// Nanoseconds that the calling thread has waited for messages.
  public var waitingTime: Int? { ThreadWaiting.time }

  /// Called once for each peer that is lost, from a thread of the communicator's or one that is inside a call,
  /// as soon as it is noticed, also while this worker computes. A handler set later hears of those lost before.
  public var onLost: (@Sendable (_ rank: Int, _ reason: String) -> Void)? {
    get { progress.onLost }
    set { progress.onLost = newValue }
  }

  /// Tells every peer that communication ends, and why; pending and later calls throw `closed`, here and
  /// there. A reason is cut to 1024 bytes on its way.
  public func close(reason: String) { progress.close(reason: reason) }

  /// Why the group is closed, by this worker or another; nil while it is not, and where this worker has left it first.
  public var closedReason: String? { progress.reasonForClosing }

  /// Ends this worker's part in good order: waits until what was posted is on its way, takes leave of the
  /// peers and closes the links. Later calls throw `closed`. Done by `deinit` otherwise.
  public func finish() {
    door?.close()
    progress.finish()
  }

  /// Finishes.
  public func leave() { finish() }

  /// From now on, receives from anyone wait also when every peer is lost: this worker sends itself messages,
  /// or others may join.
  public func keepListening() { progress.keepListening() }

  // MARK: values

  /// Writes the value to the socket from where it lies. Blocks while the kernel has no room for it: until the
  /// receiver, which keeps some megabytes of messages nobody has asked for, asks.
  public func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError)
  {
    if let frame = try start(value, to: destination, tag) { try progress.wait(for: frame) }
  }

  /// Writes what the kernel takes; the rest goes from where it lies, by whoever polls.
  public func postSend<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError) -> Posted<Void>
  {
    posted(try start(value, to: destination, tag))
  }

  private func start<Value: WireCodable>(_ value: Value, to destination: Int, _ tag: Tag)
    throws(CommunicationError) -> OutgoingFrame?
  {
    try check(rank: destination)
    var writer = WireWriter()
    value.encode(to: &writer)
    return try progress.postSend(.value, .segments(writer), to: destination, Channel(tag))
  }

  /// Waits for the value's bytes and decodes them.
  public func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Received<Value>
  {
    try decode(try new(.value, from: source, tag), isNew: true)
  }

  /// Announces the receive at once, and decodes the value when waited for.
  public func postReceive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Posted<Received<Value>>
  {
    let receive = try post(.value, from: source, tag)
    return Posted { () throws(CommunicationError) in try self.decode(receive, isNew: false) }
  }

  private func decode<Value: WireCodable>(_ receive: PendingReceive, isNew: Bool)
    throws(CommunicationError) -> Received<Value>
  {
    let (message, streamed) = try progress.begin(receive, isNew: isNew)
    do throws(CommunicationError) {
      return try decode(message, streamed: streamed, receive)
    } catch {
      throw error.blaming(message.source)
    }
  }

  private func decode<Value: WireCodable>(_ message: Message, streamed: Int?, _ receive: PendingReceive)
    throws(CommunicationError) -> Received<Value>
  {
    func read(_ reader: WireReader) throws(CommunicationError) -> Received<Value> {
      var reader = reader
      let value = try Value(from: &reader)
      guard reader.remaining == 0 else { throw .malformed(expected: "the end of \(Value.self)") }
      return Received(value, from: message.source)
    }
    guard let streamed else { return try read(WireReader(message.bytes())) }
    do throws(CommunicationError) {
      let received = try read(WireReader(IncomingPayload(receive, progress), length: streamed))
      // Not believed before the checksum behind it.
      _ = try progress.wait(for: receive)
      return received
    } catch {
      progress.abandon(receive, error)
      throw error
    }
  }

  // MARK: numbers

  /// Writes the numbers to the socket from where they lie. Blocks as `send` of a value does.
  public func send<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
  ) throws(CommunicationError) {
    if let frame = try start(numbers, to: destination, tag) { try progress.wait(for: frame) }
  }

  /// Writes what the kernel takes; the rest goes from where it lies, by whoever polls.
  public func postSend<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
  ) throws(CommunicationError) -> Posted<Void> {
    posted(try start(numbers, to: destination, tag))
  }

  private func start<Element: Sendable>(
    _ numbers: UnsafeBufferPointer<Element>, to destination: Int, _ tag: Tag
  ) throws(CommunicationError) -> OutgoingFrame? {
    precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
    try check(rank: destination)
    return try progress.postSend(
      .numbers, .lent(UnsafeRawBufferPointer(numbers)), to: destination, Channel(tag))
  }

  /// Reads the numbers from the socket into `buffer`.
  public func receive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  ) throws(CommunicationError) -> Int {
    try progress.wait(for: try new(Self.wanted(buffer), from: source, tag), isNew: true).source
  }

  /// Announces the receive: numbers that come from now on are read into `buffer`.
  public func postReceive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  ) throws(CommunicationError) -> Posted<Int> {
    let receive = try post(Self.wanted(buffer), from: source, tag)
    return Posted { [progress] () throws(CommunicationError) in try progress.wait(for: receive).source }
  }

  private static func wanted<Element: Sendable>(_ buffer: UnsafeMutableBufferPointer<Element>)
    -> PendingReceive.Wanted
  {
    precondition(_isPOD(Element.self), "\(Element.self) has no raw representation")
    return .numbers(UnsafeMutableRawBufferPointer(buffer), stride: MemoryLayout<Element>.stride)
  }

  // MARK: both

  private func post(_ wanted: PendingReceive.Wanted, from source: Source, _ tag: Tag)
    throws(CommunicationError) -> PendingReceive
  {
    let receive = try new(wanted, from: source, tag)
    progress.post(receive)
    return receive
  }

  private func new(_ wanted: PendingReceive.Wanted, from source: Source, _ tag: Tag)
    throws(CommunicationError) -> PendingReceive
  {
    if case .rank(let rank) = source { try check(rank: rank) }
    return PendingReceive(wanted, from: source, channel: Channel(tag))
  }

  private func posted(_ frame: OutgoingFrame?) -> Posted<Void> {
    Posted { [progress] () throws(CommunicationError) in
      if let frame { try progress.wait(for: frame) }
    }
  }
}

/// The payload of a message that is read while it comes.
private final class IncomingPayload: WireSource {
  private let receive: PendingReceive
  private let progress: Progress

  init(_ receive: PendingReceive, _ progress: Progress) {
    self.receive = receive
    self.progress = progress
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, atLeast least: Int) throws(CommunicationError) -> Int
  {
    try progress.read(receive, into: buffer, atLeast: least)
  }
}
