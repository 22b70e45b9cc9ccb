// A part of a group of workers: another group, with ranks from zero. It translates ranks, puts its number into
// every tag, and leaves the rest to the group it was made from. A part of a part stands on the first group:
// there is never more than one translation.

/// One worker's end of a part of a group.
struct Subgroup: Communicator {
  private let base: any Communicator
  /// The members' ranks in the base, by their ranks here.
  private let ranks: [Int]
  /// The other way around.
  private let rankOfMember: [Int: Int]
  private let number: Int
  /// This worker's number in the part.
  let rank: Int

  /// The part of `base` whose members are `ranks`, this worker among them.
  init(_ base: any Communicator, ranks: [Int], number: Int) {
    self.base = base
    self.ranks = ranks
    self.number = number
    rankOfMember = Dictionary(uniqueKeysWithValues: ranks.enumerated().map { ($1, $0) })
    guard let rank = rankOfMember[base.rank] else { preconditionFailure("not a member of its own group") }
    self.rank = rank
  }

  /// The number of workers in the part.
  var size: Int { ranks.count }

  /// Closes the whole group: the workers of a part cannot be told apart from those beside them.
  func close(reason: String) { base.close(reason: reason) }

  /// Divides the part.
  func split(color: Int?, key: Int, tag: Tag) throws(CommunicationError) -> (any Communicator)? {
    guard let part = try partition(color: color, key: key, tag: tag) else { return nil }
    return Subgroup(base, ranks: part.ranks.map { ranks[$0] }, number: part.number)
  }
}

// MARK: - Values

extension Subgroup {
  func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag) throws(CommunicationError) {
    let (destination, tag) = (try member(destination), inside(tag))
    try translating { () throws(CommunicationError) in try base.send(value, to: destination, tag: tag) }
  }

  func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Received<Value>
  {
    let (source, tag) = (try member(source), inside(tag))
    let received = try fromMembers { () throws(CommunicationError) in
      try base.receive(type, from: source, tag: tag)
    }
    return Received(received.value, from: try rank(ofMember: received.source))
  }

  func postSend<Value: WireCodable>(_ value: Value, to destination: Int, tag: Tag)
    throws(CommunicationError) -> Posted<Void>
  {
    let (destination, tag) = (try member(destination), inside(tag))
    let posted = try translating { () throws(CommunicationError) in
      try base.postSend(value, to: destination, tag: tag)
    }
    return Posted { () throws(CommunicationError) in try translating(posted.wait) }
  }

  func postReceive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: Tag)
    throws(CommunicationError) -> Posted<Received<Value>>
  {
    let (source, tag) = (try member(source), inside(tag))
    let posted = try translating { () throws(CommunicationError) in
      try base.postReceive(type, from: source, tag: tag)
    }
    return Posted { () throws(CommunicationError) in
      let received = try fromMembers(posted.wait) { () throws(CommunicationError) in
        try base.receive(type, from: source, tag: tag)
      }
      return Received(received.value, from: try rank(ofMember: received.source))
    }
  }
}

// MARK: - Numbers

extension Subgroup {
  func send<Element: Sendable>(numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag)
    throws(CommunicationError)
  {
    let (destination, tag) = (try member(destination), inside(tag))
    try translating { () throws(CommunicationError) in
      try base.send(numbers: numbers, to: destination, tag: tag)
    }
  }

  func receive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  ) throws(CommunicationError) -> Int {
    let (source, tag) = (try member(source), inside(tag))
    let member = try fromMembers { () throws(CommunicationError) in
      try base.receive(into: buffer, from: source, tag: tag)
    }
    return try rank(ofMember: member)
  }

  func postSend<Element: Sendable>(numbers: UnsafeBufferPointer<Element>, to destination: Int, tag: Tag)
    throws(CommunicationError) -> Posted<Void>
  {
    let (destination, tag) = (try member(destination), inside(tag))
    let posted = try translating { () throws(CommunicationError) in
      try base.postSend(numbers: numbers, to: destination, tag: tag)
    }
    return Posted { () throws(CommunicationError) in try translating(posted.wait) }
  }

  func postReceive<Element: Sendable>(
    into buffer: UnsafeMutableBufferPointer<Element>, from source: Source, tag: Tag
  ) throws(CommunicationError) -> Posted<Int> {
    let (source, tag) = (try member(source), inside(tag))
    let posted = try translating { () throws(CommunicationError) in
      try base.postReceive(into: buffer, from: source, tag: tag)
    }
    let lent = LentMemory(buffer)
    return Posted { () throws(CommunicationError) in
      let member = try fromMembers(posted.wait) { () throws(CommunicationError) in
        try base.receive(into: lent.buffer, from: source, tag: tag)
      }
      return try rank(ofMember: member)
    }
  }
}

// MARK: - Translation

extension Subgroup {
  private func inside(_ tag: Tag) -> Tag { Tag(tag.purpose, group: number) }

  private func member(_ rank: Int) throws(CommunicationError) -> Int {
    try check(rank: rank)
    return ranks[rank]
  }

  private func member(_ source: Source) throws(CommunicationError) -> Source {
    switch source {
    case .rank(let rank): .rank(try member(rank))
    case .any: .any
    }
  }

  private func rank(ofMember member: Int) throws(CommunicationError) -> Int {
    guard let rank = rankOfMember[member] else {
      throw .malformed(expected: "a message of group \(number) from one of its workers, not \(member)")
    }
    return rank
  }

  /// Receives, by `first` at first, and goes on when a worker outside the part is lost: it is nobody's that the
  /// part waits for.
  private func fromMembers<Result>(
    _ first: (() throws(CommunicationError) -> Result)? = nil,
    _ receive: () throws(CommunicationError) -> Result
  ) throws(CommunicationError) -> Result {
    var strangers: Set<Int> = []
    var next = first
    while true {
      do throws(CommunicationError) {
        return if let first = next { try first() } else { try receive() }
      } catch .lost(let member, let reason) {
        if let rank = rankOfMember[member] { throw .lost(rank: rank, reason: reason) }
        // A loss is told once a tag as long as anybody is left.
        guard strangers.insert(member).inserted else { throw .closed(reason: "no other worker is left") }
        next = nil
      }
    }
  }

  /// Errors name the ranks of the part.
  private func translating<Result>(_ body: () throws(CommunicationError) -> Result)
    throws(CommunicationError) -> Result
  {
    do throws(CommunicationError) {
      return try body()
    } catch .lost(let member, let reason) {
      throw .lost(rank: rankOfMember[member] ?? member, reason: reason)
    }
  }
}
