// What a transport gets for its five required members: posted operations that are done at once or when they
// are waited for, and numbers that travel as a value. One copy of the numbers at each end.

extension Communicator {
  /// Itself.
  public var concurrent: any Communicator { self }

  /// Does nothing.
  public func leave() {}

  /// Not known.
  public var waitingTime: Int? { nil }

  /// Sends at once.
  public func postSend<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError) -> Posted<Void>
  {
    try send(value, to: destination, tag: tag)
    return Posted { () throws(CommunicationError) in }
  }

  /// Receives when waited for.
  public func postReceive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Posted<Received<Value>>
  {
    if case .rank(let rank) = source { try check(rank: rank) }
    return Posted { () throws(CommunicationError) in try receive(type, from: source, tag: tag) }
  }

  /// Sends a copy as a value.
  public func send<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
  ) throws(CommunicationError) {
    try send(NumberArray(Array(numbers)), to: destination, tag: tag)
  }

  /// Copies what is received as a value.
  public func receive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  ) throws(CommunicationError) -> Int {
    let received = try receive(NumberArray<Element>.self, from: source, tag: tag)
    guard received.value.elements.count == buffer.count else {
      throw .wrongLength(expected: buffer.count, found: received.value.elements.count)
    }
    received.value.elements.withUnsafeBufferPointer { buffer.copy(from: $0) }
    return received.source
  }

  /// Sends a copy as a value.
  public func postSend<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag
  ) throws(CommunicationError) -> Posted<Void> {
    try postSend(NumberArray(Array(numbers)), to: destination, tag: tag)
  }

  /// Receives when waited for.
  public func postReceive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  ) throws(CommunicationError) -> Posted<Int> {
    if case .rank(let rank) = source { try check(rank: rank) }
    let lent = LentMemory(buffer)
    return Posted { () throws(CommunicationError) in
      try receive(into: lent.buffer, from: source, tag: tag)
    }
  }

  /// Refuses ranks outside the group.
  ///
  /// - Throws: `noSuchRank`.
  public func check(rank: Int) throws(CommunicationError) {
    guard rank >= 0, rank < size else { throw .noSuchRank(rank: rank, size: size) }
  }
}

/// Memory that a caller lends for the time of a posted operation.
///
/// `@unchecked Sendable`: the caller leaves it alone until the operation has been waited for.
public struct LentMemory<Element>: @unchecked Sendable {
  /// The memory.
  public let buffer: UnsafeMutableBufferPointer<Element>
  /// Lends `buffer`.
  public init(_ buffer: UnsafeMutableBufferPointer<Element>) { self.buffer = buffer }
}

/// Numbers as a value.
struct NumberArray<Element: Sendable>: WireCodable {
  let elements: [Element]
  init(_ elements: [Element]) { self.elements = elements }
  func encode(to writer: inout WireWriter) { writer.write(array: elements) }
  init(from reader: inout WireReader) throws(CommunicationError) {
    elements = try reader.readArray(of: Element.self)
  }
}
