// A way around MPI's own collectives: where an algorithm of ours is to be taken instead of theirs.

#if MPI
  import TesseraCommunication

  /// The same ranks and messages, with the collectives that every communicator has.
  struct MessagesAlone: Communicator {
    private let base: MPICommunicator

    init(_ base: MPICommunicator) { self.base = base }

    var rank: Int { base.rank }
    var size: Int { base.size }

    func close(reason: String) { base.close(reason: reason) }

    func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag) throws(CommunicationError) {
      try base.send(value, to: destination, tag: tag)
    }

    func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
      throws(CommunicationError) -> Received<Value>
    {
      try base.receive(type, from: source, tag: tag)
    }

    func postSend<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
      throws(CommunicationError) -> Posted<Void>
    {
      try base.postSend(value, to: destination, tag: tag)
    }

    func postReceive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
      throws(CommunicationError) -> Posted<Received<Value>>
    {
      try base.postReceive(type, from: source, tag: tag)
    }

    func send<Element: Sendable>(numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag)
      throws(CommunicationError)
    {
      try base.send(numbers: numbers, to: destination, tag: tag)
    }

    func receive<Element: Sendable>(
      into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
    ) throws(CommunicationError) -> Int {
      try base.receive(into: buffer, from: source, tag: tag)
    }

    func postSend<Element: Sendable>(
      numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
    ) throws(CommunicationError) -> Posted<Void> {
      try base.postSend(numbers: numbers, to: destination, tag: tag)
    }

    func postReceive<Element: Sendable>(
      into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
    ) throws(CommunicationError) -> Posted<Int> {
      try base.postReceive(into: buffer, from: source, tag: tag)
    }
  }
#endif
